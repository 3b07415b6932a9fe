"""Who cares for a customer once it has bought, and the standing rules that give customers to people."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from encours.core.database import RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("customers", "0007_notes_on_things"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="success_owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="AssignmentRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("collector", "Collector"),
                            ("sales_rep", "Sales representative"),
                            ("success_owner", "Customer success"),
                        ],
                        max_length=20,
                    ),
                ),
                ("rank", models.PositiveIntegerField(default=100)),
                ("conditions", models.JSONField(blank=True, default=list)),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "role", "rank"], name="customers_assignmentrule_order")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["collector", "sales_rep", "success_owner"])),
                        name="customers_assignmentrule_role",
                    )
                ],
            },
        ),
        RowSecurity("customers_assignmentrule"),
    ]
