"""Pure decisions about absences and tasks."""
