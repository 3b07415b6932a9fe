"""A person's own words in place of the template's text, for one message before it leaves."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("collections", "0011_items_found_by_id"),
        ("customers", "0007_notes_on_things"),
    ]

    operations = [
        migrations.CreateModel(
            name="StepWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step_key", models.CharField(max_length=80)),
                ("subject", models.CharField(blank=True, default="", max_length=200)),
                ("text", models.TextField(blank=True, default="")),
                ("after_reminder_id", models.BigIntegerField()),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.entity",
                    ),
                ),
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
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organisation", "customer", "step_key", "-id"], name="collections_stepwords_latest"
                    )
                ],
            },
        ),
        RowSecurity("collections_stepwords"),
        InsertOnly("collections_stepwords"),
    ]
