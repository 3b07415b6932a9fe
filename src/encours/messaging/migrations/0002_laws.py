"""The laws of messages, kept by PostgreSQL: only added to, one way through their states, nothing out of a sandbox."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

STATES = """
create function messaging_may_follow(before text, after text) returns boolean language sql immutable as $$
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
    )
$$;
create function messaging_enter_state() returns trigger language plpgsql as $$
declare current text;
begin
    select state into current from messaging_message
        where id = new.message_id and organisation_id = new.organisation_id for update;
    if not found then
        raise exception 'message % is not of this organisation', new.message_id
            using errcode = 'foreign_key_violation', constraint = 'messaging_event_message';
    end if;
    if not messaging_may_follow(current, new.state) then
        raise exception 'message % is %, it cannot become %', new.message_id, current, new.state
            using errcode = 'check_violation', constraint = 'messaging_event_may_follow';
    end if;
    if new.state = 'handing_over' then
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
create trigger messaging_event_enters before insert on messaging_messageevent
    for each row execute function messaging_enter_state();
"""

# The product may lock a message, which PostgreSQL allows only to those who may update it; it may not write it so.
GUARD = """
create function messaging_only_events_change() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2 then
        raise exception 'the state of message % changes by its events alone', old.id
            using errcode = 'check_violation', constraint = 'messaging_message_by_events';
    end if;
    return new;
end $$;
create trigger messaging_message_guard before update on messaging_message
    for each row execute function messaging_only_events_change();
"""

BELONGS = """
create function messaging_check_messages() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.key into wrong from added a
        left join customers_customer c on c.id = a.customer_id and c.organisation_id = a.organisation_id
        left join messaging_templateversion v on v.id = a.template_version_id
            and v.organisation_id = a.organisation_id
        where c.id is null or v.id is null or a.state <> '' limit 1;
    if found then
        raise exception 'message % names a customer or a template of another organisation', wrong.key
            using errcode = 'foreign_key_violation', constraint = 'messaging_message_belongs';
    end if;
    return null;
end $$;
create trigger messaging_message_added after insert on messaging_message
    referencing new table as added for each statement execute function messaging_check_messages();

create function messaging_check_contents() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.message_id into wrong from added a
        left join messaging_message m on m.id = a.message_id and m.organisation_id = a.organisation_id
        where m.id is null or a.sha256 <> sha256(a.raw) limit 1;
    if found then
        raise exception 'content of message % is of another organisation or damaged', wrong.message_id
            using errcode = 'foreign_key_violation', constraint = 'messaging_content_belongs';
    end if;
    return null;
end $$;
create trigger messaging_content_added after insert on messaging_messagecontent
    referencing new table as added for each statement execute function messaging_check_contents();
"""

DROP = """
drop trigger messaging_event_enters on messaging_messageevent;
drop function messaging_enter_state();
drop function messaging_may_follow(text, text);
drop trigger messaging_message_guard on messaging_message;
drop function messaging_only_events_change();
drop trigger messaging_message_added on messaging_message;
drop function messaging_check_messages();
drop trigger messaging_content_added on messaging_messagecontent;
drop function messaging_check_contents();
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), ("core", "0001_roles")]
    operations = [
        migrations.RunSQL(STATES + GUARD + BELONGS, DROP),
        RowSecurity("messaging_template"),
        RowSecurity("messaging_templateversion"),
        RowSecurity("messaging_mailaccount"),
        RowSecurity("messaging_message"),
        RowSecurity("messaging_messagecontent"),
        RowSecurity("messaging_messageevent"),
        RowSecurity("messaging_suppression"),
        RowSecurity("messaging_channelswitch"),
        InsertOnly("messaging_templateversion"),
        InsertOnly("messaging_message", updatable=("state", "state_at", "due_at", "attempts")),
        InsertOnly("messaging_messagecontent"),
        InsertOnly("messaging_messageevent"),
    ]
