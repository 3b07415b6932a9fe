"""Row security; what was decided is only added to, a suspension by its lifting."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

TABLES = ("penaltyterms", "suspension", "legalrate", "penaltynote", "penaltyline")
UPDATABLE = {"suspension": ("lifted_at", "lifted_by_name", "lifted_why")}


class Migration(migrations.Migration):
    dependencies = [("penalties", "0001_initial"), ("core", "0001_roles")]
    operations = [
        operation
        for table in TABLES
        for operation in (
            RowSecurity(f"penalties_{table}"),
            InsertOnly(f"penalties_{table}", updatable=UPDATABLE.get(table, ())),
        )
    ]
