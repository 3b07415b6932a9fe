"""Legs that settle items of their own transaction touch nobody anew: adding the items has.

A first book brings a leg for most of its items; joining each with its item once more took a thirtieth of the import.
The trigger is called after the ledger's own, which says whether there is an older item among them (ledger/0017).
"""

from django.db import migrations

FUNCTION = """
create or replace function analytics_touch_legs() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
{condition}    insert into analytics_touched (organisation_id, customer_id)
        select distinct i.organisation_id, i.customer_id from added a join ledger_openitem i on i.id = a.item_id;
    return null;
end $$;
alter trigger {before} on ledger_allocationleg rename to {after};
"""
OLD, NEW = "analytics_leg_touched", "touched_by_legs"  # after ledger_allocationleg_added
ONLY_OLDER = """    if current_setting('encours.legs_of_older_items') = 'false' then
        return null;
    end if;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_snapshot_time"), ("ledger", "0017_legs_tell_of_older_items")]
    operations = [
        migrations.RunSQL(
            FUNCTION.format(condition=ONLY_OLDER, before=OLD, after=NEW),
            FUNCTION.format(condition="", before=NEW, after=OLD),
        )
    ]
