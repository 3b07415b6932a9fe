"""Documents are found by their customer alone: equal keys share a page, and an import writes a fifth of the index.

The same as for their items (ledger 0016).
"""

from django.db import migrations, models

NAME = "invoices_document_customer"


class Migration(migrations.Migration):
    dependencies = [("invoices", "0003_documentcopy")]
    operations = [
        migrations.RemoveIndex("document", NAME),
        migrations.AddIndex("document", models.Index(fields=["organisation", "customer"], name=NAME)),
    ]
