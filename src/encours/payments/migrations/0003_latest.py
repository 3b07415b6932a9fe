"""The latest day money came in is found without reading every receipt."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_laws")]
    operations = [
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["organisation", "entity", "received_date"], name="payments_receipt_latest"),
        ),
    ]
