"""Row security of the customers' tables; notes are insert-only."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("customers_segment"),
        RowSecurity("customers_customer"),
        RowSecurity("customers_contact"),
        RowSecurity("customers_note"),
        InsertOnly("customers_note"),
    ]
