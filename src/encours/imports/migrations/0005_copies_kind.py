"""The PDFs of invoices are a kind of file."""

from django.db import migrations, models

CHOICES = [
    ("fec", "FEC"),
    ("customers", "Customers"),
    ("contacts", "Contacts"),
    ("invoices", "Invoices"),
    ("payments", "Payments"),
    ("bank", "Bank statement"),
    ("remittance", "Remittance advice"),
    ("einvoice", "E-invoice"),
    ("copies", "Invoices as PDF"),
    ("", "Unknown"),
]


class Migration(migrations.Migration):
    dependencies = [("imports", "0004_einvoice_kind")]

    operations = [
        migrations.RemoveConstraint(model_name="importrun", name="imports_importrun_kind"),
        migrations.AlterField(
            model_name="importmapping",
            name="kind",
            field=models.CharField(choices=CHOICES, max_length=20),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="kind",
            field=models.CharField(blank=True, choices=CHOICES, default="", max_length=20),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "fec",
                            "customers",
                            "contacts",
                            "invoices",
                            "payments",
                            "bank",
                            "remittance",
                            "einvoice",
                            "copies",
                            "",
                        ],
                    )
                ),
                name="imports_importrun_kind",
            ),
        ),
    ]
