"""A decision may ask for an instalment of a payment plan, which has no open item: its id is negative then."""

from django.db import migrations

CHECK = """
create or replace function collections_check_reminder_items() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.item_id into wrong from added a
        left join ledger_openitem i on i.id = a.item_id and i.organisation_id = a.organisation_id
            and i.customer_id = a.customer_id and i.currency = a.currency
        where a.item_id > 0 and i.id is null limit 1;
    if not found then
        -- a plan may have been agreed with a customer that was merged since
        select a.item_id into wrong from added a
            left join plans_planinstalment n on n.id = -a.item_id and n.organisation_id = a.organisation_id
            left join plans_plan p on p.id = n.plan_id and p.organisation_id = a.organisation_id
                and p.currency = a.currency and p.number = a.document_number
            where a.item_id <= 0 and p.id is null limit 1;
    end if;
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
"""


class Migration(migrations.Migration):
    dependencies = [("collections", "0008_hold_outs"), ("plans", "0002_laws")]
    operations = [migrations.RunSQL(CHECK, migrations.RunSQL.noop)]
