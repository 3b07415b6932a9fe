"""What is past its term is let go as the row that says so is added: its trigger knows term, holds and open claims."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from encours.core.database import APPLICATION_ROLE, SETTING, InsertOnly, RowSecurity

# Which exchanges are past their term: older than `before`, older than anything the customer still owes, under no hold.
# A mail that was never filed with a customer has only its age.
PAST_TERM = """
create function privacy_past_term(of_organisation bigint, before timestamptz)
    returns table (kind text, row_id bigint, customer_id bigint)
    language sql stable set search_path = public, pg_temp as $$
    with family as (
        select c.id, coalesce(c.merged_into_id, c.id) as head from customers_customer c
        where c.organisation_id = of_organisation
    ), held as (
        select f.head from privacy_legalhold h join family f on f.id = h.customer_id
        where h.organisation_id = of_organisation and h.ended_date is null
    ), owed as (
        select f.head, min(i.item_date) as since from ledger_openitem i join family f on f.id = i.customer_id
        where i.organisation_id = of_organisation and i.open_minor <> 0 group by f.head
    ), allowed as (
        select f.id, least(before, o.since::timestamptz) as until from family f left join owed o on o.head = f.head
        where not exists (select from held where held.head = f.head)
    )
    select 'message', m.id, m.customer_id from messaging_message m join allowed a on a.id = m.customer_id
    where m.organisation_id = of_organisation and m.created_at < a.until and m.context <> '{}'
        and m.state in ('sent', 'caught', 'refused', 'cancelled')
    union all
    select 'answer', r.id, r.customer_id from messaging_reply r join allowed a on a.id = r.customer_id
    where r.organisation_id = of_organisation and r.received_at < a.until and (r.text <> '' or r.from_email <> '')
    union all
    select 'mail', i.id, i.customer_id from messaging_inboundmail i left join allowed a on a.id = i.customer_id
    where i.organisation_id = of_organisation and octet_length(i.raw) > 0
        and i.received_at < case when i.customer_id is null then before else a.until end
    union all
    select 'call', c.id, c.customer_id from collections_call c join allowed a on a.id = c.customer_id
    where c.organisation_id = of_organisation and c.called_at < a.until
        and (c.note <> '' or c.phone <> '' or c.contact_name <> '')
    union all
    select 'note', n.id, n.customer_id from customers_note n join allowed a on a.id = n.customer_id
    where n.organisation_id = of_organisation and n.recorded_at < a.until and n.text <> ''
    union all
    select 'reminder', r.id, r.customer_id from collections_reminder r join allowed a on a.id = r.customer_id
    where r.organisation_id = of_organisation and r.decided_at < a.until
        and r.recipients <> '{}' and r.recipients <> '{"to": [], "cc": []}'
$$;
"""
# The rows stay with their days, states and hashes; the words and the names go. Only triggers run as the owner, so what
# asks for it is the row that tells of it: there is no letting go without a trace, and no trace without letting go.
LET_GO = f"""
create function privacy_let_go() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    gone jsonb;
    of_organisation bigint = new.organisation_id;
    -- the day's own beginning, wherever on earth the reader is
    before timestamptz = (new.before_date::timestamp at time zone 'UTC') - interval '14 hours';
begin
    if of_organisation is distinct from nullif(current_setting('{SETTING}', true), '')::bigint then
        raise exception 'another organisation is bound' using errcode = 'insufficient_privilege';
    end if;
    if before > now() - interval '5 years' then
        raise exception 'exchanges are kept for five years'
            using errcode = 'check_violation', constraint = 'privacy_let_go_term';
    end if;
    drop table if exists privacy_going;
    create temporary table privacy_going on commit drop as select * from privacy_past_term(of_organisation, before);
    create index on privacy_going (kind, row_id);
    analyze privacy_going;
    select coalesce(jsonb_object_agg(g.kind, g.number), '{{}}') into gone
        from (select kind, count(*) as number from privacy_going group by kind) g;

    update messaging_messagecontent x set raw = '', recipients = '[]', subject = ''
        from privacy_going g where g.kind = 'message' and x.message_id = g.row_id;
    update messaging_messageattachment x set content = '', name = ''
        from privacy_going g where g.kind = 'message' and x.message_id = g.row_id;
    update messaging_messagereport x set recipient = '', detail = '{{}}', proof = null, proof_name = ''
        from privacy_going g where g.kind = 'message' and x.message_id = g.row_id;
    update messaging_messageevent x set detail = '{{}}'
        from privacy_going g where g.kind = 'message' and x.message_id = g.row_id;
    update messaging_message x set context = '{{}}', "to" = '[]', cc = '[]'
        from privacy_going g where g.kind = 'message' and x.id = g.row_id;

    update messaging_judgement x set sentence = '' from messaging_understanding u, privacy_going g
        where x.understanding_id = u.id
          and (g.kind, g.row_id) in (('answer', u.reply_id), ('mail', u.mail_id));
    update messaging_understanding x set quote = '', fields = '{{}}', intents = '[]'
        from privacy_going g where (g.kind, g.row_id) in (('answer', x.reply_id), ('mail', x.mail_id));
    update conversation_proposal x set quote = '', fields = '{{}}', decision = '{{}}'
        from privacy_going g where (g.kind, g.row_id) in (('answer', x.reply_id), ('mail', x.mail_id));
    update conversation_answer x set to_email = '' from privacy_going g
        where g.kind = 'answer' and x.reply_id = g.row_id;
    update conversation_bankchange x set quote = '', ibans = '[]', called_number = '', called_name = ''
        from privacy_going g where (g.kind, g.row_id) in (('answer', x.reply_id), ('mail', x.mail_id));
    update messaging_mailattachment x set name = '' from privacy_going g
        where g.kind = 'mail' and x.mail_id = g.row_id;
    update messaging_inboundmail x set raw = '', from_email = '', subject = '' from privacy_going g
        where g.kind = 'mail' and x.id = g.row_id;
    update messaging_reply x set text = '', subject = '', from_email = '', from_name = '' from privacy_going g
        where g.kind = 'answer' and x.id = g.row_id;

    update collections_call x set note = '', phone = '', contact_name = '' from privacy_going g
        where g.kind = 'call' and x.id = g.row_id;
    update customers_note x set text = '' from privacy_going g where g.kind = 'note' and x.id = g.row_id;
    update collections_reminder x set recipients = '{{"to": [], "cc": []}}' from privacy_going g
        where g.kind = 'reminder' and x.id = g.row_id;
    -- what colleagues were told of these exchanges
    update messaging_staffmail x set text = '', subject = '', email = ''
        where x.organisation_id = of_organisation and x.recorded_at < before and x.text <> '';
    update team_notification x set text = '', title = '-'
        where x.organisation_id = of_organisation and x.told_at < before and x.title <> '-';
    drop table privacy_going;
    new.counts = new.counts || gone;
    return new;
end $$;
create trigger privacy_purge_lets_go before insert on privacy_purge
    for each row execute function privacy_let_go();
"""
# The product still changes a message by its events alone; the owner's trigger may empty it.
GUARD = """
create or replace function messaging_only_events_change() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2 {unless} then
        raise exception 'the state of message % changes by its events alone', old.id
            using errcode = 'check_violation', constraint = 'messaging_message_by_events';
    end if;
    return new;
end $$;
"""
DROP = """
drop trigger privacy_purge_lets_go on privacy_purge;
drop function privacy_let_go();
drop function privacy_past_term(bigint, timestamptz);
"""
ORGANISATION = {
    "db_constraint": False,
    "db_index": False,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": "access.organisation",
}
ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_apicall"),
        ("privacy", "0002_laws"),
        ("messaging", "0014_staff_mail"),
        ("conversation", "0002_laws"),
        ("collections", "0010_upkeep"),
        ("customers", "0007_notes_on_things"),
        ("ledger", "0015_legs_of_promised_items"),
        ("team", "0003_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionPolicy",
            fields=[
                ("id", ID),
                ("lets_go_by_night", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("organisation", models.ForeignKey(**ORGANISATION)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organisation",), name="privacy_retention_policy_one")]
            },
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("id", ID),
                ("before_date", models.DateField()),
                ("counts", models.JSONField(default=dict)),
                ("author_name", models.CharField(max_length=200)),
                ("purged_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow())),
                ("organisation", models.ForeignKey(**ORGANISATION)),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "-id"], name="privacy_purge_latest")],
            },
        ),
        RowSecurity("privacy_retentionpolicy"),
        RowSecurity("privacy_purge"),
        InsertOnly("privacy_purge"),
        migrations.RunSQL(PAST_TERM + LET_GO, DROP),
        migrations.RunSQL(
            GUARD.format(unless=f"and current_user = '{APPLICATION_ROLE}'"),
            GUARD.format(unless=""),
        ),
    ]
