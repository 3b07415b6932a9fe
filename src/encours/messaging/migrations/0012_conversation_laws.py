"""What freed an answer may be marked; a file may be scanned, never changed; each organisation sees its own."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("messaging", "0011_conversation")]
    operations = [
        # what was read before held nothing any more
        migrations.RunSQL(
            "update messaging_reply set freed_at = read_at, freed_by_name = read_by_name, freed_how = 'read' "
            "where read_at is not null",
            migrations.RunSQL.noop,
        ),
        InsertOnly(
            "messaging_reply",
            updatable=("read_at", "read_by_name", "freed_at", "freed_by_name", "freed_how", "answer_id"),
        ),
        RowSecurity("messaging_replypolicy"),
        RowSecurity("messaging_mailattachment"),
        InsertOnly("messaging_mailattachment", updatable=("state", "why", "scanned_at")),
    ]
