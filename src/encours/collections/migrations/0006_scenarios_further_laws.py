"""Drafts, occurrences, rules and what they made belong to one organisation; what happened is only added to."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("collections", "0005_scenarios_further")]
    operations = [
        *[RowSecurity(f"collections_{table}") for table in ("scenariodraft", "occurrence", "eventrule", "ruleeffect")],
        InsertOnly("collections_occurrence"),
        InsertOnly("collections_ruleeffect"),
    ]
