"""Row security of receipts, which are insert-only; customers never cross organisations."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

REFERENTS = """
create function payments_check_receipts() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.customer_id into wrong
        from (select distinct organisation_id, customer_id, entity_id from added) a
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        left join access_entity e on e.id = a.entity_id and e.organisation_id = a.organisation_id
        where c.id is null or e.id is null limit 1;
    if found then
        raise exception 'customer % or the entity is not of this organisation', wrong.customer_id
            using errcode = 'foreign_key_violation', constraint = 'payments_receipt_referents';
    end if;
    return null;
end $$;
create trigger payments_receipt_added after insert on payments_receipt
    referencing new table as added for each statement execute function payments_check_receipts();
"""
DROP = "drop trigger payments_receipt_added on payments_receipt; drop function payments_check_receipts;"


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("core", "0001_roles"), ("customers", "0002_laws")]
    operations = [
        RowSecurity("payments_receipt"),
        InsertOnly("payments_receipt"),
        migrations.RunSQL(REFERENTS, DROP),
    ]
