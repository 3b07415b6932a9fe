"""Bank statements and remittance advices are kinds of file."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_apitoken"),
        ("imports", "0002_laws"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="importrun",
            name="imports_importrun_kind",
        ),
        migrations.AlterField(
            model_name="importmapping",
            name="kind",
            field=models.CharField(
                choices=[
                    ("fec", "FEC"),
                    ("customers", "Customers"),
                    ("contacts", "Contacts"),
                    ("invoices", "Invoices"),
                    ("payments", "Payments"),
                    ("bank", "Bank statement"),
                    ("remittance", "Remittance advice"),
                    ("", "Unknown"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("fec", "FEC"),
                    ("customers", "Customers"),
                    ("contacts", "Contacts"),
                    ("invoices", "Invoices"),
                    ("payments", "Payments"),
                    ("bank", "Bank statement"),
                    ("remittance", "Remittance advice"),
                    ("", "Unknown"),
                ],
                default="",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["fec", "customers", "contacts", "invoices", "payments", "bank", "remittance", ""])
                ),
                name="imports_importrun_kind",
            ),
        ),
    ]
