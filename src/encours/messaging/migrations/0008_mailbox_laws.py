"""Each organisation sees its own mailboxes."""

from django.db import migrations

from encours.core.database import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("messaging", "0007_mailbox")]
    operations = [RowSecurity("messaging_mailbox")]
