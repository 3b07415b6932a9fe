"""What colleagues write on customers' own pages is a fact; it may be taken back."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

OF = {"db_index": False, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}


class Migration(migrations.Migration):
    dependencies = [("conversation", "0002_laws"), ("messaging", "0014_staff_mail")]

    operations = [
        migrations.CreateModel(
            name="PortalNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=60)),
                ("text", models.TextField()),
                ("author_id", models.BigIntegerField(null=True)),
                ("author_name", models.CharField(max_length=200)),
                ("written_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("customer", models.ForeignKey(**OF, to="customers.customer")),
                ("organisation", models.ForeignKey(**OF, db_constraint=False, to="access.organisation")),
                ("reply", models.ForeignKey(**OF, null=True, to="messaging.reply")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "customer", "-id"], name="conversation_portal_note_of"),
                    models.Index(fields=["organisation", "reply"], name="conversation_portal_note_reply"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "key"), name="conversation_portal_note_key")
                ],
            },
        ),
        RowSecurity("conversation_portalnote"),
        InsertOnly("conversation_portalnote", updatable=("withdrawn_at", "withdrawn_by_name")),
    ]
