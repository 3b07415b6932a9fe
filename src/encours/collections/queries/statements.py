"""The statements that load a slice of customers; `<in>` stands for the slice."""

CUSTOMERS = """
select id, number, segment_id, email, street <> '' and city <> '', is_natural_person, country,
       timezone, write_from, collector_id, sales_rep_id, success_owner_id
from customers_customer
where organisation_id = %(organisation)s and id <in> order by id
"""
# What was paid in advance (419) is money we hold, never a debt; what is still to be invoiced (418) is not owed yet.
KIND = "case when account like '419%%' then 'receipt' else kind end as kind"
ASKED = "not (open_minor > 0 and (account like '418%%' or account like '419%%'))"
OPEN_NOW = f"""
select customer_id, id, entity_id, document_number, instalment_number, instalment_count, item_date, due_date,
       currency, open_minor, {KIND}
from ledger_openitem
where organisation_id = %(organisation)s and customer_id <in> and open_minor <> 0 and item_date <= %(today)s
  and {ASKED}
order by customer_id, due_date, id
"""
OPEN_THEN = f"""
select * from (
    select customer_id, id, entity_id, document_number, instalment_number, instalment_count, item_date, due_date,
           currency,
           case when legs_last_date is null or legs_last_date <= %(today)s then open_minor
                when legs_first_date > %(today)s then amount_minor
                else amount_minor + (select coalesce(sum(l.amount_minor), 0)::bigint from ledger_allocationleg l
                                     where l.organisation_id = %(organisation)s and l.item_id = i.id
                                       and l.allocation_date <= %(today)s)
           end as open_minor, {KIND}, account
    from ledger_openitem i
    where organisation_id = %(organisation)s and customer_id <in> and item_date <= %(today)s
      and (open_minor <> 0 or legs_last_date > %(today)s)
) then_open where open_minor <> 0 and {ASKED}
order by customer_id, due_date, id
"""
# Only of documents that are still open: years of history do not slow a run down. The latest step is picked in Python,
# because sorting by document number under a language's collation costs more than all else.
STEPS_LEFT = """
select h.customer_id, h.entity_id, h.document_number, h.instalment_number, h.item_id, h.id,
       h.offset_days, h.scenario_id, h.step_position, h.step_days, h.left_date, h.deadline_days, h.step_key
from collections_reminderitem h
where h.organisation_id = %(organisation)s and h.customer_id <in> and h.has_left and not h.is_thanks
  and h.step_position is not null and h.left_date <= %(today)s + 7 and not (h.reminder_id = any(%(ignored)s))
"""
HISTORY = f"""{STEPS_LEFT}
  and exists (select from ledger_openitem o
              where o.organisation_id = %(organisation)s and o.customer_id <in>
                and (o.open_minor <> 0 or o.legs_last_date > %(today)s)
                and o.customer_id = h.customer_id and o.document_number = h.document_number)
"""
CONTACTS = """
select customer_id, name, role, email, language, is_primary, bounced_at is not null,
       opted_out_at is not null or 'email' = any(opted_out_channels), phone, opted_out_channels
from customers_contact
where organisation_id = %(organisation)s and customer_id <in>
  and (valid_from is null or valid_from <= %(today)s) and (valid_until is null or valid_until >= %(today)s)
order by customer_id, is_primary desc, id
"""
# What people said of an item stands for its correction too: the same instalment of the same document, posted again.
NOW_ITEM = """coalesce((select n.id from ledger_openitem o
    join ledger_openitem r on r.organisation_id = o.organisation_id and r.reverses_id = o.id
    join ledger_openitem n on n.organisation_id = o.organisation_id and n.entity_id = o.entity_id
      and n.customer_id = coalesce((select c.merged_into_id from customers_customer c where c.id = o.customer_id),
                                   o.customer_id)
      and n.document_number = o.document_number and n.kind = o.kind
      and n.instalment_number = o.instalment_number and n.id > o.id
    where o.id = x.item_id and o.organisation_id = x.organisation_id order by n.id desc limit 1), x.item_id)"""
DISPUTES = f"""
select x.customer_id, x.document_number, {NOW_ITEM}, x.amount_minor, x.entity_id
from disputes_dispute x
where organisation_id = %(organisation)s and customer_id <in>
  and (closed_date is null or closed_date > %(today)s) and opened_date <= %(today)s
order by id
"""
PAUSES = f"""
select x.customer_id, {NOW_ITEM}, x.reason, x.until_date, x.author_name from collections_pause x
where organisation_id = %(organisation)s and customer_id <in> and (ended_date is null or ended_date > %(today)s)
  and start_date <= %(today)s and (until_date is null or until_date >= %(today)s)
order by id
"""
PROMISES = f"""
select x.customer_id, x.id, x.series, {NOW_ITEM}, x.promised_date, x.currency, x.amount_minor
from collections_promise x
where x.organisation_id = %(organisation)s and x.customer_id <in>
  and (x.promised_date >= %(today)s or (x.series <> '' and x.promised_date >= %(today)s - 365))
  and x.made_date <= %(today)s and x.withdrawn_date is null
order by x.id
"""
# One contact a day and company, however many invoices it was split over; other messages, by whatever channel and
# already when they are about to leave, count one by one.
SENT = """
select r.customer_id, r.send_date, r.entity_id, null::bigint from collections_reminder r
where r.organisation_id = %(organisation)s and r.customer_id <in> and r.outcome = 'due' and r.message_key <> ''
  and r.send_date >= %(since)s and r.decided_date <= %(today)s and not (r.id = any(%(ignored)s))
  and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
union
select m.customer_id, (m.state_at at time zone %(zone)s)::date, null, m.id from messaging_message m
where m.organisation_id = %(organisation)s and m.customer_id <in> and m.kind not in ('reminder', 'test')
  and m.state not in ('', 'cancelled', 'refused')
  and m.state_at between %(since)s and %(now)s
union
select k.customer_id, k.call_date, null, -k.id from collections_call k
where k.organisation_id = %(organisation)s and k.customer_id <in> and k.call_date between %(since)s and %(today)s
  and k.outcome not in ('no_answer', 'wrong_number')
order by 1, 2
"""
# Money on the bank that is more likely than not this customer's, and that nobody has matched yet.
WAITING = """
select w.customer_id, w.currency, w.amount_minor,
       array(select (a ->> 'item_id')::bigint from jsonb_array_elements(w.proposal -> 'allocations') a)
from matching_linework w
where w.organisation_id = %(organisation)s and w.customer_id <in> and w.state in ('waiting', 'proposed', 'returned')
  and w.state <> 'returned' and w.amount_minor > 0 and w.probability_ppm >= 500000 and w.booking_date <= %(today)s
order by w.id
"""
EXCLUSIONS = f"""
select x.customer_id, x.step_key, {NOW_ITEM} from collections_exclusion x
where organisation_id = %(organisation)s and customer_id <in> and undone_at is null
"""
OWN = """
select distinct on (customer_id) customer_id, scenario_id, is_inherited, entry, entry_step,
       (recorded_at at time zone %(zone)s)::date
from collections_scenarioassignment
where organisation_id = %(organisation)s and customer_id <in> order by customer_id, id desc
"""
UNREAD = """
select customer_id, count(*) from messaging_reply
where organisation_id = %(organisation)s and customer_id <in> and freed_at is null and received_at <= %(now)s group by 1
"""
SETTLED = """
select i.customer_id, i.id, i.entity_id, i.document_number, i.instalment_number, i.instalment_count, i.item_date,
       i.due_date, i.currency, i.open_minor, i.legs_last_date, i.amount_minor
from ledger_openitem i
where i.organisation_id = %(organisation)s and i.customer_id <in> and i.open_minor = 0
  and i.id in (select c.item_id from collections_reminderitem c
               where c.organisation_id = %(organisation)s and c.customer_id <in> and c.has_left and not c.is_thanks
                 and c.step_days > 0 and c.left_date between %(history)s and %(today)s)
  and i.legs_last_date between %(recent)s and %(today)s
  and not exists (select from ledger_openitem v
                  where v.organisation_id = i.organisation_id and v.reverses_id = i.id)
  and not exists (select from collections_reminderitem t
                  where t.organisation_id = %(organisation)s and t.customer_id = i.customer_id
                    and t.document_number = i.document_number and t.has_left and t.is_thanks
                    and not (t.reminder_id = any(%(ignored)s)))
  and exists (select from ledger_allocationleg l
              join ledger_allocationleg o on o.organisation_id = l.organisation_id and o.allocation_id = l.allocation_id
              join ledger_openitem r on r.id = o.item_id and r.kind = 'receipt'
              where l.organisation_id = %(organisation)s and l.item_id = i.id
                and not exists (select from ledger_allocation u
                                where u.organisation_id = l.organisation_id and u.reverses_id = l.allocation_id)
                and not exists (select from ledger_allocation u
                                where u.id = l.allocation_id and u.reverses_id is not null))
order by 1, 2
"""
