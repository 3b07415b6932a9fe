"""Trials of suggestions: they belong to one organisation; only an end is added."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("access", "0005_apitoken"), ("collections", "0013_hand_over_pauses")]

    operations = [
        migrations.CreateModel(
            name="SuggestionTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share_permille", models.PositiveSmallIntegerField()),
                ("horizon_days", models.PositiveSmallIntegerField(default=30)),
                ("why", models.TextField()),
                ("started_date", models.DateField()),
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
                        condition=Q(share_permille__gt=0, share_permille__lte=500), name="collections_trial_share"
                    ),
                    models.CheckConstraint(
                        condition=Q(ended_date__isnull=True) | Q(ended_date__gte=F("started_date")),
                        name="collections_trial_ends_after_it_starts",
                    ),
                    models.UniqueConstraint(
                        condition=Q(ended_date__isnull=True),
                        fields=("organisation",),
                        name="collections_trial_one_at_a_time",
                    ),
                ],
            },
        ),
        RowSecurity("collections_suggestiontrial"),
        InsertOnly("collections_suggestiontrial", updatable=("ended_date", "ended_by_name")),
    ]
