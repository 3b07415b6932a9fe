"""The list of open items starts at the oldest debt, in the time of one index page however many there are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_as_of_indexes")]
    operations = [
        migrations.RunSQL(
            sql="""
                create index ledger_openitem_by_due on ledger_openitem
                    (organisation_id, (case when open_minor < 0 then date '9999-12-31' else due_date end), id)
                    where open_minor <> 0
            """,
            reverse_sql="drop index ledger_openitem_by_due",
        ),
    ]
