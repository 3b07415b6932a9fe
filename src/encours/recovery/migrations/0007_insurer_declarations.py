"""What was declared to an insurer: seen by its organisation; only its taking back is added."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_apicall"),
        ("customers", "0009_hours"),
        ("recovery", "0006_bad_debts"),
    ]

    operations = [
        migrations.CreateModel(
            name="InsurerDeclaration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("insurer_notice", "Overdue declared to the insurer"),
                            ("insurer_claim", "Claim made on the insurer"),
                        ],
                        max_length=20,
                    ),
                ),
                ("declared_date", models.DateField()),
                ("reference", models.CharField(blank=True, default="", max_length=200)),
                ("lines", models.JSONField()),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("withdrawn_date", models.DateField(null=True)),
                ("withdrawn_why", models.TextField(blank=True, db_default="", default="")),
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
                "indexes": [models.Index(fields=["organisation", "customer"], name="recovery_insurer_customer")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["insurer_notice", "insurer_claim"])),
                        name="recovery_insurer_kind",
                    )
                ],
            },
        ),
        RowSecurity("recovery_insurerdeclaration"),
        InsertOnly("recovery_insurerdeclaration", updatable=("withdrawn_date", "withdrawn_why")),
    ]
