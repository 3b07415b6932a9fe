"""Open items indexed in the order of the aged balance; the product may keep its large tables in good order."""

from django.db import migrations, models

TABLES = "ledger_openitem, ledger_allocation, ledger_allocationleg, ledger_transaction, ledger_entry"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_open_items_by_due")]
    operations = [
        migrations.RemoveIndex(model_name="openitem", name="ledger_openitem_open"),
        migrations.AddIndex(
            model_name="openitem",
            index=models.Index(
                condition=models.Q(("open_minor", 0), _negated=True),
                fields=["organisation", "customer", "currency", "due_date"],
                include=(
                    "open_minor",
                    "kind",
                    "legs_last_date",
                    "id",
                    "entity",
                    "item_date",
                    "amount_minor",
                    "recorded_at",
                    "legs_first_date",
                    "legs_first_at",
                    "legs_last_at",
                ),
                name="ledger_openitem_open",
            ),
        ),
        migrations.RunSQL(
            f"grant maintain on {TABLES} to encours_app",
            f"revoke maintain on {TABLES} from encours_app",
        ),
    ]
