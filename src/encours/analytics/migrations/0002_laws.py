"""Row security, and triggers that note whose account changed."""

from django.db import migrations

from encours.core.database import RowSecurity

# The ledger knows nothing of analytics: the cache listens to the tables it is kept from, as a materialised view would.
TOUCHED = """
create function analytics_touch_items() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    insert into analytics_touched (organisation_id, customer_id)
        select distinct organisation_id, customer_id from added;
    return null;
end $$;
create trigger analytics_openitem_touched after insert on ledger_openitem
    referencing new table as added for each statement execute function analytics_touch_items();

create function analytics_touch_legs() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    insert into analytics_touched (organisation_id, customer_id)
        select distinct i.organisation_id, i.customer_id from added a join ledger_openitem i on i.id = a.item_id;
    return null;
end $$;
create trigger analytics_leg_touched after insert on ledger_allocationleg
    referencing new table as added for each statement execute function analytics_touch_legs();

create function analytics_touch_customers() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    insert into analytics_touched (organisation_id, customer_id) select organisation_id, id from added;
    return null;
end $$;
create trigger analytics_customer_touched after insert on customers_customer
    referencing new table as added for each statement execute function analytics_touch_customers();
"""

DROP = """
drop trigger analytics_customer_touched on customers_customer; drop function analytics_touch_customers;
drop trigger analytics_leg_touched on ledger_allocationleg; drop function analytics_touch_legs;
drop trigger analytics_openitem_touched on ledger_openitem; drop function analytics_touch_items;
"""

TABLES = ("standing", "standingday", "touched", "snapshot")


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial"), ("core", "0001_roles"), ("ledger", "0003_as_of_indexes")]
    operations = [
        *[RowSecurity(f"analytics_{table}") for table in TABLES],
        # a full refresh replaces every row, and its pages are sorted by indexes only if the planner knows it
        migrations.RunSQL(
            "grant maintain on analytics_standing to encours_app",
            "revoke maintain on analytics_standing from encours_app",
        ),
        migrations.RunSQL(TOUCHED, DROP),
    ]
