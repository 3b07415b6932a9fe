"""A deduction keeps the payer's words and the last day to contest it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disputes", "0002_laws"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="contest_until",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dispute",
            name="customer_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
