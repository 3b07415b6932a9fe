"""The bound role may not change items, hence not lock them: this does it, for the bound organisation only."""

from django.db import migrations

LOCK = """
create function ledger_lock_items(item_ids bigint[]) returns table (item_id bigint, open_minor bigint)
    language sql volatile security definer set search_path = public, pg_temp as $$
    select i.id, i.open_minor from ledger_openitem i
    where i.id = any(item_ids)
      and i.organisation_id = nullif(current_setting('encours.organisation', true), '')::bigint
    order by i.id for update
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_counterparts_lettering_closing")]
    operations = [migrations.RunSQL(LOCK, "drop function ledger_lock_items(bigint[])")]
