"""Replies are only added to; the mark of who read one may be set."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_reply")]
    operations = [
        RowSecurity("messaging_reply"),
        InsertOnly("messaging_reply", updatable=("read_at", "read_by_name")),
    ]
