"""Insurance policies and covers: seen by their organisation; only the end of a policy is added."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_apicall"),
        ("credit", "0003_second_person"),
        ("customers", "0009_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="InsuranceCover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_covered", models.BooleanField()),
                ("amount_minor", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3)),
                ("from_date", models.DateField()),
                ("why", models.CharField(blank=True, default="", max_length=300)),
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
                        fields=["organisation", "customer", "-from_date", "-id"], name="credit_insurancecover_latest"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__isnull", True),
                            models.Q(("amount_minor__gt", 0), ("is_covered", True)),
                            _connector="OR",
                        ),
                        name="credit_insurancecover_amount",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InsurancePolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("insurer_name", models.CharField(max_length=200)),
                ("policy_number", models.CharField(blank=True, default="", max_length=60)),
                ("declare_days", models.SmallIntegerField()),
                ("claim_days", models.SmallIntegerField(blank=True, null=True)),
                ("covers_others", models.BooleanField(default=False)),
                ("from_date", models.DateField()),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("ended_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("declare_days__gt", 0),
                            models.Q(
                                ("claim_days__isnull", True),
                                ("claim_days__gte", models.F("declare_days")),
                                _connector="OR",
                            ),
                        ),
                        name="credit_insurancepolicy_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_date__isnull", True), ("ended_date__gte", models.F("from_date")), _connector="OR"
                        ),
                        name="credit_insurancepolicy_ended",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_date__isnull", True)),
                        fields=("organisation",),
                        name="credit_insurancepolicy_running",
                    ),
                ],
            },
        ),
        RowSecurity("credit_insurancepolicy"),
        InsertOnly("credit_insurancepolicy", updatable=("ended_date", "ended_by_name")),
        RowSecurity("credit_insurancecover"),
        InsertOnly("credit_insurancecover"),
    ]
