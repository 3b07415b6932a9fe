"""By whose clock, and from which hour on, a customer is written to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_owners"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="timezone",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="customer",
            name="write_from",
            field=models.TimeField(blank=True, null=True),
        ),
    ]
