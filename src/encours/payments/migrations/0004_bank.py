"""Bank accounts, statements, lines and remittance advices."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("customers", "0004_search"),
        ("payments", "0003_latest"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, default="", max_length=100)),
                ("iban", models.CharField(blank=True, default="", max_length=34)),
                ("account_number", models.CharField(blank=True, default="", max_length=60)),
                ("bic", models.CharField(blank=True, default="", max_length=11)),
                ("currency", models.CharField(max_length=3)),
                (
                    "kind",
                    models.CharField(
                        choices=[("bank", "Bank"), ("psp", "Payment provider"), ("cheques", "Cheques in collection")],
                        default="bank",
                        max_length=10,
                    ),
                ),
                ("ledger_account", models.CharField(default="512", max_length=20)),
                ("is_active", models.BooleanField(default=True)),
                ("is_confirmed", models.BooleanField(default=False)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "entity",
                    models.ForeignKey(
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
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("batch_key", models.CharField(blank=True, default="", max_length=80)),
                ("detail_count", models.IntegerField(default=0)),
                ("booking_date", models.DateField()),
                ("value_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("counterparty_name", models.CharField(blank=True, default="", max_length=200)),
                ("counterparty_iban", models.CharField(blank=True, default="", max_length=40)),
                ("ultimate_name", models.CharField(blank=True, default="", max_length=200)),
                ("text", models.TextField(blank=True, default="")),
                ("structured_reference", models.CharField(blank=True, default="", max_length=140)),
                ("entry_reference", models.CharField(blank=True, default="", max_length=80)),
                ("bank_reference", models.CharField(blank=True, default="", max_length=80)),
                ("end_to_end_id", models.CharField(blank=True, default="", max_length=80)),
                ("mandate_id", models.CharField(blank=True, default="", max_length=80)),
                ("bank_code", models.CharField(blank=True, default="", max_length=40)),
                ("return_reason", models.CharField(blank=True, default="", max_length=40)),
                ("charges_minor", models.BigIntegerField(default=0)),
                ("original_currency", models.CharField(blank=True, default="", max_length=3)),
                ("original_amount_minor", models.BigIntegerField(null=True)),
                ("details", models.JSONField(default=dict)),
                ("import_id", models.BigIntegerField(null=True)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankaccount",
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
        ),
        migrations.CreateModel(
            name="RemittanceAdvice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("pdf", "PDF"),
                            ("xlsx", "Workbook"),
                            ("csv", "CSV"),
                            ("edifact", "EDIFACT"),
                            ("manual", "Typed in"),
                        ],
                        max_length=10,
                    ),
                ),
                ("payer_name", models.CharField(blank=True, default="", max_length=200)),
                ("payer_email", models.CharField(blank=True, default="", max_length=254)),
                ("payer_iban", models.CharField(blank=True, default="", max_length=40)),
                ("number", models.CharField(blank=True, default="", max_length=80)),
                ("advice_date", models.DateField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("total_minor", models.BigIntegerField()),
                ("file_name", models.CharField(blank=True, default="", max_length=255)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                ("import_id", models.BigIntegerField(null=True)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "bank_line",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankline",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
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
        ),
        migrations.CreateModel(
            name="RemittanceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                ("invoice_number", models.CharField(blank=True, default="", max_length=80)),
                ("amount_minor", models.BigIntegerField()),
                ("discount_minor", models.BigIntegerField(default=0)),
                ("deduction_minor", models.BigIntegerField(default=0)),
                ("deduction_reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "advice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.remittanceadvice",
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
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("number", models.CharField(blank=True, default="", max_length=70)),
                ("format", models.CharField(max_length=20)),
                ("is_interim", models.BooleanField(default=False)),
                ("from_date", models.DateField()),
                ("to_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("opening_minor", models.BigIntegerField(null=True)),
                ("closing_minor", models.BigIntegerField(null=True)),
                ("sum_minor", models.BigIntegerField(default=0)),
                ("line_count", models.IntegerField(default=0)),
                ("difference_minor", models.BigIntegerField(null=True)),
                ("gap_minor", models.BigIntegerField(null=True)),
                ("gap_from_date", models.DateField(null=True)),
                ("import_id", models.BigIntegerField(null=True)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankaccount",
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
        migrations.AddField(
            model_name="bankline",
            name="statement",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.statement",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("iban", ""), _negated=True),
                fields=("organisation", "iban", "currency"),
                name="payments_bankaccount_iban",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("iban", "")),
                fields=("organisation", "entity", "account_number", "currency"),
                name="payments_bankaccount_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["bank", "psp", "cheques"])), name="payments_bankaccount_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="remittanceadvice",
            index=models.Index(fields=["organisation", "bank_line"], name="payments_advice_line"),
        ),
        migrations.AddIndex(
            model_name="remittanceadvice",
            index=models.Index(fields=["organisation", "currency", "total_minor"], name="payments_advice_total"),
        ),
        migrations.AddIndex(
            model_name="remittanceadvice",
            index=models.Index(fields=["organisation", "customer"], name="payments_advice_customer"),
        ),
        migrations.AddConstraint(
            model_name="remittanceadvice",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="payments_remittanceadvice_key"),
        ),
        migrations.AddConstraint(
            model_name="remittanceadvice",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["email", "pdf", "xlsx", "csv", "edifact", "manual"])),
                name="payments_remittanceadvice_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="remittanceline",
            constraint=models.UniqueConstraint(
                fields=("organisation", "advice", "position"), name="payments_remittanceline_place"
            ),
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(fields=["organisation", "account", "to_date"], name="payments_statement_latest"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                fields=("organisation", "account", "key"), name="payments_statement_key"
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(
                fields=["organisation", "account", "booking_date", "amount_minor"], name="payments_bankline_same"
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(
                condition=models.Q(("batch_key", ""), _negated=True),
                fields=["organisation", "batch_key"],
                name="payments_bankline_batch",
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(fields=["organisation", "entity", "booking_date"], name="payments_bankline_latest"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="payments_bankline_key"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.CheckConstraint(
                condition=models.Q(("detail_count__gte", 0)), name="payments_bankline_details"
            ),
        ),
    ]
