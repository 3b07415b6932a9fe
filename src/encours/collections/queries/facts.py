"""Load what the rules look at: a few set-based queries for each slice of customers, never one per customer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any

from django.db import connection

from encours.access.models import Organisation
from encours.collections.models import Scenario, ScenarioAssignment, ScenarioVersion, SendingPolicy
from encours.collections.queries.promised import covered
from encours.collections.rules.calendar import SendingCalendar, local_day, next_sending_instant
from encours.collections.rules.defaults import standard_name, standard_steps
from encours.collections.rules.facts import (
    Address,
    Credit,
    CustomerFacts,
    DisputeFact,
    Instalment,
    LastStep,
    PauseFact,
    Policy,
    PromiseFact,
    RunFacts,
    Settled,
    WaitingMoney,
)
from encours.collections.rules.steps import EntryChoice, Grouping, Plan, read_steps
from encours.core.dates import BusinessCalendar
from encours.core.errors import Refused, gettext_noop
from encours.customers.queries import merged
from encours.ledger import queries as ledger
from encours.messaging.models import Suppression

_ANY_CALENDAR = SendingCalendar()
_NOT_YET = 0
SLICE_SIZE = 5_000
CHASED = frozenset({"invoice", "debit_note", "deposit"})
CREDITS = frozenset({"receipt", "credit_note"})
THANKED_DAYS = 10
HISTORY_DAYS = 60
_WEEKS_BACK = timedelta(days=30)


class SettingsMissing(Refused):
    """The organisation does not exist for this connection."""

    message = gettext_noop("There is no such organisation.")


@dataclass(frozen=True)
class Assignments:
    """Which plan applies to whom, resolved once a run: the customer's own, else its segment's, else the default."""

    plans: Mapping[int, Plan]
    by_segment: Mapping[int, ScenarioAssignment]
    default: ScenarioAssignment | None


@dataclass(frozen=True)
class Book:
    """What a slice of customers is read against."""

    organisation_id: int
    today: date
    now: datetime
    assignments: Assignments
    # some allocation is dated later: what was open that day is reckoned from the legs
    is_past: bool = False
    # addresses nobody writes to any more, in lower case, and why
    suppressed: Mapping[str, str] = field(default_factory=dict)
    # decisions whose own traces are not to count, when they are looked at again before they leave
    ignored_reminder_ids: tuple[int, ...] = ()
    # who was merged, and into whom: what was said to and by a duplicate holds for the customer it became
    merged: Mapping[int, int] = field(default_factory=dict)


@dataclass
class _Slice:
    """The rows of one slice of customers, by customer."""

    items: dict[int, list[Instalment]] = field(default_factory=dict)
    credits: dict[int, list[Credit]] = field(default_factory=dict)
    waiting: dict[int, list[WaitingMoney]] = field(default_factory=dict)
    contacts: dict[int, list[Address]] = field(default_factory=dict)
    disputes: dict[int, list[DisputeFact]] = field(default_factory=dict)
    pauses: dict[int, list[PauseFact]] = field(default_factory=dict)
    promises: dict[int, list[PromiseFact]] = field(default_factory=dict)
    settled: dict[int, list[Settled]] = field(default_factory=dict)
    dates: dict[int, list[date]] = field(default_factory=dict)
    exclusions: dict[int, set[tuple[str, int | None]]] = field(default_factory=dict)
    own: dict[int, tuple[int | None, bool, str]] = field(default_factory=dict)
    unread: dict[int, int] = field(default_factory=dict)


def policy_of(organisation_id: int) -> SendingPolicy:
    """The organisation's sending policy, the usual one where none was set."""
    found = SendingPolicy.objects.filter(organisation_id=organisation_id).first()
    return found or SendingPolicy(organisation_id=organisation_id)


def calendar_of(policy: SendingPolicy) -> SendingCalendar:
    """When messages may leave under the policy."""
    return SendingCalendar(
        weekdays=frozenset(policy.weekdays),
        opens_at=policy.opens_at,
        closes_at=policy.closes_at,
        timezone=policy.timezone,
        calendar=BusinessCalendar(policy.country, policy.holiday_region),
        silent_periods=tuple(
            (date.fromisoformat(first), date.fromisoformat(last)) for first, last in policy.silent_periods
        ),
    )


def run_facts(
    organisation_id: int,
    *,
    today: date,
    now: datetime,
    set_aside: Mapping[str, str] | None = None,
    is_confirmed: bool = False,
) -> RunFacts:
    """What is the same for every customer of a run on that day."""
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise SettingsMissing()
    policy = policy_of(organisation_id)
    calendar = calendar_of(policy)
    send_after = next_sending_instant(now, calendar)
    return RunFacts(
        today=today,
        policy=Policy(calendar, policy.contact_delay_days, policy.weekly_cap, policy.bank_age_days_max),
        send_after=send_after,
        send_on=max(today, local_day(send_after, calendar)),
        bank_known=bank_known(organisation_id, today=today, stated=policy.bank_known_date),
        sandbox=organisation.sandbox,
        set_aside=set_aside or {},
        is_confirmed=is_confirmed,
    )


def bank_known(organisation_id: int, *, today: date, stated: date | None) -> dict[int, date | None]:
    """For each company, the day up to which its money is known: by bank statements, payments, or a person's word."""
    stated = stated if stated is not None and stated <= today else None
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select e.id, greatest(%s::date, (
                select r.received_date from payments_receipt r
                where r.organisation_id = e.organisation_id and r.entity_id = e.id and r.received_date <= %s
                order by r.received_date desc limit 1), (
                select max(least(s.to_date, %s)) from payments_statement s
                join payments_bankaccount a on a.id = s.account_id and a.organisation_id = s.organisation_id
                where s.organisation_id = e.organisation_id and a.entity_id = e.id))
            from access_entity e where e.organisation_id = %s
            """,
            [stated, today, today, organisation_id],
        )
        return dict(cursor.fetchall())


def plan_of(version: ScenarioVersion, name: str) -> Plan:
    """A published version as the rules read it."""
    return Plan(
        scenario_id=version.scenario_id,
        version_id=version.pk,
        name=name,
        steps=read_steps(version.steps),
        grouping=Grouping(version.grouping),
        entry=EntryChoice(version.entry),
    )


def plans(organisation_id: int) -> dict[int, Plan]:
    """The version in force of each scenario that is not archived."""
    versions = (
        ScenarioVersion.objects.filter(organisation_id=organisation_id, scenario__archived_at__isnull=True)
        .select_related("scenario")
        .order_by("scenario_id", "-number")
        .distinct("scenario_id")
    )
    return {version.scenario_id: plan_of(version, version.scenario.name) for version in versions}


def assignments(organisation_id: int) -> Assignments:
    """The assignments in force, without the customers' own, which come with their slice."""
    rows = ScenarioAssignment.objects.filter(organisation_id=organisation_id, customer__isnull=True).order_by("pk")
    by_segment = {row.segment_id: row for row in rows}
    default = by_segment.pop(None, None)
    if default is None and not by_segment and not Scenario.objects.filter(organisation_id=organisation_id).exists():
        return _standard(organisation_id)
    kept = {segment: row for segment, row in by_segment.items() if segment is not None and not row.is_inherited}
    return Assignments(plans(organisation_id), kept, default)


def _standard(organisation_id: int) -> Assignments:
    """What the first run will install, so that a dry run before it tells the truth."""
    language = Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)
    plan = Plan(_NOT_YET, _NOT_YET, standard_name(language), standard_steps(language))
    return Assignments({_NOT_YET: plan}, {}, ScenarioAssignment(scenario_id=_NOT_YET))


def book_of(organisation_id: int, *, today: date, now: datetime, ignored_reminder_ids: Sequence[int] = ()) -> Book:
    """The organisation's book as the rules read it on a day."""
    suppressed = Suppression.objects.filter(organisation_id=organisation_id).values_list("email", "reason")
    return Book(
        organisation_id=organisation_id,
        today=today,
        now=now,
        assignments=assignments(organisation_id),
        is_past=ledger.has_allocations_after(organisation_id, today),
        suppressed={email.lower(): reason for email, reason in suppressed},
        ignored_reminder_ids=tuple(ignored_reminder_ids),
        merged=merged(organisation_id),
    )


NEVER_LEFT = """
select r.id from messaging_message m
join collections_reminder r on r.organisation_id = m.organisation_id and r.message_key = m.key
  and r.id = substring(m.key from '^reminder:([0-9]{1,18})$')::bigint
where m.organisation_id = %s and m.kind = 'reminder' and m.state in ('cancelled', 'refused')
  and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
order by r.id
"""


def never_left(organisation_id: int) -> list[int]:
    """The reminders whose message was cancelled or refused while their step still counts as taken."""
    with connection.cursor() as cursor:
        cursor.execute(NEVER_LEFT, [organisation_id])
        return [row[0] for row in cursor.fetchall()]


def customers(book: Book, *, ids: Sequence[int] | None = None) -> Iterator[CustomerFacts]:
    """The facts of each customer that has something to decide about, in the order of their ids."""
    known = _customer_ids(book.organisation_id, ids)
    for numbers in batched(known, SLICE_SIZE):
        where = _Where(book, list(numbers), is_whole=ids is None)
        yield from _facts(book, where)


class _Where:
    """The condition that picks a slice: a range of ids for the whole book, a list for a few customers."""

    def __init__(self, book: Book, ids: list[int], *, is_whole: bool) -> None:
        if is_whole:
            self.sql = "between %(first)s and %(last)s"
        else:
            self.sql = "= any(%(ids)s)"
        self.values: dict[str, Any] = {
            "organisation": book.organisation_id,
            "today": book.today,
            "first": ids[0],
            "last": ids[-1],
            "ids": None if is_whole else ids,
            "ignored": list(book.ignored_reminder_ids),
        }
        held = set(ids)
        self.kept_of = {duplicate: kept for duplicate, kept in book.merged.items() if kept in held}

    def rows(self, sql: str, **more: Any) -> list[tuple[Any, ...]]:
        """The rows of a query whose `<in>` stands for the slice."""
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("<in>", self.sql), {**self.values, **more})
            return list(cursor.fetchall())

    def rows_of_all(self, sql: str, *, of_duplicates: str = "", **more: Any) -> list[tuple[Any, ...]]:
        """The same with the rows of merged duplicates, under the customer (first column) they became."""
        found = self.rows(sql, **more)
        if self.kept_of:
            with connection.cursor() as cursor:
                cursor.execute(
                    (of_duplicates or sql).replace("<in>", "= any(%(duplicates)s)"),
                    {**self.values, **more, "duplicates": list(self.kept_of)},
                )
                found += [(self.kept_of[row[0]], *row[1:]) for row in cursor.fetchall()]
        return found


def _customer_ids(organisation_id: int, ids: Sequence[int] | None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from customers_customer where organisation_id = %s and (%s or id = any(%s)) order by id",
            [organisation_id, ids is None, list(ids or ())],
        )
        return [row[0] for row in cursor.fetchall()]


CUSTOMERS = """
select id, number, segment_id, email from customers_customer
where organisation_id = %(organisation)s and id <in> order by id
"""
# What was paid in advance (419) is money we hold, never a debt; what is still to be invoiced (418) is not owed yet.
_KIND = "case when account like '419%%' then 'receipt' else kind end as kind"
_ASKED = "not (open_minor > 0 and (account like '418%%' or account like '419%%'))"
OPEN_NOW = f"""
select customer_id, id, entity_id, document_number, instalment_number, instalment_count, item_date, due_date,
       currency, open_minor, {_KIND}
from ledger_openitem
where organisation_id = %(organisation)s and customer_id <in> and open_minor <> 0 and item_date <= %(today)s
  and {_ASKED}
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
           end as open_minor, {_KIND}, account
    from ledger_openitem i
    where organisation_id = %(organisation)s and customer_id <in> and item_date <= %(today)s
      and (open_minor <> 0 or legs_last_date > %(today)s)
) then_open where open_minor <> 0 and {_ASKED}
order by customer_id, due_date, id
"""
# Only of documents that are still open: years of history do not slow a run down. The latest step is picked in Python,
# because sorting by document number under a language's collation costs more than all else.
STEPS_LEFT = """
select h.customer_id, h.entity_id, h.document_number, h.instalment_number, h.item_id, h.id,
       h.offset_days, h.scenario_id, h.step_position, h.step_days, h.left_date, h.deadline_days
from collections_reminderitem h
where h.organisation_id = %(organisation)s and h.customer_id <in> and h.has_left and not h.is_thanks
  and h.left_date <= %(today)s + 7 and not (h.reminder_id = any(%(ignored)s))
"""
HISTORY = f"""{STEPS_LEFT}
  and exists (select from ledger_openitem o
              where o.organisation_id = %(organisation)s and o.customer_id <in>
                and (o.open_minor <> 0 or o.legs_last_date > %(today)s)
                and o.customer_id = h.customer_id and o.document_number = h.document_number)
"""
CONTACTS = """
select customer_id, name, role, email, language, is_primary, bounced_at is not null, opted_out_at is not null
from customers_contact
where organisation_id = %(organisation)s and customer_id <in>
order by customer_id, is_primary desc, id
"""
# What people said of an item stands for its correction too: the same instalment of the same document, posted again.
_NOW_ITEM = """coalesce((select n.id from ledger_openitem o
    join ledger_openitem r on r.organisation_id = o.organisation_id and r.reverses_id = o.id
    join ledger_openitem n on n.organisation_id = o.organisation_id and n.entity_id = o.entity_id
      and n.customer_id = coalesce((select c.merged_into_id from customers_customer c where c.id = o.customer_id),
                                   o.customer_id)
      and n.document_number = o.document_number and n.kind = o.kind
      and n.instalment_number = o.instalment_number and n.id > o.id
    where o.id = x.item_id and o.organisation_id = x.organisation_id order by n.id desc limit 1), x.item_id)"""
DISPUTES = f"""
select x.customer_id, x.document_number, {_NOW_ITEM}, x.amount_minor, x.entity_id
from disputes_dispute x
where organisation_id = %(organisation)s and customer_id <in>
  and (closed_date is null or closed_date > %(today)s) and opened_date <= %(today)s
order by id
"""
PAUSES = f"""
select x.customer_id, {_NOW_ITEM}, x.reason, x.until_date, x.author_name from collections_pause x
where organisation_id = %(organisation)s and customer_id <in> and (ended_date is null or ended_date > %(today)s)
  and start_date <= %(today)s and (until_date is null or until_date >= %(today)s)
order by id
"""
PROMISES = f"""
select x.customer_id, x.id, {_NOW_ITEM}, x.promised_date, x.currency, x.amount_minor
from collections_promise x
where x.organisation_id = %(organisation)s and x.customer_id <in> and x.promised_date >= %(today)s
  and x.made_date <= %(today)s and x.withdrawn_date is null
order by x.id
"""
# One contact a day and company, however many invoices it was split over; other messages count one by one.
SENT = """
select r.customer_id, r.send_date, r.entity_id, null::bigint from collections_reminder r
where r.organisation_id = %(organisation)s and r.customer_id <in> and r.outcome = 'due' and r.channel = 'email'
  and r.send_date >= %(since)s and r.decided_date <= %(today)s and not (r.id = any(%(ignored)s))
  and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
union
select m.customer_id, (m.state_at at time zone %(zone)s)::date, null, m.id from messaging_message m
where m.organisation_id = %(organisation)s and m.customer_id <in> and m.kind not in ('reminder', 'test')
  and (m.state in ('sent', 'caught', 'in_doubt', 'handing_over')
       or (m.kind = 'written' and m.state in ('queued', 'rendered')))
  and m.state_at between %(since)s and %(now)s
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
select x.customer_id, x.step_key, {_NOW_ITEM} from collections_exclusion x
where organisation_id = %(organisation)s and customer_id <in> and undone_at is null
"""
OWN = """
select distinct on (customer_id) customer_id, scenario_id, is_inherited, entry from collections_scenarioassignment
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


def _facts(book: Book, where: _Where) -> Iterator[CustomerFacts]:
    rows = _read(book, where)
    for customer_id, number, segment_id, email in where.rows(CUSTOMERS):
        items = rows.items.get(customer_id, ())
        if not items and customer_id not in rows.settled:
            continue
        if book.suppressed and (why := book.suppressed.get(email.lower())):
            dead = Address("", "", email, has_bounced=why == "bounced", has_opted_out=why != "bounced")
            rows.contacts.setdefault(customer_id, []).append(dead)
        plan, chases_nobody, entry = _plan(book.assignments, rows.own.get(customer_id), segment_id)
        yield CustomerFacts(
            customer_id=customer_id,
            plan=plan,
            items=tuple(items),
            number=number,
            chases_nobody=chases_nobody,
            entry=entry,
            credits=tuple(rows.credits.get(customer_id, ())),
            waiting=tuple(rows.waiting.get(customer_id, ())),
            contacts=tuple(rows.contacts.get(customer_id, ())),
            email=email,
            disputes=tuple(rows.disputes.get(customer_id, ())),
            pauses=tuple(rows.pauses.get(customer_id, ())),
            promises=tuple(rows.promises.get(customer_id, ())),
            settled=tuple(rows.settled.get(customer_id, ())),
            contact_dates=tuple(rows.dates.get(customer_id, ())),
            unread_replies=rows.unread.get(customer_id, 0),
            exclusions=frozenset(rows.exclusions.get(customer_id, ())),
        )


def _plan(
    found: Assignments, own: tuple[int | None, bool, str] | None, segment_id: int | None
) -> tuple[Plan | None, bool, EntryChoice | None]:
    if own is not None and not own[1]:
        scenario_id, _, entry = own
    else:
        row = found.by_segment.get(segment_id) if segment_id is not None else None
        row = row or found.default
        if row is None:
            return None, False, None
        scenario_id, entry = row.scenario_id, row.entry
    if scenario_id is None:
        return None, True, None
    return found.plans.get(scenario_id), False, EntryChoice(entry) if entry else None


def _read(book: Book, where: _Where) -> _Slice:
    found = _Slice()
    _read_items(book, where, found)
    for customer_id, currency, amount_minor, item_ids in where.rows_of_all(WAITING):
        money = WaitingMoney(currency, amount_minor, frozenset(item_ids))
        found.waiting.setdefault(customer_id, []).append(money)
    for customer_id, *contact in where.rows(CONTACTS):
        address = Address(*contact)
        if book.suppressed and (why := book.suppressed.get(address.email.lower())):
            address = address._replace(has_bounced=why == "bounced", has_opted_out=why != "bounced")
        found.contacts.setdefault(customer_id, []).append(address)
    for customer_id, *row in where.rows_of_all(DISPUTES):
        found.disputes.setdefault(customer_id, []).append(DisputeFact(*row))
    for customer_id, *row in where.rows_of_all(PAUSES):
        found.pauses.setdefault(customer_id, []).append(PauseFact(*row))
    _read_promises(book, where, found)
    sent = where.rows_of_all(SENT, since=book.today - _WEEKS_BACK, now=book.now, zone=_ANY_CALENDAR.timezone)
    for customer_id, day, *_ in sorted(sent, key=lambda row: row[1]):
        found.dates.setdefault(customer_id, []).append(day)
    for customer_id, key, item_id in where.rows_of_all(EXCLUSIONS):
        found.exclusions.setdefault(customer_id, set()).add((key, item_id))
    for customer_id, count in where.rows_of_all(UNREAD, now=book.now):
        found.unread[customer_id] = found.unread.get(customer_id, 0) + count
    for customer_id, *row in where.rows(OWN):
        found.own[customer_id] = (row[0], row[1], row[2])
    if any(plan.thanks for plan in book.assignments.plans.values()):
        _read_settled(book, where, found)
    return found


def _read_promises(book: Book, where: _Where, found: _Slice) -> None:
    """The promises that run; one the cash already covers no longer stops anything."""
    rows = where.rows_of_all(PROMISES)
    cover = covered(book.organisation_id, customer_ids={row[0] for row in rows}, today=book.today)
    for customer_id, promise_id, *row in rows:
        promise = PromiseFact(*row)
        if cover[promise_id].in_time_minor < promise.amount_minor:
            found.promises.setdefault(customer_id, []).append(promise)


def _read_items(book: Book, where: _Where, found: _Slice) -> None:
    history = _history(where)
    for row in where.rows(OPEN_THEN if book.is_past else OPEN_NOW):
        customer_id, open_minor, kind = row[0], row[9], row[10]
        if open_minor > 0 and kind in CHASED:
            last = history.get((customer_id, row[2], row[3] or row[1], row[4]))
            found.items.setdefault(customer_id, []).append(Instalment._make((*row[1:10], last, None)))
        elif open_minor < 0 and kind in CREDITS:
            credit = Credit(row[1], row[2], kind, row[3], row[6], row[8], -open_minor)
            found.credits.setdefault(customer_id, []).append(credit)


def _history(where: _Where) -> dict[tuple[int, int, str | int, int], LastStep]:
    """The last step of each instalment, by what a corrected invoice keeps: company, document and instalment number."""
    found: dict[tuple[int, int, str | int, int], LastStep] = {}
    latest: dict[tuple[int, int, str | int, int], tuple[int, int]] = {}
    for row in where.rows_of_all(HISTORY, of_duplicates=STEPS_LEFT):
        key = (row[0], row[1], row[2] or row[4], row[3])
        rank = (row[6], row[5])
        if key not in found or rank > latest[key]:
            found[key], latest[key] = LastStep._make(row[6:]), rank
    return found


def _read_settled(book: Book, where: _Where, found: _Slice) -> None:
    days = {
        "history": book.today - timedelta(days=HISTORY_DAYS),
        "recent": book.today - timedelta(days=THANKED_DAYS),
    }
    for customer_id, *row, paid_on, amount in where.rows(SETTLED, **days):
        found.settled.setdefault(customer_id, []).append(Settled(Instalment(*row), paid_on, amount))
