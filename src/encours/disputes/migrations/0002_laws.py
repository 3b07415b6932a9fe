"""Row security; a dispute is only added to by its end."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("disputes", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("disputes_dispute"),
        InsertOnly("disputes_dispute", updatable=("closed_date", "closed_by_name", "outcome", "closing_note")),
    ]
