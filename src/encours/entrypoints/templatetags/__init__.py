"""Template tags shared by staff and customer screens."""
