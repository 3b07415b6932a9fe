"""What was closed is read from its index alone again: the history of the figures reads it for every month."""

from django.db import migrations, models

COLUMNS = (
    "customer",
    "currency",
    "due_date",
    "open_minor",
    "id",
    "entity",
    "item_date",
    "amount_minor",
    "recorded_at",
    "legs_first_date",
    "legs_first_at",
    "legs_last_at",
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_locks_by_trigger")]
    operations = [
        migrations.RemoveIndex("openitem", "ledger_openitem_closed"),
        migrations.AddIndex(
            "openitem",
            models.Index(
                fields=["organisation", "legs_last_date"],
                name="ledger_openitem_closed",
                condition=models.Q(open_minor=0),
                include=COLUMNS,
            ),
        ),
    ]
