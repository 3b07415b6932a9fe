"""The ledger's checks look at what was added once where they looked four times, and one index carries less.

The same laws with the same names refuse the same rows. What was closed is listed by the day it was closed; what a past
balance needs of it besides is read from the table. The latest day of any allocation is known from an index.
"""

from django.db import migrations, models

ITEMS = """
create or replace function ledger_check_items() returns trigger language plpgsql as $$
declare wrong record; seen record;
begin
    select min(a.document_number) filter (where a.recorded_at <> transaction_timestamp() or not (
               (a.open_minor = a.amount_minor and a.legs_first_date is null and a.legs_last_date is null
                and a.legs_first_at is null and a.legs_last_at is null)
               or (a.open_minor <> a.amount_minor and a.legs_first_date is not null and a.legs_last_date is not null
                and a.legs_first_at = transaction_timestamp() and a.legs_last_at = transaction_timestamp())))
               as touched,
           bool_or(a.reverses_id is not null) as reverses,
           bool_or(a.open_minor <> a.amount_minor) as promises
        into seen from added a;
    if seen.touched is not null then
        raise exception 'open item % must start untouched and be recorded now', seen.touched
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
    if seen.reverses then
        select a.id into wrong from added a
            left join ledger_openitem o on o.id = a.reverses_id
            where a.reverses_id is not null and (o.id is null or o.organisation_id <> a.organisation_id
                or o.amount_minor <> -a.amount_minor or o.currency <> a.currency or o.customer_id <> a.customer_id
                or o.account <> a.account or o.entity_id <> a.entity_id) limit 1;
        if found then
            raise exception 'reversal % does not mirror the item it reverses', wrong.id
                using errcode = 'check_violation', constraint = 'ledger_item_reversal_mirrors';
        end if;
    end if;
    if seen.promises then
        insert into ledger_promise (organisation_id, first_item_id, last_item_id)
            select organisation_id, min(id), max(id) from added where open_minor <> amount_minor group by 1;
    end if;
    insert into ledger_entry (organisation_id, transaction_id, account, currency, amount_minor)
        select organisation_id, transaction_id, account, currency, sum(amount_minor)
        from added group by 1, 2, 3, 4 having sum(amount_minor) <> 0;
    return null;
end $$;
"""

LEGS = """
create or replace function ledger_apply_legs() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
declare wrong record; seen record;
begin
    select a.allocation_id into wrong
        from (select distinct organisation_id, allocation_id, allocation_date, recorded_at from added) a
        left join ledger_allocation p on p.id = a.allocation_id
        where p.id is null or p.organisation_id <> a.organisation_id or p.allocation_date <> a.allocation_date
            or p.recorded_at <> a.recorded_at or p.recorded_at <> transaction_timestamp() limit 1;
    if found then
        raise exception 'allocation % is sealed, of another day or organisation, or unknown', wrong.allocation_id
            using errcode = 'foreign_key_violation', constraint = 'ledger_leg_allocation';
    end if;
    if (select count(*) from added) <= 10000 then
        -- always in the same order, so that two people settling the same items wait rather than deadlock
        perform 1 from ledger_openitem where id in (select item_id from added) order by id for update;
    end if;
    -- one look at each leg beside its item; a leg without one is a stranger's
    select min(g.allocation_id) filter (where g.gap <> 0) as unbalanced, min(g.early) as early,
           sum(g.strangers) as strangers, bool_or(g.has_old) as has_old, bool_or(g.has_new) as has_new
        into seen
        from (select a.allocation_id, sum(a.amount_minor) filter (where i.id is not null) as gap,
                     min(i.document_number) filter (where a.allocation_date < i.item_date) as early,
                     count(*) filter (where i.id is null or i.organisation_id <> a.organisation_id
                         or i.currency <> a.currency) as strangers,
                     bool_or(i.recorded_at <> transaction_timestamp()) as has_old,
                     bool_or(i.recorded_at = transaction_timestamp()) as has_new
              from added a left join ledger_openitem i on i.id = a.item_id
              group by a.allocation_id, i.entity_id, a.currency) g;
    if seen.unbalanced is not null then
        select a.allocation_id, a.currency, sum(a.amount_minor) as gap into wrong from added a
            join ledger_openitem i on i.id = a.item_id where a.allocation_id = seen.unbalanced
            group by a.allocation_id, i.entity_id, a.currency having sum(a.amount_minor) <> 0 limit 1;
        raise exception 'legs of allocation % leave % % (minor units)', wrong.allocation_id, wrong.gap, wrong.currency
            using errcode = 'check_violation', constraint = 'ledger_allocation_balances';
    end if;
    -- an item settled before it exists would make a balance between the two days wrong
    if seen.early is not null then
        raise exception 'an allocation cannot be dated before item %', seen.early
            using errcode = 'check_violation', constraint = 'ledger_allocation_not_before_items';
    end if;
    if seen.strangers > 0 then
        raise exception 'a leg names an item of another currency or organisation, or none'
            using errcode = 'foreign_key_violation', constraint = 'ledger_leg_item';
    end if;
    if seen.has_old then
        update ledger_openitem i set
            open_minor = i.open_minor + d.amount_minor,
            legs_first_date = least(i.legs_first_date, d.first_date),
            legs_last_date = greatest(i.legs_last_date, d.last_date),
            legs_first_at = least(i.legs_first_at, transaction_timestamp()),
            legs_last_at = greatest(i.legs_last_at, transaction_timestamp())
        from (select organisation_id, item_id, currency, sum(amount_minor) as amount_minor,
                min(allocation_date) as first_date, max(allocation_date) as last_date
              from added group by 1, 2, 3) d
        where i.id = d.item_id and i.organisation_id = d.organisation_id and i.currency = d.currency
            and i.recorded_at <> transaction_timestamp();
    end if;
    if seen.has_new then
        update ledger_openitem i set
            open_minor = i.amount_minor + d.amount_minor,
            legs_first_date = d.first_date, legs_last_date = d.last_date,
            legs_first_at = transaction_timestamp(), legs_last_at = transaction_timestamp()
        from (select l.item_id, sum(l.amount_minor) as amount_minor, min(l.allocation_date) as first_date,
                max(l.allocation_date) as last_date
              from (select distinct organisation_id, item_id from added) a
              join ledger_allocationleg l on l.organisation_id = a.organisation_id and l.item_id = a.item_id
              group by 1) d
        where i.id = d.item_id and i.recorded_at = transaction_timestamp()
            and (i.open_minor, i.legs_first_date, i.legs_last_date)
                is distinct from (i.amount_minor + d.amount_minor, d.first_date, d.last_date);
    end if;
    return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_legs_found_by_id")]
    operations = [
        # the functions of before refuse the same rows, so going back needs no other words
        migrations.RunSQL(ITEMS + LEGS, migrations.RunSQL.noop),
        migrations.RemoveIndex("openitem", "ledger_openitem_closed"),
        migrations.AddIndex(
            "openitem",
            models.Index(
                fields=["organisation", "legs_last_date"],
                name="ledger_openitem_closed",
                condition=models.Q(open_minor=0),
            ),
        ),
        migrations.AddIndex(
            "allocation",
            models.Index(fields=["organisation", "allocation_date"], name="ledger_allocation_day"),
        ),
    ]
