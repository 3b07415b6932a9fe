"""Calls of programs that may come twice."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("access", "0005_apitoken")]

    operations = [
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("verb", models.CharField(max_length=40)),
                ("fingerprint", models.CharField(max_length=64)),
                ("subject_id", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.UniqueConstraint(fields=["organisation", "key"], name="access_apicall_key"),
                ],
            },
        ),
        RowSecurity("access_apicall"),
        InsertOnly("access_apicall"),
    ]
