"""Mail to colleagues: what it says stays, its state moves."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("messaging", "0013_attachments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("email", models.CharField(max_length=254)),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("about_kind", models.CharField(blank=True, default="", max_length=20)),
                ("about_id", models.BigIntegerField(blank=True, null=True)),
                ("send_after", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "To leave"),
                            ("leaving", "Leaving"),
                            ("sent", "Sent"),
                            ("caught", "Caught by the sandbox"),
                            ("failed", "Not sent"),
                            ("in_doubt", "In doubt"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("state_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.TextField(blank=True, default="")),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "leaving"])),
                        fields=["organisation", "send_after", "id"],
                        name="messaging_staffmail_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "key"), name="messaging_staffmail_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "leaving", "sent", "caught", "failed", "in_doubt"])
                        ),
                        name="messaging_staffmail_state",
                    ),
                ],
            },
        ),
        RowSecurity("messaging_staffmail"),
        InsertOnly("messaging_staffmail", updatable=("state", "state_at", "attempts", "problem", "send_after")),
    ]
