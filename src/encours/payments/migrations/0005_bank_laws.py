"""Row security of bank accounts, statements, lines and advices; what was read is insert-only."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

REFERENTS = """
create function payments_check_bank_lines() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.account_id into wrong
        from (select distinct organisation_id, account_id, entity_id, statement_id from added) a
        left join payments_bankaccount c on c.id = a.account_id and c.organisation_id = a.organisation_id
            and c.entity_id = a.entity_id
        left join payments_statement s on s.id = a.statement_id and s.organisation_id = a.organisation_id
            and s.account_id = a.account_id
        where c.id is null or (a.statement_id is not null and s.id is null) limit 1;
    if found then
        raise exception 'bank account % or the statement is not of this organisation', wrong.account_id
            using errcode = 'foreign_key_violation', constraint = 'payments_bankline_referents';
    end if;
    return null;
end $$;
create trigger payments_bankline_added after insert on payments_bankline
    referencing new table as added for each statement execute function payments_check_bank_lines();
create function payments_check_advices() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.id into wrong from added a
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        left join access_entity e on e.id = a.entity_id and e.organisation_id = a.organisation_id
        left join payments_bankline b on b.id = a.bank_line_id and b.organisation_id = a.organisation_id
        where (a.customer_id is not null and c.id is null) or (a.entity_id is not null and e.id is null)
            or (a.bank_line_id is not null and b.id is null) limit 1;
    if found then
        raise exception 'advice % names a customer, an entity or a bank line of another organisation', wrong.id
            using errcode = 'foreign_key_violation', constraint = 'payments_advice_referents';
    end if;
    return null;
end $$;
create trigger payments_advice_added after insert on payments_remittanceadvice
    referencing new table as added for each statement execute function payments_check_advices();
create trigger payments_advice_changed after update on payments_remittanceadvice
    referencing new table as added for each statement execute function payments_check_advices();
"""
DROP = """
drop trigger payments_bankline_added on payments_bankline;
drop trigger payments_advice_added on payments_remittanceadvice;
drop trigger payments_advice_changed on payments_remittanceadvice;
drop function payments_check_bank_lines; drop function payments_check_advices;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_bank"), ("core", "0001_roles"), ("customers", "0002_laws")]
    operations = [
        RowSecurity("payments_bankaccount"),
        RowSecurity("payments_statement"),
        RowSecurity("payments_bankline"),
        RowSecurity("payments_remittanceadvice"),
        RowSecurity("payments_remittanceline"),
        InsertOnly("payments_statement"),
        InsertOnly("payments_bankline", updatable=("detail_count",)),
        InsertOnly("payments_remittanceadvice", updatable=("customer_id", "bank_line_id", "entity_id")),
        InsertOnly("payments_remittanceline"),
        migrations.RunSQL(REFERENTS, DROP),
    ]
