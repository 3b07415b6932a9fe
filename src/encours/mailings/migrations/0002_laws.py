"""Row security of mailings, and that a recipient is of its campaign's organisation and decided once."""

from django.db import migrations

from encours.core.database import RowSecurity

LAWS = """
create function mailings_check_recipients() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.id into wrong from added a
        left join mailings_campaign g on g.id = a.campaign_id and g.organisation_id = a.organisation_id
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        where g.id is null or c.id is null limit 1;
    if found then
        raise exception 'recipient % names a campaign or a customer of another organisation', wrong.id
            using errcode = 'foreign_key_violation', constraint = 'mailings_recipient_belongs';
    end if;
    return null;
end $$;
create trigger mailings_recipient_added after insert on mailings_campaignrecipient
    referencing new table as added for each statement execute function mailings_check_recipients();

-- who was written to stays so, and who was left out is not written to after all
create function mailings_recipient_once() returns trigger language plpgsql as $$
begin
    if old.state <> 'waiting' and (new.state, new.message_id) is distinct from (old.state, old.message_id) then
        raise exception 'customer % of campaign % is decided', old.customer_id, old.campaign_id
            using errcode = 'check_violation', constraint = 'mailings_recipient_decided';
    end if;
    return new;
end $$;
create trigger mailings_recipient_decided before update on mailings_campaignrecipient
    for each row execute function mailings_recipient_once();
"""
DROP = """
drop trigger mailings_recipient_added on mailings_campaignrecipient;
drop function mailings_check_recipients();
drop trigger mailings_recipient_decided on mailings_campaignrecipient;
drop function mailings_recipient_once();
"""


class Migration(migrations.Migration):
    dependencies = [("mailings", "0001_initial"), ("core", "0001_roles")]
    operations = [
        migrations.RunSQL(LAWS, DROP),
        RowSecurity("mailings_statementschedule"),
        RowSecurity("mailings_campaign"),
        RowSecurity("mailings_campaignrecipient"),
    ]
