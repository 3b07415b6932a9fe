"""A journal file may be asked for some days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0004_calls_of_programs")]

    operations = [
        migrations.AddField(
            model_name="journalexport",
            name="from_date",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="journalexport",
            name="to_date",
            field=models.DateField(null=True),
        ),
    ]
