"""Mentions, notifications, how each wants to be told, and the chat channels that are told too."""

import datetime

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("customers", "0007_notes_on_things"),
        ("team", "0002_laws"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChatHook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("address_encrypted", models.TextField()),
                ("kinds", models.JSONField(default=list)),
                ("is_active", models.BooleanField(default=True)),
                ("problem", models.TextField(blank=True, default="")),
                ("last_notification_id", models.BigIntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
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
                "constraints": [models.UniqueConstraint(fields=("organisation", "name"), name="team_chathook_name")],
            },
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "note",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="mentions", to="customers.note"
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
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "note", "user"), name="team_mention_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mentions",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day, all together"), ("never", "Never")],
                        default="at_once",
                        max_length=10,
                    ),
                ),
                (
                    "others",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day, all together"), ("never", "Never")],
                        default="daily",
                        max_length=10,
                    ),
                ),
                ("digest_at", models.TimeField(default=datetime.time(8, 0))),
                ("quiet_from", models.TimeField(default=datetime.time(19, 0))),
                ("quiet_until", models.TimeField(default=datetime.time(8, 0))),
                ("weekly_report", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField()),
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
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "user"), name="team_noticechoice_user"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mentions__in", ["at_once", "daily", "never"]),
                            ("others__in", ["at_once", "daily", "never"]),
                        ),
                        name="team_noticechoice_mail",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mention", "You are named in a comment"),
                            ("answer", "Your comment is answered"),
                            ("task", "A task is yours"),
                            ("rule", "A rule tells you"),
                            ("reply", "A customer has answered"),
                            ("promise", "A promise is broken"),
                            ("dispute", "A dispute is yours"),
                            ("approval", "Something waits for your word"),
                            ("report", "Your report"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField(blank=True, default="")),
                ("link", models.CharField(blank=True, default="", max_length=300)),
                ("key", models.CharField(max_length=200)),
                ("told_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("passed_on_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "note",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.note",
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
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "user", "-id"], name="team_notification_of"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["organisation", "user"],
                        name="team_notification_unread",
                    ),
                    models.Index(
                        condition=models.Q(("passed_on_at__isnull", True)),
                        fields=["organisation", "id"],
                        name="team_notification_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "user", "key"), name="team_notification_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "mention",
                                    "answer",
                                    "task",
                                    "rule",
                                    "reply",
                                    "promise",
                                    "dispute",
                                    "approval",
                                    "report",
                                ],
                            )
                        ),
                        name="team_notification_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True), name="team_notification_titled"
                    ),
                ],
            },
        ),
        *(RowSecurity(f"team_{table}") for table in ("mention", "notification", "noticechoice", "chathook")),
        InsertOnly("team_mention"),
        InsertOnly("team_notification", updatable=("read_at", "passed_on_at")),
    ]
