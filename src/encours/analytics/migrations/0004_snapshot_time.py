"""A kept report says how long it took to reckon."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_books_version")]
    operations = [migrations.AddField("snapshot", "reckoned_ms", models.IntegerField(default=0))]
