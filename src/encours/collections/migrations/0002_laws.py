"""Row security; decisions are only added to; an item is chased for its own customer and organisation."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

# Statement-level with transition tables, as in the ledger: a run adds hundreds of thousands of rows at once.
REFERENTS = """
create function collections_check_reminders() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.customer_id into wrong
        from (select distinct organisation_id, customer_id from added) a
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        where c.id is null limit 1;
    if found then
        raise exception 'customer % is not of this organisation', wrong.customer_id
            using errcode = 'foreign_key_violation', constraint = 'collections_reminder_customer_here';
    end if;
    return null;
end $$;
create trigger collections_reminder_added after insert on collections_reminder
    referencing new table as added for each statement execute function collections_check_reminders();

create function collections_check_reminder_items() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.item_id into wrong from added a
        left join ledger_openitem i on i.id = a.item_id and i.organisation_id = a.organisation_id
            and i.customer_id = a.customer_id and i.currency = a.currency
        where i.id is null limit 1;
    if found then
        raise exception 'item % is not of this customer, currency and organisation', wrong.item_id
            using errcode = 'foreign_key_violation', constraint = 'collections_reminderitem_item_here';
    end if;
    select a.item_id into wrong from added a
        where a.claimed_minor < 0 or a.disputed_minor < 0 or a.claimed_minor + a.disputed_minor > a.open_minor limit 1;
    if found then
        raise exception 'item % claims more than is open beside its dispute', wrong.item_id
            using errcode = 'check_violation', constraint = 'collections_reminderitem_claims_within_open';
    end if;
    return null;
end $$;
create trigger collections_reminderitem_added after insert on collections_reminderitem
    referencing new table as added for each statement execute function collections_check_reminder_items();
"""
DROP = """
drop trigger collections_reminder_added on collections_reminder;
drop function collections_check_reminders();
drop trigger collections_reminderitem_added on collections_reminderitem;
drop function collections_check_reminder_items();
"""
SCOPED = (
    "scenario", "scenarioversion", "scenarioassignment", "sendingpolicy", "pause", "promise", "exclusion",
    "dunningrun", "reminder", "reminderitem", "withdrawal",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("collections", "0001_initial"), ("core", "0001_roles"), ("ledger", "0002_laws")]
    operations = [
        *[RowSecurity(f"collections_{table}") for table in SCOPED],
        *[
            InsertOnly(f"collections_{table}")
            for table in ("scenarioversion", "scenarioassignment", "reminder", "withdrawal")
        ],
        InsertOnly("collections_pause", updatable=("ended_date", "ended_by_name", "ended_why")),
        InsertOnly("collections_promise", updatable=("withdrawn_date", "withdrawn_why")),
        InsertOnly("collections_exclusion", updatable=("undone_at",)),
        InsertOnly("collections_dunningrun", updatable=("counts", "finished_at")),
        InsertOnly("collections_reminderitem", updatable=("has_left", "left_date")),
        migrations.RunSQL(REFERENTS, DROP),
    ]
