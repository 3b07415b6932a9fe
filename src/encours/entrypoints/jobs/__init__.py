"""Worker tasks and their schedule: each makes one call into a room."""
