"""Row security; a task keeps what was asked, its events and an absence are only added to."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial"), ("core", "0001_roles")]
    operations = [
        *(RowSecurity(f"team_{table}") for table in ("task", "taskevent", "absence", "calendarfeed")),
        InsertOnly("team_task", updatable=("assignee_id", "due_date", "state", "closed_date", "closed_by_id")),
        InsertOnly("team_taskevent"),
        InsertOnly("team_absence", updatable=("ended_date", "ended_by_name")),
        InsertOnly("team_calendarfeed", updatable=("revoked_at",)),
    ]
