"""Row security; a plan's terms never change, its approval, agreement and end are added."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

UPDATABLE = (
    "approved_date",
    "approved_by_name",
    "agreed_date",
    "signed_by_name",
    "ended_date",
    "ended_as",
    "ended_why",
    "ended_by_name",
)


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("plans_plan"),
        InsertOnly("plans_plan", updatable=UPDATABLE),
        RowSecurity("plans_planinstalment"),
        InsertOnly("plans_planinstalment"),
        RowSecurity("plans_planitem"),
        InsertOnly("plans_planitem"),
    ]
