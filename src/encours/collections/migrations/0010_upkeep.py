"""The product may count what a run decided, so that the day's list is found by the right path at once."""

from django.db import migrations

TABLES = "collections_reminder, collections_reminderitem"


class Migration(migrations.Migration):
    dependencies = [("collections", "0009_plan_instalments")]
    operations = [
        migrations.RunSQL(
            f"grant maintain on {TABLES} to encours_app",
            f"revoke maintain on {TABLES} from encours_app",
        ),
    ]
