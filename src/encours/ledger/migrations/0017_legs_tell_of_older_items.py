"""Whoever follows the legs of a statement is told whether any of them settles an item of an earlier transaction.

The trigger knows it from its one look at each leg beside its item; who is called after it (triggers go by their names)
need not join them all again to learn that every item was recorded in this transaction.
"""

from django.db import migrations

LOOKED = "    if seen.unbalanced is not null then\n        select a.allocation_id, a.currency, sum("
TOLD = "    perform set_config('encours.legs_of_older_items', coalesce(seen.has_old, false)::text, true);\n"


def _edited(old: str, new: str) -> str:
    """SQL that edits the function in place, and refuses to when the words to edit are not there."""
    return f"""do $edit$ declare body text := pg_get_functiondef('ledger_apply_legs'::regproc); begin
    if position($old${old}$old$ in body) = 0 then raise exception 'cannot edit ledger_apply_legs'; end if;
    execute replace(body, $old${old}$old$, $new${new}$new$); end $edit$;"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0016_items_by_customer")]
    operations = [migrations.RunSQL(_edited(LOOKED, TOLD + LOOKED), _edited(TOLD + LOOKED, LOOKED))]
