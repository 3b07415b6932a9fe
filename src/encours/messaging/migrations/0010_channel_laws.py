"""The laws of the channels: letters are printed, nothing of any channel leaves a sandbox, reports are only added to."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

STATES = """
create or replace function messaging_may_follow(before text, after text) returns boolean language sql immutable as $$
    select (before, after) in (
        ('', 'queued'),
        ('queued', 'rendered'), ('queued', 'held'), ('queued', 'refused'), ('queued', 'cancelled'),
        ('held', 'queued'), ('held', 'rendered'), ('held', 'held'), ('held', 'refused'), ('held', 'cancelled'),
        ('rendered', 'handing_over'), ('rendered', 'caught'), ('rendered', 'held'), ('rendered', 'failed'),
        ('rendered', 'refused'), ('rendered', 'cancelled'),
        ('failed', 'handing_over'), ('failed', 'caught'), ('failed', 'held'), ('failed', 'failed'),
        ('failed', 'refused'), ('failed', 'cancelled'),
        ('handing_over', 'sent'), ('handing_over', 'failed'), ('handing_over', 'refused'),
        ('handing_over', 'in_doubt'),
        ('in_doubt', 'sent'), ('in_doubt', 'rendered'), ('in_doubt', 'failed'), ('in_doubt', 'refused'),
        ('in_doubt', 'cancelled'),
        ('refused', 'rendered')
        {printed}
    )
$$;
create or replace function messaging_enter_state() returns trigger language plpgsql as $$
declare
    current text;
    way text;
begin
    select state, channel into current, way from messaging_message
        where id = new.message_id and organisation_id = new.organisation_id for update;
    if not found then
        raise exception 'message % is not of this organisation', new.message_id
            using errcode = 'foreign_key_violation', constraint = 'messaging_event_message';
    end if;
    if not messaging_may_follow(current, new.state) then
        raise exception 'message % is %, it cannot become %', new.message_id, current, new.state
            using errcode = 'check_violation', constraint = 'messaging_event_may_follow';
    end if;
    {paper}
    if new.state in ('handing_over', 'printed') then
        perform from access_organisation where id = new.organisation_id and sandbox;
        if found then
            raise exception 'the organisation is in its sandbox: no message can leave'
                using errcode = 'check_violation', constraint = 'messaging_event_sandbox';
        end if;
    end if;
    update messaging_message set state = new.state, state_at = new.at, due_at = new.due_at,
            attempts = greatest(attempts, new.attempt)
        where id = new.message_id;
    return new;
end $$;
"""
PRINTED = ", ('rendered', 'printed'), ('printed', 'sent'), ('printed', 'rendered'), ('printed', 'cancelled')"
# what is on paper is printed and posted by a person, all else is handed over by a worker
PAPER = """
    if (new.state = 'printed' and way not in ('letter', 'registered_letter'))
        or (new.state = 'handing_over' and way in ('letter', 'registered_letter')) then
        raise exception 'message % goes by %, it cannot become %', new.message_id, way, new.state
            using errcode = 'check_violation', constraint = 'messaging_event_channel';
    end if;
"""

BELONGS = """
create function messaging_check_reports() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.message_id into wrong from added a
        left join messaging_message m on m.id = a.message_id and m.organisation_id = a.organisation_id
        where m.id is null or (a.proof is not null and a.proof_sha256 <> sha256(a.proof)) limit 1;
    if found then
        raise exception 'a report on message % is of another organisation or damaged', wrong.message_id
            using errcode = 'foreign_key_violation', constraint = 'messaging_report_belongs';
    end if;
    return null;
end $$;
create trigger messaging_report_added after insert on messaging_messagereport
    referencing new table as added for each statement execute function messaging_check_reports();

create function messaging_check_prints() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.message_id into wrong from added a
        left join messaging_message m on m.id = a.message_id and m.organisation_id = a.organisation_id
        left join messaging_printbatch b on b.id = a.batch_id and b.organisation_id = a.organisation_id
        where m.id is null or b.id is null limit 1;
    if found then
        raise exception 'a print of message % is of another organisation', wrong.message_id
            using errcode = 'foreign_key_violation', constraint = 'messaging_print_belongs';
    end if;
    return null;
end $$;
create trigger messaging_print_added after insert on messaging_printedletter
    referencing new table as added for each statement execute function messaging_check_prints();
"""

DROP = """
drop trigger messaging_report_added on messaging_messagereport;
drop function messaging_check_reports();
drop trigger messaging_print_added on messaging_printedletter;
drop function messaging_check_prints();
"""


def laws(*, printed: str, paper: str) -> str:
    """The two functions, with or without what concerns paper."""
    return STATES.replace("{printed}", printed).replace("{paper}", paper)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0009_channels"), ("core", "0001_roles")]
    operations = [
        migrations.RunSQL(laws(printed=PRINTED, paper=PAPER) + BELONGS, DROP + laws(printed="", paper="")),
        RowSecurity("messaging_gateway"),
        RowSecurity("messaging_printbatch"),
        RowSecurity("messaging_printedletter"),
        RowSecurity("messaging_messagereport"),
        RowSecurity("messaging_oauthclient"),
        RowSecurity("messaging_mailprovider"),
        InsertOnly("messaging_printbatch"),
        InsertOnly("messaging_printedletter"),
        InsertOnly("messaging_messagereport"),
    ]
