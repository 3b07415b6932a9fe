"""Groups kept aside: they belong to one organisation; who takes part is settled once, only an end is added."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("collections", "0007_the_day"),
        ("customers", "0005_contact_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="HoldOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step_key", models.CharField(blank=True, default="", max_length=80)),
                ("share_permille", models.PositiveSmallIntegerField()),
                ("horizon_days", models.PositiveSmallIntegerField(default=30)),
                ("owed_max_minor", models.BigIntegerField(blank=True, null=True)),
                ("owed_currency", models.CharField(blank=True, default="", max_length=3)),
                ("why", models.TextField()),
                ("started_date", models.DateField()),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("ended_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("ended_why", models.TextField(blank=True, db_default="", default="")),
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
                    "scenario",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collections.scenario"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HoldOutCustomer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_kept_aside", models.BooleanField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "hold_out",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="customers", to="collections.holdout"
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
        ),
        migrations.AddConstraint(
            model_name="holdout",
            constraint=models.CheckConstraint(
                condition=models.Q(("share_permille__gt", 0), ("share_permille__lte", 500)),
                name="collections_holdout_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_date__isnull", True), ("ended_date__gte", models.F("started_date")), _connector="OR"
                ),
                name="collections_holdout_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_date__isnull", True)),
                fields=("organisation", "scenario", "step_key"),
                name="collections_holdout_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdoutcustomer",
            constraint=models.UniqueConstraint(
                fields=("organisation", "hold_out", "customer"), name="collections_holdout_once"
            ),
        ),
        RowSecurity("collections_holdout"),
        RowSecurity("collections_holdoutcustomer"),
        InsertOnly("collections_holdout", updatable=("ended_date", "ended_by_name", "ended_why")),
        InsertOnly("collections_holdoutcustomer"),
    ]
