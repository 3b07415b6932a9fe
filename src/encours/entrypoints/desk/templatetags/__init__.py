"""Tags of the desk alone."""
