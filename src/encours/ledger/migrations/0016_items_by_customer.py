"""Items are found by their customer alone: equal keys share a page, and an import writes a fifth of the index.

With the day in the key nearly every entry was one of its own, put somewhere among all others. What a customer has is
sorted when it is asked for.
"""

from django.db import migrations, models

NAME = "ledger_openitem_customer"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0015_legs_of_promised_items")]
    operations = [
        migrations.RemoveIndex("openitem", NAME),
        migrations.AddIndex("openitem", models.Index(fields=["organisation", "customer"], name=NAME)),
    ]
