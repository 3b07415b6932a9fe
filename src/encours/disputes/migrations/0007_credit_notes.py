"""Credit notes asked for: seen by their organisation, decided once and over once, else never changed."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

DECIDED = ("decided_as", "decided_date", "decided_by_id", "decided_by_name", "decided_why")
DONE = ("done_as", "done_date", "done_by_name", "done_why", "credit_note_number")


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_apicall"),
        ("customers", "0009_hours"),
        ("disputes", "0006_line"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditNoteRequest",
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
                ("document_number", models.CharField(max_length=80)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("has_opened_dispute", models.BooleanField(default=False)),
                (
                    "done_as",
                    models.CharField(
                        blank=True,
                        choices=[("issued", "Issued"), ("dropped", "Given up")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("done_date", models.DateField(blank=True, null=True)),
                ("done_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("done_why", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("credit_note_number", models.CharField(blank=True, db_default="", default="", max_length=80)),
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
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credit_notes", to="disputes.dispute"
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
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
                        name="disputes_creditnoterequest_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__gt", 0),
                            models.Q(("document_number", ""), _negated=True),
                            models.Q(("why", ""), _negated=True),
                        ),
                        name="disputes_creditnoterequest_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_as", ""), ("done_date__isnull", True)),
                            models.Q(
                                ("decided_as", "approved"),
                                ("done_as__in", ["issued", "dropped"]),
                                ("done_date__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="disputes_creditnoterequest_done",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("done_as", ""), ("decided_as__in", ["", "approved"])),
                        fields=("organisation", "dispute"),
                        name="disputes_creditnoterequest_stands",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("credit_note_number", ""), _negated=True),
                        fields=("organisation", "customer", "credit_note_number"),
                        name="disputes_creditnoterequest_number",
                    ),
                ],
            },
        ),
        RowSecurity("disputes_creditnoterequest"),
        InsertOnly("disputes_creditnoterequest", updatable=(*DECIDED, *DONE)),
    ]
