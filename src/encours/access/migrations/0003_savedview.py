"""Lists' filters and order, kept by name."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from encours.core.database import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("access", "0002_laws")]
    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("screen", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "user", "screen", "name"), name="access_savedview_name"
                    )
                ],
            },
        ),
        RowSecurity("access_savedview"),
    ]
