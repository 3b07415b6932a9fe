"""Standings carry the columns of the aged balance, and the state of the books is one number that grows."""

from django.db import migrations, models

# Who collects from a customer, its name or country change lists and totals, and no account.
CHANGED = """
create function analytics_touch_nobody() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    insert into analytics_touched (organisation_id, customer_id) select distinct organisation_id, 0 from changed;
    return null;
end $$;
create trigger analytics_customer_changed after update on customers_customer
    referencing new table as changed for each statement execute function analytics_touch_nobody();

-- a second company splits every customer's standing: all are reckoned again
create function analytics_split_standings() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update analytics_standingday set as_of = date '0001-01-01' where organisation_id in (
        select organisation_id from added);
    return null;
end $$;
create trigger analytics_entity_added after insert on access_entity
    referencing new table as added for each statement execute function analytics_split_standings();
"""
UNCHANGED = """
drop trigger analytics_entity_added on access_entity; drop function analytics_split_standings;
drop trigger analytics_customer_changed on customers_customer; drop function analytics_touch_nobody;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_laws")]
    operations = [
        *[
            migrations.AddField("standing", name, models.BigIntegerField(default=0))
            for name in ("late_30_minor", "late_60_minor", "late_90_minor", "late_more_minor")
        ],
        migrations.AddField("standingday", "version", models.BigIntegerField(default=1)),
        migrations.RunSQL(CHANGED, UNCHANGED),
        # what was reckoned before lacks the new columns: no day, so the next reader or job reckons them all
        migrations.RunSQL("delete from analytics_standingday", migrations.RunSQL.noop),
    ]
