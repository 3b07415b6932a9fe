"""The laws of the books, kept by PostgreSQL: balance, never over-allocate, never cross, only add."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

# Statement-level triggers with transition tables: a million rows are checked by a few hash joins (decision 0010).
ITEMS = """
create function ledger_check_items() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.document_number into wrong from added a
        where a.recorded_at <> transaction_timestamp() or a.open_minor <> a.amount_minor
           or a.legs_first_date is not null or a.legs_last_date is not null
           or a.legs_first_at is not null or a.legs_last_at is not null limit 1;
    if found then
        raise exception 'open item % must start untouched and be recorded now', wrong.document_number
            using errcode = 'check_violation', constraint = 'ledger_item_starts_untouched';
    end if;
    select a.transaction_id into wrong
        from (select distinct organisation_id, entity_id, transaction_id, item_date from added) a
        left join ledger_transaction t on t.id = a.transaction_id and t.organisation_id = a.organisation_id
            and t.entity_id = a.entity_id and t.transaction_date = a.item_date
            and t.recorded_at = transaction_timestamp()
        where t.id is null limit 1;
    if found then
        raise exception 'transaction % is sealed, of another day, entity or organisation, or unknown',
            wrong.transaction_id
            using errcode = 'foreign_key_violation', constraint = 'ledger_item_transaction';
    end if;
    select a.customer_id into wrong
        from (select distinct organisation_id, customer_id from added) a
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        where c.id is null limit 1;
    if found then
        raise exception 'customer % is not of this organisation', wrong.customer_id
            using errcode = 'foreign_key_violation', constraint = 'ledger_item_customer';
    end if;
    select a.id into wrong from added a
        left join ledger_openitem o on o.id = a.reverses_id
        where a.reverses_id is not null and (o.id is null or o.organisation_id <> a.organisation_id
            or o.amount_minor <> -a.amount_minor or o.currency <> a.currency or o.customer_id <> a.customer_id
            or o.account <> a.account or o.entity_id <> a.entity_id) limit 1;
    if found then
        raise exception 'reversal % does not mirror the item it reverses', wrong.id
            using errcode = 'check_violation', constraint = 'ledger_item_reversal_mirrors';
    end if;
    insert into ledger_entry (organisation_id, transaction_id, account, currency, amount_minor)
        select organisation_id, transaction_id, account, currency, sum(amount_minor)
        from added group by 1, 2, 3, 4 having sum(amount_minor) <> 0;
    return null;
end $$;
create trigger ledger_openitem_added after insert on ledger_openitem
    referencing new table as added for each statement execute function ledger_check_items();
"""

ENTRIES = """
create function ledger_check_entries() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.account into wrong from added a where a.account like '41%' and pg_trigger_depth() < 2 limit 1;
    if found then
        raise exception 'account % is written by its open items only', wrong.account
            using errcode = 'check_violation', constraint = 'ledger_entry_receivable';
    end if;
    select a.transaction_id into wrong
        from (select distinct organisation_id, transaction_id from added) a
        left join ledger_transaction t on t.id = a.transaction_id and t.organisation_id = a.organisation_id
            and t.recorded_at = transaction_timestamp()
        where t.id is null limit 1;
    if found then
        raise exception 'transaction % is sealed, of another organisation, or unknown', wrong.transaction_id
            using errcode = 'foreign_key_violation', constraint = 'ledger_entry_transaction';
    end if;
    return null;
end $$;
create trigger ledger_entry_added after insert on ledger_entry
    referencing new table as added for each statement execute function ledger_check_entries();

create function ledger_check_balance() returns trigger language plpgsql as $$
declare wrong record;
begin
    if new.recorded_at <> transaction_timestamp() then
        raise exception 'transaction % must be recorded now', new.key
            using errcode = 'check_violation', constraint = 'ledger_transaction_recorded_now';
    end if;
    select e.currency, sum(e.amount_minor) as gap into wrong from ledger_entry e
        where e.transaction_id = new.id group by e.currency having sum(e.amount_minor) <> 0 limit 1;
    if found then
        raise exception 'transaction % does not balance: % % (minor units)', new.key, wrong.gap, wrong.currency
            using errcode = 'check_violation', constraint = 'ledger_transaction_balances';
    end if;
    return null;
end $$;
create constraint trigger ledger_transaction_balances after insert on ledger_transaction
    deferrable initially deferred for each row execute function ledger_check_balance();
"""

# Runs as the owner, the only one who may touch the items' cached balances.
LEGS = """
create function ledger_apply_legs() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
declare wrong record; expected bigint; changed bigint;
begin
    select a.allocation_id into wrong
        from (select distinct organisation_id, allocation_id, allocation_date, recorded_at from added) a
        left join ledger_allocation p on p.id = a.allocation_id and p.organisation_id = a.organisation_id
            and p.allocation_date = a.allocation_date and p.recorded_at = a.recorded_at
            and p.recorded_at = transaction_timestamp()
        where p.id is null limit 1;
    if found then
        raise exception 'allocation % is sealed, of another day or organisation, or unknown', wrong.allocation_id
            using errcode = 'foreign_key_violation', constraint = 'ledger_leg_allocation';
    end if;
    select count(distinct item_id) into expected from added;
    if expected <= 10000 then
        -- always in the same order, so that two people settling the same items wait rather than deadlock
        perform 1 from ledger_openitem where id in (select item_id from added) order by id for update;
    end if;
    select a.allocation_id, a.currency, sum(a.amount_minor) as gap into wrong from added a
        join ledger_openitem i on i.id = a.item_id
        group by a.allocation_id, i.entity_id, a.currency having sum(a.amount_minor) <> 0 limit 1;
    if found then
        raise exception 'legs of allocation % leave % % (minor units)', wrong.allocation_id, wrong.gap, wrong.currency
            using errcode = 'check_violation', constraint = 'ledger_allocation_balances';
    end if;
    -- an item settled before it exists would make a balance between the two days wrong
    select i.document_number into wrong from added a join ledger_openitem i on i.id = a.item_id
        where a.allocation_date < i.item_date limit 1;
    if found then
        raise exception 'an allocation cannot be dated before item %', wrong.document_number
            using errcode = 'check_violation', constraint = 'ledger_allocation_not_before_items';
    end if;
    update ledger_openitem i set
        open_minor = i.open_minor + d.amount_minor,
        legs_first_date = least(i.legs_first_date, d.first_date),
        legs_last_date = greatest(i.legs_last_date, d.last_date),
        legs_first_at = least(i.legs_first_at, transaction_timestamp()),
        legs_last_at = greatest(i.legs_last_at, transaction_timestamp())
    from (select organisation_id, item_id, currency, sum(amount_minor) as amount_minor,
            min(allocation_date) as first_date, max(allocation_date) as last_date
          from added group by 1, 2, 3) d
    where i.id = d.item_id and i.organisation_id = d.organisation_id and i.currency = d.currency;
    get diagnostics changed = row_count;
    if changed <> expected then
        raise exception 'a leg names an item of another currency or organisation, or none'
            using errcode = 'foreign_key_violation', constraint = 'ledger_leg_item';
    end if;
    return null;
end $$;
create trigger ledger_allocationleg_added after insert on ledger_allocationleg
    referencing new table as added for each statement execute function ledger_apply_legs();
"""

DROP = """
drop trigger ledger_allocationleg_added on ledger_allocationleg; drop function ledger_apply_legs;
drop trigger ledger_transaction_balances on ledger_transaction; drop function ledger_check_balance;
drop trigger ledger_entry_added on ledger_entry; drop function ledger_check_entries;
drop trigger ledger_openitem_added on ledger_openitem; drop function ledger_check_items;
"""

TABLES = ("transaction", "entry", "openitem", "allocation", "allocationleg")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("core", "0001_roles"), ("customers", "0002_laws")]
    operations = [
        *[RowSecurity(f"ledger_{table}") for table in TABLES],
        *[InsertOnly(f"ledger_{table}") for table in TABLES],
        migrations.RunSQL(ITEMS + ENTRIES + LEGS, DROP),
    ]
