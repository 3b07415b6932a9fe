"""What colleagues wrote on customers' own pages goes with the exchanges that are past their term."""

from importlib import import_module

from django.db import migrations

_KEPT = import_module("encours.privacy.migrations.0003_purge")
_NOTES_END = "where n.organisation_id = of_organisation and n.recorded_at < a.until and n.text <> ''\n"
PAST_TERM = _KEPT.PAST_TERM.replace("create function", "create or replace function").replace(
    _NOTES_END,
    _NOTES_END
    + """    union all
    select 'page_note', p.id, p.customer_id from conversation_portalnote p join allowed a on a.id = p.customer_id
    where p.organisation_id = of_organisation and p.written_at < a.until and p.text <> ''
""",
)
_EMPTIED = "    update collections_reminder x set recipients"
LET_GO = (
    _KEPT.LET_GO.partition("create trigger")[0]
    .replace("create function", "create or replace function")
    .replace(
        _EMPTIED,
        """    update conversation_portalnote x set text = '' from privacy_going g
        where g.kind = 'page_note' and x.id = g.row_id;
"""
        + _EMPTIED,
    )
)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_purge"), ("conversation", "0003_portal_note")]

    operations = [migrations.RunSQL(PAST_TERM + LET_GO, migrations.RunSQL.noop)]
