"""Row security of documents; only the mark of being current may change; customers never cross organisations."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

REFERENTS = """
create function invoices_check_documents() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.customer_id into wrong
        from (select distinct organisation_id, customer_id, entity_id from added) a
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        left join access_entity e on e.id = a.entity_id and e.organisation_id = a.organisation_id
        where c.id is null or e.id is null limit 1;
    if found then
        raise exception 'customer % or the entity is not of this organisation', wrong.customer_id
            using errcode = 'foreign_key_violation', constraint = 'invoices_document_referents';
    end if;
    return null;
end $$;
create trigger invoices_document_added after insert on invoices_document
    referencing new table as added for each statement execute function invoices_check_documents();
"""
DROP = "drop trigger invoices_document_added on invoices_document; drop function invoices_check_documents;"


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_initial"), ("core", "0001_roles"), ("customers", "0002_laws")]
    operations = [
        RowSecurity("invoices_document"),
        InsertOnly("invoices_document", updatable=("is_current",)),
        migrations.RunSQL(REFERENTS, DROP),
    ]
