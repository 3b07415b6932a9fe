"""A call of a program with a key is done once; the usual bar for applying alone."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("matching", "0003_what_a_match_booked"),
    ]

    operations = [
        migrations.AlterField(
            model_name="matchingpolicy",
            name="alone_min_ppm",
            field=models.IntegerField(default=990000),
        ),
        migrations.CreateModel(
            name="MatchRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("verb", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                (
                    "match",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.match",
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
                    models.UniqueConstraint(fields=("organisation", "key"), name="matching_matchrequest_key")
                ],
            },
        ),
        RowSecurity("matching_matchrequest"),
        InsertOnly("matching_matchrequest"),
    ]
