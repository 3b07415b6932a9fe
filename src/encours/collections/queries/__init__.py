"""Read what was decided and what would be: for screens, the command line and jobs."""
