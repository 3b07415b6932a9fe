"""A limit may be said through the API."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="creditlimit", name="credit_limit_source"),
        migrations.AlterField(
            model_name="creditlimit",
            name="source",
            field=models.CharField(choices=[("desk", "desk"), ("file", "file"), ("api", "api")], max_length=10),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(source__in=["desk", "file", "api"]), name="credit_limit_source"
            ),
        ),
    ]
