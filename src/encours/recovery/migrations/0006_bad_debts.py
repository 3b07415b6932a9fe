"""Debts proposed as doubtful or lost, with their lines and who may decide; facts are only added to."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity

TABLES = {
    "baddebt": (
        "decided_as",
        "decided_date",
        "decided_by_id",
        "decided_by_name",
        "decided_why",
        "reversed_date",
        "reversed_by_name",
        "reversed_why",
    ),
    "baddebtline": ("from_doubtful_minor", "is_standing", "returned_minor", "lost_minor", "released_minor"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_apicall"),
        ("customers", "0007_notes_on_things"),
        ("recovery", "0005_signing_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="BadDebt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("doubtful", "Doubtful"), ("loss", "Written off")], max_length=10)),
                ("number", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                ("proposed_date", models.DateField()),
                ("proposed_by_id", models.BigIntegerField(null=True)),
                ("proposed_by_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("why", models.TextField()),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("rate_permyriad", models.SmallIntegerField(default=0)),
                ("loss_date", models.DateField(null=True)),
                ("recovers_tax", models.BooleanField(default=False)),
                ("checklist", models.JSONField(default=list)),
                (
                    "answered",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list),
                ),
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
                ("decided_date", models.DateField(null=True)),
                ("decided_by_id", models.BigIntegerField(null=True)),
                ("decided_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("decided_why", models.TextField(blank=True, db_default="", default="")),
                ("reversed_date", models.DateField(null=True)),
                ("reversed_by_name", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("reversed_why", models.TextField(blank=True, db_default="", default="")),
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
            name="BadDebtLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("doubtful", "Doubtful"), ("loss", "Written off")], max_length=10)),
                ("item_id", models.BigIntegerField()),
                ("document_number", models.CharField(max_length=80)),
                ("instalment_number", models.SmallIntegerField(default=1)),
                ("instalment_count", models.SmallIntegerField(default=1)),
                ("due_date", models.DateField()),
                ("account", models.CharField(max_length=20)),
                ("open_minor", models.BigIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("is_tax_known", models.BooleanField(default=True)),
                ("provision_minor", models.BigIntegerField(default=0)),
                ("from_doubtful_minor", models.BigIntegerField(default=0)),
                ("is_standing", models.BooleanField(default=True)),
                ("returned_minor", models.BigIntegerField(db_default=0, default=0)),
                ("lost_minor", models.BigIntegerField(db_default=0, default=0)),
                ("released_minor", models.BigIntegerField(db_default=0, default=0)),
                (
                    "bad_debt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="recovery.baddebt"
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
            name="BadDebtPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("needs_second_person", models.BooleanField(default=True)),
                ("limit_minor", models.BigIntegerField(null=True)),
                ("doubtful_account", models.CharField(default="416", max_length=20)),
                ("impairment_account", models.CharField(default="491", max_length=20)),
                ("charge_account", models.CharField(default="6817", max_length=20)),
                ("release_account", models.CharField(default="7817", max_length=20)),
                ("loss_account", models.CharField(default="654", max_length=20)),
                ("tax_account", models.CharField(default="44571", max_length=20)),
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
        migrations.AddIndex(
            model_name="baddebt",
            index=models.Index(fields=["organisation", "customer", "-id"], name="recovery_baddebt_customer"),
        ),
        migrations.AddConstraint(
            model_name="baddebt",
            constraint=models.UniqueConstraint(fields=("organisation", "number"), name="recovery_baddebt_number"),
        ),
        migrations.AddConstraint(
            model_name="baddebt",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="recovery_baddebt_key"),
        ),
        migrations.AddConstraint(
            model_name="baddebt",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["doubtful", "loss"])), name="recovery_baddebt_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebt",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("rate_permyriad__range", (0, 10000))),
                name="recovery_baddebt_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_as", ""), ("decided_date__isnull", True)),
                    models.Q(("decided_as__in", ["approved", "refused", "withdrawn"]), ("decided_date__isnull", False)),
                    _connector="OR",
                ),
                name="recovery_baddebt_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebt",
            constraint=models.CheckConstraint(
                condition=models.Q(("reversed_date__isnull", True), ("decided_as", "approved"), _connector="OR"),
                name="recovery_baddebt_reversed",
            ),
        ),
        migrations.AddIndex(
            model_name="baddebtline",
            index=models.Index(fields=["organisation", "item_id"], name="recovery_baddebtline_item"),
        ),
        migrations.AddConstraint(
            model_name="baddebtline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_standing", True)),
                fields=("organisation", "item_id", "kind"),
                name="recovery_baddebtline_standing",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebtline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("net_minor__gte", 0),
                    ("open_minor__gt", 0),
                    ("tax_minor__gte", 0),
                    (
                        "open_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_minor"), "+", models.F("tax_minor")
                        ),
                    ),
                ),
                name="recovery_baddebtline_cut",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebtline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("provision_minor__gte", 0),
                    ("provision_minor__lte", models.F("net_minor")),
                    ("released_minor__gte", 0),
                    ("released_minor__lte", models.F("provision_minor")),
                ),
                name="recovery_baddebtline_provision",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebtline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lost_minor__gte", 0),
                    ("returned_minor__gte", 0),
                    (
                        "open_minor__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("returned_minor"), "+", models.F("lost_minor")
                        ),
                    ),
                ),
                name="recovery_baddebtline_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebtpolicy",
            constraint=models.UniqueConstraint(fields=("organisation",), name="recovery_baddebtpolicy_one"),
        ),
        migrations.AddConstraint(
            model_name="baddebtpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_minor__isnull", True), ("limit_minor__gte", 0), _connector="OR"),
                name="recovery_baddebtpolicy_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="baddebtpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("doubtful_account__startswith", "41")), name="recovery_baddebtpolicy_doubtful"
            ),
        ),
        *[RowSecurity(f"recovery_{table}") for table in (*TABLES, "baddebtpolicy")],
        *[InsertOnly(f"recovery_{table}", updatable=updatable) for table, updatable in TABLES.items()],
    ]
