"""What came in is never changed: a mail may be filed, an understanding only judged; each organisation sees its own."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_inbound")]
    operations = [
        RowSecurity("messaging_inboundmail"),
        InsertOnly(
            "messaging_inboundmail",
            updatable=("filing", "why", "customer_id", "message_id", "filed_at", "filed_by_name"),
        ),
        RowSecurity("messaging_understanding"),
        InsertOnly("messaging_understanding"),
        RowSecurity("messaging_judgement"),
        InsertOnly("messaging_judgement"),
    ]
