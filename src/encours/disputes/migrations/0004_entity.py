"""A dispute names the company whose invoice it is: two of them may number alike."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("disputes", "0003_deductions"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="entity",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.entity",
            ),
        ),
    ]
