"""Load what the rules look at: a few set-based queries for each slice of customers, never one per customer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import batched
from typing import Any

from django.db import connection

from encours.access.models import Organisation
from encours.collections.models import Scenario, ScenarioAssignment, ScenarioVersion, SendingPolicy
from encours.collections.queries import holdouts
from encours.collections.queries.happened import (
    Colleagues,
    Happened,
    asks_of_answers,
    read_answers,
    read_events,
)
from encours.collections.queries.planned import UnderPlan, with_plans
from encours.collections.queries.promised import covered
from encours.collections.queries.statements import (
    CONTACTS,
    CUSTOMERS,
    DISPUTES,
    EXCLUSIONS,
    HISTORY,
    OPEN_NOW,
    OPEN_THEN,
    OWN,
    PAUSES,
    PROMISES,
    SENT,
    SETTLED,
    STEPS_LEFT,
    UNREAD,
    WAITING,
)
from encours.collections.rules.calendar import SendingCalendar, local_day, next_sending_instant
from encours.collections.rules.defaults import standard_name, standard_steps
from encours.collections.rules.facts import (
    Address,
    Credit,
    CustomerFacts,
    DisputeFact,
    Hours,
    Instalment,
    LastStep,
    PauseFact,
    Policy,
    PromiseFact,
    RunFacts,
    Settled,
    WaitingMoney,
)
from encours.collections.rules.promises import is_behind
from encours.collections.rules.steps import EntryChoice, Grouping, Plan, read_steps
from encours.core.dates import BusinessCalendar
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import Customer
from encours.customers.queries import merged
from encours.ledger import queries as ledger
from encours.messaging.models import Suppression
from encours.plans.queries.followed import standing

_ANY_CALENDAR = SendingCalendar()
_NOT_YET = 0
_NOBODY: Mapping[str, tuple[Address, ...]] = {}
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
    # our own people, where some step sends them a copy
    colleagues: Colleagues | None = None
    # by customer and scenario, the step it is kept aside from to learn what the step does
    kept_aside: Mapping[tuple[int, int], str] = field(default_factory=dict)


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
    own: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    happened: Happened = field(default_factory=Happened)
    unread: dict[int, int] = field(default_factory=dict)
    under_plan: dict[int, UnderPlan] = field(default_factory=dict)


def policy_of(organisation_id: int) -> SendingPolicy:
    """The organisation's sending policy, the usual one where none was set."""
    found = SendingPolicy.objects.filter(organisation_id=organisation_id, entity=None).first()
    return found or SendingPolicy(organisation_id=organisation_id)


def policies_of(organisation_id: int) -> dict[int, SendingPolicy]:
    """The companies that write by a policy of their own."""
    found = SendingPolicy.objects.filter(organisation_id=organisation_id, entity__isnull=False)
    return {policy.entity_id: policy for policy in found if policy.entity_id}


def limits_of(policy: SendingPolicy) -> Policy:
    """A policy as the rules read it."""
    return Policy(calendar_of(policy), policy.contact_delay_days, policy.weekly_cap, policy.bank_age_days_max)


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
        policy=limits_of(policy),
        send_after=send_after,
        send_on=max(today, local_day(send_after, calendar)),
        bank_known=bank_known(organisation_id, today=today, stated=policy.bank_known_date),
        sandbox=organisation.sandbox,
        set_aside=set_aside or {},
        is_confirmed=is_confirmed,
        policies={entity_id: limits_of(own) for entity_id, own in policies_of(organisation_id).items()},
        decided_at=now,
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
    assigned = assignments(organisation_id)
    is_copied = any(step.cc_internal for plan in assigned.plans.values() for step in plan.steps)
    return Book(
        organisation_id=organisation_id,
        today=today,
        now=now,
        assignments=assigned,
        is_past=ledger.has_allocations_after(organisation_id, today),
        suppressed={email.lower(): reason for email, reason in suppressed},
        ignored_reminder_ids=tuple(ignored_reminder_ids),
        merged=merged(organisation_id),
        kept_aside=holdouts.kept_aside(organisation_id, today=today),
        colleagues=Colleagues.read(organisation_id) if is_copied else None,
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


def customers(book: Book, *, ids: Sequence[int] | None = None, with_idle: bool = False) -> Iterator[CustomerFacts]:
    """The facts of each customer that has something to decide about, in the order of their ids; idle ones if asked."""
    known = _customer_ids(book.organisation_id, ids)
    for numbers in batched(known, SLICE_SIZE):
        where = _Where(book, list(numbers), is_whole=ids is None)
        yield from _facts(book, where, with_idle=with_idle)


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
        self.held = frozenset(ids)
        self.kept_of = {duplicate: kept for duplicate, kept in book.merged.items() if kept in self.held}

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


def _facts(book: Book, where: _Where, *, with_idle: bool) -> Iterator[CustomerFacts]:
    rows = _read(book, where)
    for customer_id, number, segment_id, email, has_postal, is_person, country, *whose in where.rows(CUSTOMERS):
        clock, hour, *own_people = whose
        items = rows.items.get(customer_id, ())
        if not items and customer_id not in rows.settled and not with_idle:
            continue
        if book.suppressed and (why := book.suppressed.get(email.lower())):
            dead = Address("", "", email, has_bounced=why == "bounced", has_opted_out=why != "bounced")
            rows.contacts.setdefault(customer_id, []).append(dead)
        joined = _joined(book.assignments, rows.own.get(customer_id), segment_id)
        happened = rows.happened
        yield CustomerFacts(
            customer_id=customer_id,
            plan=joined.plan,
            items=tuple(items),
            number=number,
            chases_nobody=joined.chases_nobody,
            entry=joined.entry,
            entry_step=joined.entry_step,
            joined_on=joined.joined_on,
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
            under_plan=rows.under_plan.get(customer_id, ()),
            exclusions=frozenset(rows.exclusions.get(customer_id, ())),
            events=tuple(happened.events.get(customer_id, ())),
            answered=frozenset(happened.answered.get(customer_id, ())),
            unanswered=happened.unanswered.get(customer_id, 0),
            last_answer_on=happened.last_answers.get(customer_id),
            colleagues=book.colleagues.of(*own_people) if book.colleagues else _NOBODY,
            has_postal_address=has_postal,
            kept_from=_kept_from(book, customer_id, joined.plan),
            is_natural_person=is_person,
            country=country,
            hours=_hours(clock, hour),
        )


def own_hours(organisation_id: int) -> dict[int, Hours]:
    """The customers who are written to by a clock or from an hour of their own."""
    found = Customer.objects.filter(organisation_id=organisation_id).exclude(timezone="", write_from=None)
    rows = found.values_list("pk", "timezone", "write_from")
    return {customer_id: Hours(clock, hour) for customer_id, clock, hour in rows}


@lru_cache(maxsize=512)
def _hours(clock: str, hour: time | None) -> Hours | None:
    return Hours(clock, hour) if clock or hour else None


def _kept_from(book: Book, customer_id: int, plan: Plan | None) -> frozenset[str]:
    if not book.kept_aside or plan is None:
        return frozenset()
    step_key = book.kept_aside.get((customer_id, plan.scenario_id))
    if step_key is None:
        return frozenset()
    return frozenset({step_key} if step_key != holdouts.ALL_STEPS else (step.key for step in plan.claims))


@dataclass(frozen=True, slots=True)
class _Joined:
    """The scenario that applies to a customer, and where it began with it."""

    plan: Plan | None = None
    chases_nobody: bool = False
    entry: EntryChoice | None = None
    entry_step: str = ""
    joined_on: date | None = None


def _joined(found: Assignments, own: tuple[Any, ...] | None, segment_id: int | None) -> _Joined:
    if own is not None and not own[1]:
        scenario_id, _, entry, entry_step, joined_on = own
    else:
        row = found.by_segment.get(segment_id) if segment_id is not None else None
        row = row or found.default
        if row is None:
            return _Joined()
        scenario_id, entry, entry_step = row.scenario_id, row.entry, row.entry_step
        joined_on = local_day(row.recorded_at, _ANY_CALENDAR) if entry_step else None
    if scenario_id is None:
        return _Joined(chases_nobody=True)
    plan = found.plans.get(scenario_id)
    return _Joined(plan, False, EntryChoice(entry) if entry else None, entry_step, joined_on if entry_step else None)


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
    for customer_id, *row in where.rows(OWN, zone=_ANY_CALENDAR.timezone):
        found.own[customer_id] = tuple(row)
    if any(plan.thanks for plan in book.assignments.plans.values()):
        _read_settled(book, where, found)
    if any(plan.answers for plan in book.assignments.plans.values()):
        read_events(where, found.happened)
    if any(asks_of_answers(plan) for plan in book.assignments.plans.values()):
        read_answers(where, found.happened, now=book.now)
    return found


def _read_promises(book: Book, where: _Where, found: _Slice) -> None:
    """The promises that run; one the cash already covers stops nothing, nor does one of a series that was broken."""
    rows = where.rows_of_all(PROMISES)
    cover = covered(book.organisation_id, customer_ids={row[0] for row in rows}, today=book.today)
    payments: dict[str, list[tuple[date, int, int]]] = {}
    for _, promise_id, series, _, promised_date, _, amount_minor in rows:
        payment = (promised_date, amount_minor, cover[promise_id].received_minor)
        payments.setdefault(series or str(promise_id), []).append(payment)
    broken = {series for series, made in payments.items() if is_behind(made, today=book.today)}
    for customer_id, promise_id, series, *row in rows:
        promise = PromiseFact(*row)
        runs = promise.promised_date >= book.today and series not in broken
        if runs and cover[promise_id].in_time_minor < promise.amount_minor:
            found.promises.setdefault(customer_id, []).append(promise)


def _read_items(book: Book, where: _Where, found: _Slice) -> None:
    plans = standing(book.organisation_id, today=book.today)
    history = _history(where, plans=[seen.plan.number for seen in plans])
    for row in where.rows(OPEN_THEN if book.is_past else OPEN_NOW):
        customer_id, open_minor, kind = row[0], row[9], row[10]
        if open_minor > 0 and kind in CHASED:
            last = history.get((customer_id, row[2], row[3] or row[1], row[4]))
            found.items.setdefault(customer_id, []).append(Instalment._make((*row[1:10], last, None)))
        elif open_minor < 0 and kind in CREDITS:
            credit = Credit(row[1], row[2], kind, row[3], row[6], row[8], -open_minor)
            found.credits.setdefault(customer_id, []).append(credit)
    found.under_plan = with_plans(
        found.items,
        plans=plans,
        kept_of=book.merged,
        customer_ids=where.held,
        history=history,
    )


def _history(where: _Where, *, plans: Sequence[str] = ()) -> dict[tuple[int, int, str | int, int], LastStep]:
    """The last step of each instalment, by what a corrected invoice keeps: company, document and instalment number."""
    found: dict[tuple[int, int, str | int, int], tuple[Any, ...]] = {}
    taken: dict[tuple[int, int, str | int, int], tuple[tuple[int, str], ...]] = {}
    rows = where.rows_of_all(HISTORY, of_duplicates=STEPS_LEFT)
    if plans:
        rows += where.rows_of_all(f"{STEPS_LEFT} and h.item_id < 0 and h.document_number = any(%(plans)s)", plans=plans)
    for row in rows:
        key = (row[0], row[1], row[2] or row[4], row[3])
        taken[key] = (*taken.get(key, ()), (row[7], row[12]))
        # what left last counts: further along its line, unless a person chose to begin again in another scenario
        if key not in found or (row[10], row[6], row[5]) > (found[key][10], found[key][6], found[key][5]):
            found[key] = row
    return {key: LastStep._make((*row[6:12], taken[key])) for key, row in found.items()}


def _read_settled(book: Book, where: _Where, found: _Slice) -> None:
    days = {
        "history": book.today - timedelta(days=HISTORY_DAYS),
        "recent": book.today - timedelta(days=THANKED_DAYS),
    }
    for customer_id, *row, paid_on, amount in where.rows(SETTLED, **days):
        found.settled.setdefault(customer_id, []).append(Settled(Instalment(*row), paid_on, amount))
