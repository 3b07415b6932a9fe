"""Where the other side of an item is booked, lettrage codes that change, and periods that are closed."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

TABLES = ("lettering", "letteringcounter", "counterpartaccount", "closing")


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("customers", "0004_search"),
        ("ledger", "0006_settled_at_birth"),
    ]

    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("closed_until", models.DateField()),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=200)),
                ("why", models.TextField(blank=True, default="")),
            ],
        ),
        migrations.CreateModel(
            name="CounterpartAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invoice", "Invoice"),
                            ("credit_note", "Credit note"),
                            ("debit_note", "Debit note"),
                            ("deposit", "Deposit"),
                            ("receipt", "Payment"),
                            ("refund", "Refund"),
                            ("discount", "Discount"),
                            ("deduction", "Deduction"),
                            ("write_off", "Write-off"),
                            ("charge", "Bank charge"),
                            ("withholding", "Withholding tax"),
                            ("fx_difference", "Exchange difference"),
                            ("conversion", "Currency conversion"),
                            ("other_income", "Other income"),
                            ("settled_before", "Settled before, without detail"),
                            ("reversal", "Reversal"),
                        ],
                        max_length=20,
                    ),
                ),
                ("account", models.CharField(max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="Lettering",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, default="", max_length=20)),
                ("code_date", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
            ],
        ),
        migrations.CreateModel(
            name="LetteringCounter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.CharField(max_length=20)),
                ("last_number", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="openitem",
            name="ledger_openitem_kind",
        ),
        migrations.AddField(
            model_name="openitem",
            name="counterpart",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AlterField(
            model_name="openitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invoice", "Invoice"),
                    ("credit_note", "Credit note"),
                    ("debit_note", "Debit note"),
                    ("deposit", "Deposit"),
                    ("receipt", "Payment"),
                    ("refund", "Refund"),
                    ("discount", "Discount"),
                    ("deduction", "Deduction"),
                    ("write_off", "Write-off"),
                    ("charge", "Bank charge"),
                    ("withholding", "Withholding tax"),
                    ("fx_difference", "Exchange difference"),
                    ("conversion", "Currency conversion"),
                    ("other_income", "Other income"),
                    ("settled_before", "Settled before, without detail"),
                    ("reversal", "Reversal"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="openitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "invoice",
                            "credit_note",
                            "debit_note",
                            "deposit",
                            "receipt",
                            "refund",
                            "discount",
                            "deduction",
                            "write_off",
                            "charge",
                            "withholding",
                            "fx_difference",
                            "conversion",
                            "other_income",
                            "settled_before",
                            "reversal",
                        ],
                    )
                ),
                name="ledger_openitem_kind",
            ),
        ),
        migrations.AddField(
            model_name="closing",
            name="entity",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.entity"
            ),
        ),
        migrations.AddField(
            model_name="closing",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.organisation",
            ),
        ),
        migrations.AddField(
            model_name="counterpartaccount",
            name="entity",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.entity"
            ),
        ),
        migrations.AddField(
            model_name="counterpartaccount",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.organisation",
            ),
        ),
        migrations.AddField(
            model_name="lettering",
            name="allocation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letterings",
                to="ledger.allocation",
            ),
        ),
        migrations.AddField(
            model_name="lettering",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.organisation",
            ),
        ),
        migrations.AddField(
            model_name="letteringcounter",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="letteringcounter",
            name="entity",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.entity",
            ),
        ),
        migrations.AddField(
            model_name="letteringcounter",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.organisation",
            ),
        ),
        migrations.AddIndex(
            model_name="closing",
            index=models.Index(fields=["organisation", "entity", "-id"], name="ledger_closing_latest"),
        ),
        migrations.AddConstraint(
            model_name="counterpartaccount",
            constraint=models.UniqueConstraint(
                fields=("organisation", "entity", "kind"), name="ledger_counterpartaccount_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="counterpartaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("account__startswith", "41"), _negated=True),
                name="ledger_counterpartaccount_not_receivable",
            ),
        ),
        migrations.AddIndex(
            model_name="lettering",
            index=models.Index(fields=["organisation", "allocation", "-id"], name="ledger_lettering_allocation"),
        ),
        migrations.AddConstraint(
            model_name="letteringcounter",
            constraint=models.UniqueConstraint(
                fields=("organisation", "entity", "customer", "account"), name="ledger_letteringcounter_account"
            ),
        ),
        *[RowSecurity(f"ledger_{table}") for table in TABLES],
        InsertOnly("ledger_lettering"),
        InsertOnly("ledger_closing"),
    ]
