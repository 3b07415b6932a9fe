"""Partners, hand-overs, their items and events."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("customers", "0004_search"),
        ("recovery", "0002_laws"),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("agency", "Collection agency"),
                            ("lawyer", "Lawyer"),
                            ("bailiff", "Bailiff (commissaire de justice)"),
                        ],
                        max_length=10,
                    ),
                ),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                ("fee_permyriad", models.IntegerField(default=0)),
                ("retired_date", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
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
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("fee_permyriad", models.IntegerField(default=0)),
                ("handed_date", models.DateField()),
                ("note", models.TextField(blank=True, default="")),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("link_digest", models.BinaryField(max_length=32, null=True)),
                ("link_expires_at", models.DateTimeField(null=True)),
                ("ended_date", models.DateField(null=True)),
                ("ended_as", models.CharField(blank=True, db_default="", default="", max_length=14)),
                ("ended_why", models.TextField(blank=True, db_default="", default="")),
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
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recovery.partner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HandOverEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("taken", "Taken on"),
                            ("contacted", "Debtor contacted"),
                            ("promised", "Debtor promised to pay"),
                            ("contested", "Debtor contests"),
                            ("recovered", "Money recovered"),
                            ("court", "Court action begun"),
                            ("not_found", "Debtor not found"),
                            ("hopeless", "No hope of recovery"),
                            ("comment", "Comment"),
                        ],
                        max_length=12,
                    ),
                ),
                ("day", models.DateField()),
                ("amount_minor", models.BigIntegerField(default=0)),
                ("fee_minor", models.BigIntegerField(default=0)),
                ("text", models.TextField(blank=True, default="")),
                ("is_partner", models.BooleanField()),
                ("author_name", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=100)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="recovery.handover"
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
                    models.UniqueConstraint(fields=("organisation", "handover", "key"), name="recovery_event_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "code__in",
                                [
                                    "taken",
                                    "contacted",
                                    "promised",
                                    "contested",
                                    "recovered",
                                    "court",
                                    "not_found",
                                    "hopeless",
                                    "comment",
                                ],
                            )
                        ),
                        name="recovery_event_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount_minor__gt", 0),
                                ("code", "recovered"),
                                ("fee_minor__gte", 0),
                                ("fee_minor__lte", models.F("amount_minor")),
                            ),
                            models.Q(
                                models.Q(("code", "recovered"), _negated=True), ("amount_minor", 0), ("fee_minor", 0)
                            ),
                            _connector="OR",
                        ),
                        name="recovery_event_amounts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HandOverItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity_id", models.BigIntegerField()),
                ("document_number", models.CharField(max_length=80)),
                ("instalment_number", models.SmallIntegerField()),
                ("item_id", models.BigIntegerField()),
                ("item_date", models.DateField()),
                ("due_date", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("pause_id", models.BigIntegerField()),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="recovery.handover"
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
                    models.UniqueConstraint(
                        fields=("organisation", "handover", "item_id"), name="recovery_handed_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="recovery_handed_amount"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="recovery_partner_name"),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["agency", "lawyer", "bailiff"])), name="recovery_partner_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee_permyriad__range", (0, 10000))), name="recovery_partner_fee"
            ),
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(fields=["organisation", "customer", "-id"], name="recovery_handover_customer"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(fields=("organisation", "number"), name="recovery_handover_number"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="recovery_handover_key"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="recovery_handover_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_as", ""), ("ended_date__isnull", True)),
                    models.Q(
                        ("ended_as__in", ["recovered", "returned", "irrecoverable"]), ("ended_date__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="recovery_handover_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("link_digest__isnull", True), ("link_expires_at__isnull", False), _connector="OR"),
                name="recovery_handover_link_expires",
            ),
        ),
    ]
