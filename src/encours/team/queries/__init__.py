"""Read tasks, absences and calendar feeds."""
