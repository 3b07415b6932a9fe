"""A dispute may name the line of the invoice."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("disputes", "0005_owned")]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="line_number",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="dispute",
            name="line_text",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=Q(line_number="", line_text="") | Q(~Q(document_number=""), amount_minor__isnull=False),
                name="disputes_dispute_line",
            ),
        ),
    ]
