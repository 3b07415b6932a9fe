"""Calls, what to say in them, how the list is ranked; promises of several dates."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_laws"),
        ("collections", "0006_scenarios_further_laws"),
        ("customers", "0002_laws"),
        ("ledger", "0013_closed_items_covered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("contact_name", models.CharField(blank=True, default="", max_length=200)),
                ("phone", models.CharField(blank=True, default="", max_length=40)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("reached", "Reached"),
                            ("promise", "Promises to pay"),
                            ("dispute", "Contests"),
                            ("says_paid", "Says it is paid"),
                            ("call_back", "To be called back"),
                            ("refuses", "Refuses to pay"),
                            ("voicemail", "Voicemail"),
                            ("no_answer", "No answer"),
                            ("wrong_number", "Wrong number"),
                        ],
                        max_length=14,
                    ),
                ),
                ("note", models.TextField(blank=True, default="")),
                ("call_date", models.DateField()),
                ("called_at", models.DateTimeField()),
                ("next_date", models.DateField(blank=True, null=True)),
                ("step_key", models.CharField(blank=True, default="", max_length=80)),
                ("key", models.CharField(max_length=200)),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
            ],
        ),
        migrations.CreateModel(
            name="CallScript",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step_key", models.CharField(blank=True, default="", max_length=80)),
                ("language", models.CharField(max_length=5)),
                ("text", models.TextField(blank=True, default="")),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
            ],
        ),
        migrations.CreateModel(
            name="RankingPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weights", models.JSONField(default=dict)),
                ("minimum_call_minor", models.BigIntegerField(default=0)),
                ("no_answer_days", models.PositiveSmallIntegerField(default=1)),
                ("why", models.TextField(blank=True, default="")),
                ("author_name", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
            ],
        ),
        migrations.AddField(
            model_name="promise",
            name="key",
            field=models.CharField(blank=True, max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="promise",
            name="series",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key__isnull", False)),
                fields=("organisation", "key"),
                name="collections_promise_key",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="customers.contact",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calls",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="call",
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
            model_name="callscript",
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
            model_name="rankingpolicy",
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
            model_name="call",
            index=models.Index(fields=["organisation", "customer", "-id"], name="collections_call_customer"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["organisation", "call_date"], name="collections_call_day"),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="collections_call_key"),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "outcome__in",
                        [
                            "reached",
                            "promise",
                            "dispute",
                            "says_paid",
                            "call_back",
                            "refuses",
                            "voicemail",
                            "no_answer",
                            "wrong_number",
                        ],
                    )
                ),
                name="collections_call_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("next_date__isnull", True), ("next_date__gte", models.F("call_date")), _connector="OR"
                ),
                name="collections_call_next_after",
            ),
        ),
        migrations.AddIndex(
            model_name="callscript",
            index=models.Index(
                fields=["organisation", "language", "step_key", "-id"], name="collections_callscript_latest"
            ),
        ),
        migrations.AddIndex(
            model_name="rankingpolicy",
            index=models.Index(fields=["organisation", "-id"], name="collections_ranking_latest"),
        ),
        migrations.AddConstraint(
            model_name="rankingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum_call_minor__gte", 0)), name="collections_ranking_minimum"
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("no_answer_days__gte", 1)), name="collections_ranking_no_answer"
            ),
        ),
        *[RowSecurity(f"collections_{table}") for table in ("call", "callscript", "rankingpolicy")],
        *[InsertOnly(f"collections_{table}") for table in ("call", "callscript", "rankingpolicy")],
    ]
