"""A decision says in one column what it claims, so that the largest are found without opening each."""

from django.db import migrations, models

FILL = """
update collections_reminder r set claimed_minor = t.minor, claimed_currency = t.currency from (
    select distinct on (r.id) r.id, t.key as currency, t.value::bigint as minor
    from collections_reminder r, jsonb_each_text(r.totals) t order by r.id, t.value::bigint desc, t.key
) t where t.id = r.id
"""


class Migration(migrations.Migration):
    dependencies = [("collections", "0003_worklist")]
    operations = [
        migrations.AddField("reminder", "claimed_minor", models.BigIntegerField(default=0)),
        migrations.AddField("reminder", "claimed_currency", models.CharField(max_length=3, blank=True, default="")),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            "reminder",
            models.Index(
                fields=["organisation", "follows"],
                name="collections_reminder_follows",
                condition=models.Q(follows__isnull=False),
            ),
        ),
    ]
