"""What a currency was worth on a day."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("ledger", "0010_fewer_passes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("base", models.CharField(max_length=3)),
                ("rate_date", models.DateField()),
                ("rate_ppm", models.BigIntegerField()),
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
            options={
                "indexes": [
                    models.Index(
                        fields=["organisation", "currency", "base", "-rate_date", "-id"], name="ledger_rate_latest"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("rate_ppm__gt", 0)), name="ledger_exchangerate_positive")
                ],
            },
        ),
        RowSecurity("ledger_exchangerate"),
        InsertOnly("ledger_exchangerate"),
    ]
