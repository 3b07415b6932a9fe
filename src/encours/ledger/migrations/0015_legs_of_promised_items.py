"""Legs that settle items born settled are summed once, when the transaction commits, and not when they are added too.

An item recorded as settled already stands at what its legs leave open; the promise of 0006 holds it against them at the
end. Whoever adds those legs names the promises of this transaction that they keep (`encours.promises_kept`), and their
items are left alone. An item that nothing had touched needs only the legs being added; all others recorded now are
brought to the sum of all their legs, as before.
"""

from django.db import migrations

LEGS = """
create or replace function ledger_apply_legs() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    wrong record;
    seen record;
    -- the items whose legs are held against what they were born with when the transaction commits
    promised int8multirange = coalesce((
        select range_agg(int8range(first_item_id, last_item_id, '[]')) from ledger_promise
        where id = any(string_to_array(nullif(current_setting('encours.promises_kept', true), ''), ',')::bigint[])
            and recorded_at = transaction_timestamp()), '{}');
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
           sum(g.strangers) as strangers, bool_or(g.has_old) as has_old, bool_or(g.has_first) as has_first,
           bool_or(g.has_more) as has_more
        into seen
        from (select a.allocation_id, sum(a.amount_minor) filter (where i.id is not null) as gap,
                     min(i.document_number) filter (where a.allocation_date < i.item_date) as early,
                     count(*) filter (where i.id is null or i.organisation_id <> a.organisation_id
                         or i.currency <> a.currency) as strangers,
                     bool_or(i.recorded_at <> transaction_timestamp()) as has_old,
                     bool_or(i.recorded_at = transaction_timestamp() and i.legs_first_date is null) as has_first,
                     bool_or(i.recorded_at = transaction_timestamp() and i.legs_first_date is not null
                         and not i.id <@ promised) as has_more
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
    if seen.has_more then
        update ledger_openitem i set
            open_minor = i.amount_minor + d.amount_minor,
            legs_first_date = d.first_date, legs_last_date = d.last_date,
            legs_first_at = transaction_timestamp(), legs_last_at = transaction_timestamp()
        from (select l.item_id, sum(l.amount_minor) as amount_minor, min(l.allocation_date) as first_date,
                max(l.allocation_date) as last_date
              from (select distinct organisation_id, item_id from added) a
              join ledger_allocationleg l on l.organisation_id = a.organisation_id and l.item_id = a.item_id
              group by 1) d
        where i.id = d.item_id and i.recorded_at = transaction_timestamp() and i.legs_first_date is not null
            and not i.id <@ promised
            and (i.open_minor, i.legs_first_date, i.legs_last_date)
                is distinct from (i.amount_minor + d.amount_minor, d.first_date, d.last_date);
    end if;
    if seen.has_old or seen.has_first then
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
            and (i.recorded_at <> transaction_timestamp() or i.legs_first_date is null);
    end if;
    return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_transfers")]
    operations = [
        # the function of before refuses the same rows, so going back needs no other words
        migrations.RunSQL(LEGS, migrations.RunSQL.noop)
    ]
