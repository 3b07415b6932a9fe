"""Limits and terms that wait for a second person: seen by their organisation, decided once, else never changed."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

DECIDED = ("decided_as", "decided_date", "decided_by_id", "decided_by_name", "decided_why")
ENDED = ("ended_date", "ended_by_name", "ended_why")


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_apicall"),
        ("credit", "0002_api_source"),
        ("customers", "0009_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("threshold_minor", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3)),
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
                    models.UniqueConstraint(fields=("organisation",), name="credit_creditpolicy_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("threshold_minor__isnull", True), ("threshold_minor__gte", 0), _connector="OR"
                        ),
                        name="credit_creditpolicy_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExceptionalTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposed_date", models.DateField()),
                ("proposed_by_id", models.BigIntegerField(null=True)),
                ("proposed_by_name", models.CharField(max_length=200)),
                ("why", models.CharField(blank=True, default="", max_length=500)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "decided_as",
                    models.CharField(
                        blank=True,
                        choices=[("approved", "Approved"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("decided_date", models.DateField(blank=True, null=True)),
                ("decided_by_id", models.BigIntegerField(null=True)),
                ("decided_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("decided_why", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("terms", models.CharField(max_length=20)),
                ("from_date", models.DateField()),
                ("to_date", models.DateField()),
                ("is_beyond_law", models.BooleanField(default=False)),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("ended_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("ended_why", models.CharField(blank=True, db_default="", default="", max_length=500)),
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
                    models.Index(fields=["organisation", "customer", "-id"], name="credit_terms_customer"),
                    models.Index(
                        condition=models.Q(("decided_as", "")), fields=["organisation"], name="credit_terms_waiting"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_as", ""), ("decided_date__isnull", True)),
                            models.Q(
                                ("decided_as__in", ["approved", "refused", "withdrawn"]),
                                ("decided_date__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="credit_exceptionalterms_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("to_date__gte", models.F("from_date")),
                            models.Q(("terms", ""), _negated=True),
                            models.Q(("why", ""), _negated=True),
                        ),
                        name="credit_exceptionalterms_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ended_date__isnull", True), ("decided_as", "approved"), _connector="OR"),
                        name="credit_exceptionalterms_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LimitProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposed_date", models.DateField()),
                ("proposed_by_id", models.BigIntegerField(null=True)),
                ("proposed_by_name", models.CharField(max_length=200)),
                ("why", models.CharField(blank=True, default="", max_length=500)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "decided_as",
                    models.CharField(
                        blank=True,
                        choices=[("approved", "Approved"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("decided_date", models.DateField(blank=True, null=True)),
                ("decided_by_id", models.BigIntegerField(null=True)),
                ("decided_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("decided_why", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                (
                    "source",
                    models.CharField(choices=[("desk", "desk"), ("file", "file"), ("api", "api")], max_length=10),
                ),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_as", ""), ("decided_date__isnull", True)),
                            models.Q(
                                ("decided_as__in", ["approved", "refused", "withdrawn"]),
                                ("decided_date__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="credit_limitproposal_decided",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("decided_as", "")),
                        fields=("organisation", "customer"),
                        name="credit_limitproposal_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__isnull", True), ("amount_minor__gte", 0), _connector="OR"),
                        name="credit_limitproposal_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["desk", "api"])), name="credit_limitproposal_source"
                    ),
                ],
            },
        ),
        RowSecurity("credit_creditpolicy"),
        RowSecurity("credit_limitproposal"),
        RowSecurity("credit_exceptionalterms"),
        InsertOnly("credit_limitproposal", updatable=DECIDED),
        InsertOnly("credit_exceptionalterms", updatable=(*DECIDED, *ENDED)),
    ]
