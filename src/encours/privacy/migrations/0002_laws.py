"""Holds and erasures belong to one organisation; only the end of a hold is added."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("privacy_legalhold"),
        RowSecurity("privacy_erasure"),
        InsertOnly("privacy_legalhold", updatable=("ended_date", "ended_by_name", "ended_why")),
        InsertOnly("privacy_erasure"),
    ]
