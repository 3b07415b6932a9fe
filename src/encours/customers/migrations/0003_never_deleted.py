"""Customers are merged, never deleted: items refer to them without a foreign key."""

from django.db import migrations

from encours.core.database import APPLICATION_ROLE


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_laws")]
    operations = [
        migrations.RunSQL(
            f"revoke delete, truncate on customers_customer from {APPLICATION_ROLE}",
            f"grant delete on customers_customer to {APPLICATION_ROLE}",
        )
    ]
