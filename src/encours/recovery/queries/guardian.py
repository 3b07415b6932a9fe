"""The guardian's calendar: the last days of a book or one customer, from debts, acts and proceedings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.core.dates import BusinessCalendar
from encours.core.legal_values import LegalValueMissing
from encours.customers import queries as customers
from encours.disputes.models import Dispute
from encours.recovery.models import FormalNotice, LegalAct, LimitationRegime, Proceeding
from encours.recovery.rules.deadlines import (
    Act,
    ActKind,
    Deadline,
    Kind,
    Regime,
    insolvency,
    insurer,
    limitation,
    mandate,
    order,
    title,
)
from encours.recovery.rules.registry import periods

HORIZON_DAYS = 366
ROWS_MAX = 2_000
# the shortest period of each regime, so that only debts near their end are looked at
_YEARS_MIN = {Regime.COMMERCIAL: 5, Regime.GENERAL: 5, Regime.CONSUMER: 2, Regime.CARRIAGE: 1}


@dataclass(frozen=True)
class Guarded:
    """One last day, whose and of what."""

    customer_id: int
    customer_number: str
    customer_name: str
    subject: str
    deadline: Deadline
    currency: str = ""
    amount_minor: int = 0
    refusal: LegalValueMissing | None = None


@dataclass(frozen=True)
class Asked:
    """Which deadlines, for whom and up to when."""

    organisation_id: int
    today: date
    account_ids: Sequence[int] | None = None  # None: everyone in scope
    scope: Scope | None = None
    horizon_days: int = HORIZON_DAYS
    rows_max: int = ROWS_MAX

    @property
    def until(self) -> date:
        """The last day looked at."""
        return self.today + timedelta(days=self.horizon_days)


@dataclass(frozen=True)
class _Facts:
    names: Mapping[int, tuple[str, str, bool]]  # customer -> number, name, private person
    acts: Mapping[int, Sequence[LegalAct]]
    regimes: Mapping[int, Sequence[LimitationRegime]]

    def acts_of(self, customer_id: int, document_number: str = "") -> list[Act]:
        """What was noted about a debt: of its document and of the whole account."""
        return [
            Act(ActKind(row.kind), row.act_date, row.is_certain, row.note)
            for row in self.acts.get(customer_id, ())
            if row.document_number in ("", document_number)
        ]

    def regime_of(self, customer_id: int, document_number: str) -> tuple[Regime, int | None, bool]:
        """The regime a person set, the document's before the customer's; else the one assumed."""
        rows = [row for row in self.regimes.get(customer_id, ()) if row.document_number in ("", document_number)]
        if rows:
            found = max(rows, key=lambda row: (row.document_number != "", row.pk))
            return Regime(found.regime), found.agreed_years, False
        is_private = self.names.get(customer_id, ("", "", False))[2]
        return (Regime.CONSUMER if is_private else Regime.COMMERCIAL), None, True


def deadlines(asked: Asked) -> list[Guarded]:
    """Every last day up to the horizon, the nearest safe day first; a debt whose period has no value says so."""
    found = [
        *_limitations(asked),
        *_acts(asked),
        *_insolvencies(asked),
        *_deductions(asked),
        *_notices(asked),
        *_mandates(asked),
        *_insured(asked),
    ]
    return sorted(found, key=lambda one: (one.deadline.safe_date, one.customer_name, one.subject))[: asked.rows_max]


def _customer_ids(asked: Asked) -> list[int] | None:
    if asked.account_ids is not None:
        return list(asked.account_ids)
    if asked.scope is not None and (asked.scope.own_portfolio_only or asked.scope.entity_ids):
        return list(customers.in_scope_with_merged(asked.scope).values_list("pk", flat=True))
    return None


def _facts(asked: Asked, customer_ids: Iterable[int]) -> _Facts:
    ids = list(set(customer_ids))
    acts: dict[int, list[LegalAct]] = {}
    found = LegalAct.objects.filter(
        organisation_id=asked.organisation_id, customer_id__in=ids, withdrawn_date__isnull=True
    )
    for act in found.order_by("act_date", "pk"):
        acts.setdefault(act.customer_id, []).append(act)
    regimes: dict[int, list[LimitationRegime]] = {}
    for row in LimitationRegime.objects.filter(organisation_id=asked.organisation_id, customer_id__in=ids):
        regimes.setdefault(row.customer_id, []).append(row)
    return _Facts(_names(asked.organisation_id, ids), acts, regimes)


def _names(organisation_id: int, ids: Sequence[int]) -> dict[int, tuple[str, str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, number, name, is_natural_person from customers_customer"
            " where organisation_id = %s and id = any(%s)",
            [organisation_id, list(ids)],
        )
        return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


# Only debts whose shortest period ends before the horizon; the regime a person set counts before the one assumed.
_DEBTS = """
select i.customer_id, i.id, i.document_number, i.instalment_number, i.instalment_count, i.due_date, i.currency,
       i.open_minor, (select max(r.item_date) from ledger_allocationleg l
          join ledger_allocationleg o on o.organisation_id = l.organisation_id and o.allocation_id = l.allocation_id
          join ledger_openitem r on r.id = o.item_id and r.organisation_id = o.organisation_id and r.kind = 'receipt'
          where l.organisation_id = i.organisation_id and l.item_id = i.id)
from ledger_openitem i
join customers_customer c on c.id = i.customer_id and c.organisation_id = i.organisation_id
where i.organisation_id = %(organisation)s and i.open_minor > 0 and i.kind in ('invoice', 'debit_note', 'deposit')
  and i.account not like '418%%' and i.account not like '419%%' and i.due_date <= %(today)s
  and (%(ids)s::bigint[] is null or i.customer_id = any(%(ids)s))
  and (%(entities)s::bigint[] is null or i.entity_id = any(%(entities)s))
  and i.due_date <= %(until)s::date - case
        when exists (select from recovery_limitationregime g
                     where g.organisation_id = i.organisation_id and g.customer_id = i.customer_id)
            then interval '1 year'
        when c.is_natural_person then interval '2 years' else interval '5 years' end
order by i.due_date, i.id limit %(rows)s
"""


def _rows(statement: str, asked: Asked) -> list[tuple[Any, ...]]:
    """What a statement finds for what is asked: its customers and companies, up to its day."""
    scope = asked.scope
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "organisation": asked.organisation_id, "today": asked.today, "until": asked.until,
                "rows": asked.rows_max, "ids": _customer_ids(asked),
                "entities": list(scope.entity_ids) if scope and scope.entity_ids else None,
            },
        )  # fmt: skip
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _limitations(asked: Asked) -> list[Guarded]:
    rows = _rows(_DEBTS, asked)
    facts = _facts(asked, (row[0] for row in rows))
    found = []
    for customer_id, _, document, number, count, due, currency, open_minor, paid_on in rows:
        subject = f"{document} ({number}/{count})" if count > 1 else document
        one = _limitation(facts, customer_id, document, due, paid_on)
        if isinstance(one, LegalValueMissing):
            nothing = Deadline(Kind.LIMITATION, due, None, "", "", one.sentence)
            found.append(_guarded(facts, customer_id, subject, nothing, currency, open_minor, one))
        elif one.safe_date <= asked.until:
            found.append(_guarded(facts, customer_id, subject, one, currency, open_minor))
    return found


def _limitation(
    facts: _Facts, customer_id: int, document: str, due: date, paid_on: date | None
) -> Deadline | LegalValueMissing:
    regime, years, is_assumed = facts.regime_of(customer_id, document)
    acts = facts.acts_of(customer_id, document)
    if paid_on is not None:
        # a payment in part may be an acknowledgement (C. civ. 2240): never counted for the safe day
        acts.append(Act(ActKind.PAYMENT, paid_on, is_certain=False))
    try:
        return limitation(due, regime, acts, registry=periods(), years=years, is_assumed=is_assumed)
    except LegalValueMissing as refusal:
        return refusal


def _guarded(
    facts: _Facts,
    customer_id: int,
    subject: str,
    deadline: Deadline,
    currency: str = "",
    amount_minor: int = 0,
    refusal: LegalValueMissing | None = None,
) -> Guarded:
    number, name, _ = facts.names.get(customer_id, ("", "", False))
    return Guarded(customer_id, number, name, subject, deadline, currency, amount_minor, refusal)


def _acts(asked: Asked) -> list[Guarded]:
    """The days of orders to pay and titles."""
    wanted = LegalAct.objects.filter(
        organisation_id=asked.organisation_id,
        kind__in=[ActKind.ORDER_ISSUED.value, ActKind.TITLE.value],
        withdrawn_date__isnull=True,
    )
    ids = _customer_ids(asked)
    if ids is not None:
        wanted = wanted.filter(customer_id__in=ids)
    subjects = sorted(set(wanted.values_list("customer_id", "document_number")))
    facts = _facts(asked, (customer_id for customer_id, _ in subjects))
    found = []
    for customer_id, document in subjects:
        acts = facts.acts_of(customer_id, document)
        days = [*order(acts, registry=periods(), calendar=BusinessCalendar())]
        if (ends := title(acts, registry=periods())) is not None:
            days.append(ends)
        found += [_guarded(facts, customer_id, document, day) for day in days if day.safe_date <= asked.until]
    return found


def is_abroad(organisation_id: int) -> bool:
    """Whether every company of the organisation sits outside France: one that does not has the shorter time to file."""
    countries = Entity.objects.filter(organisation_id=organisation_id).values_list("country", flat=True)
    return bool(countries) and all(country not in ("", "FR") for country in countries)


def _insolvencies(asked: Asked) -> list[Guarded]:
    open_ones = Proceeding.objects.filter(organisation_id=asked.organisation_id, ended_date__isnull=True)
    ids = _customer_ids(asked)
    if ids is not None:
        open_ones = open_ones.filter(customer_id__in=ids)
    rows = list(open_ones.order_by("pk"))
    abroad = is_abroad(asked.organisation_id) if rows else False
    facts = _facts(asked, (row.customer_id for row in rows))
    found = []
    for row in rows:
        days = insolvency(
            row.published_date,
            is_creditor_abroad=abroad,
            is_claim_filed=row.claim_filed_date is not None,
            sold_with_retention=row.has_retention,
            registry=periods(),
            calendar=BusinessCalendar(),
        )
        label = str(row.get_kind_display())
        found += [_guarded(facts, row.customer_id, label, day) for day in days if day.safe_date <= asked.until]
    return found


def _deductions(asked: Asked) -> list[Guarded]:
    """Until when what a payer kept back can be contested."""
    rows = Dispute.objects.filter(
        organisation_id=asked.organisation_id, closed_date__isnull=True, contest_until__lte=asked.until
    )
    ids = _customer_ids(asked)
    if ids is not None:
        rows = rows.filter(customer_id__in=ids)
    listed = list(rows.order_by("contest_until")[:ROWS_MAX])
    facts = _facts(asked, (row.customer_id for row in listed))
    return [
        _guarded(
            facts, row.customer_id, row.document_number,
            Deadline(Kind.DEDUCTION, row.contest_until, None, "", "", ""), row.currency, row.amount_minor or 0,
        )
        for row in listed
        if row.contest_until is not None
    ]  # fmt: skip


def _notices(asked: Asked) -> list[Guarded]:
    """The day a formal notice gave, while something it claimed may still be owed."""
    rows = FormalNotice.objects.filter(
        organisation_id=asked.organisation_id,
        pay_by_date__gte=asked.today - timedelta(days=30),
        pay_by_date__lte=asked.until,
    ).defer("proof")
    ids = _customer_ids(asked)
    if ids is not None:
        rows = rows.filter(customer_id__in=ids)
    listed = list(rows.order_by("pay_by_date")[:ROWS_MAX])
    facts = _facts(asked, (row.customer_id for row in listed))
    owed = _open_of(asked.organisation_id, listed)
    return [
        _guarded(
            facts, row.customer_id, row.number,
            Deadline(Kind.NOTICE, row.pay_by_date, None, "C. civ. 1344", "", ""), row.currency, owed[row.pk],
        )
        for row in listed
        if owed[row.pk] > 0
    ]  # fmt: skip


# The latest mandate under which each company collected from a customer: an earlier one was replaced. Only collections
# that the bank reported with their mandate, and whose customer somebody or a match decided.
_COLLECTED = """
select * from (
    select distinct on (w.customer_id, b.entity_id) w.customer_id, b.mandate_id,
           least(b.booking_date, b.value_date) as last_date
    from payments_bankline b
    join matching_linework w on w.organisation_id = b.organisation_id and w.line_id = b.id
        and w.customer_id is not null and w.decided_date is not null
    where b.organisation_id = %(organisation)s and b.mandate_id <> '' and b.amount_minor > 0
      and b.booking_date <= %(today)s
      and (%(ids)s::bigint[] is null or w.customer_id = any(%(ids)s))
      and (%(entities)s::bigint[] is null or b.entity_id = any(%(entities)s))
    order by w.customer_id, b.entity_id, least(b.booking_date, b.value_date) desc, b.id desc) latest
where last_date <= %(until)s::date - interval '36 months' and last_date >= %(today)s::date - interval '38 months'
order by last_date limit %(rows)s
"""


def _mandates(asked: Asked) -> list[Guarded]:
    """Mandates that lapse because nothing is collected under them; shown for two months after."""
    rows = _rows(_COLLECTED, asked)
    facts = _facts(asked, (row[0] for row in rows))
    return [
        _guarded(facts, customer_id, mandate_id, mandate(last, registry=periods()))
        for customer_id, mandate_id, last in rows
    ]


# What is late of customers that were covered when it was issued, by the policy in force then; and what was declared.
_INSURED = """
select i.customer_id, i.id, i.document_number, i.instalment_number, i.instalment_count, i.due_date, i.currency,
       i.open_minor, p.insurer_name, p.policy_number, p.declare_days, p.claim_days,
       d.kinds
from credit_insurancepolicy p
join ledger_openitem i on i.organisation_id = p.organisation_id and i.item_date >= p.from_date
    and (p.ended_date is null or i.item_date < p.ended_date)
join customers_customer c on c.id = i.customer_id and c.organisation_id = i.organisation_id
cross join lateral (select coalesce(c.merged_into_id, c.id) as id) k
left join lateral (
    select v.is_covered from credit_insurancecover v
    where v.organisation_id = i.organisation_id and v.customer_id = k.id and v.from_date <= i.item_date
    order by v.from_date desc, v.id desc limit 1) v on true
cross join lateral (select array(
    select d.kind from recovery_insurerdeclaration d
    where d.organisation_id = i.organisation_id and d.customer_id = k.id and d.withdrawn_date is null
      and d.lines @> jsonb_build_array(jsonb_build_object('item_id', i.id))) as kinds) d
where p.organisation_id = %(organisation)s and coalesce(v.is_covered, p.covers_others)
  and i.open_minor > 0 and i.kind in ('invoice', 'debit_note', 'deposit')
  and i.account not like '418%%' and i.account not like '419%%' and i.due_date < %(today)s
  and i.due_date >= %(today)s::date - greatest(p.declare_days, coalesce(p.claim_days, 0)) - 60
  and not ('insurer_notice' = any(d.kinds) and (p.claim_days is null or 'insurer_claim' = any(d.kinds)))
  and (%(ids)s::bigint[] is null or i.customer_id = any(%(ids)s))
  and (%(entities)s::bigint[] is null or i.entity_id = any(%(entities)s))
order by i.due_date, i.id limit %(rows)s
"""
OVER_SHOWN_DAYS = 60


@dataclass(frozen=True)
class Insured:
    """An item that is late and insured, its last days with the insurer, and what was declared of it already."""

    item_id: int
    document_number: str
    due_date: date
    currency: str
    open_minor: int
    customer_id: int
    subject: str
    days: Sequence[Deadline]
    declared: Sequence[str]


def insured_items(asked: Asked) -> list[Insured]:
    """What is late and insured and not wholly declared yet, the oldest first."""
    found = []
    for row in _rows(_INSURED, asked):
        customer_id, item_id, document, number, count, due, currency, open_minor = row[:8]
        name, policy_number, declare_days, claim_days, declared = row[8:]
        wanted = {Kind.INSURER_NOTICE: declare_days, Kind.INSURER_CLAIM: claim_days}
        contract = f"{name} {policy_number}".strip()
        days = [
            insurer(kind, due, days=days, contract=contract, calendar=BusinessCalendar())
            for kind, days in wanted.items()
            if days is not None
        ]
        subject = f"{document} ({number}/{count})" if count > 1 else document
        found.append(Insured(item_id, document, due, currency, open_minor, customer_id, subject, days, declared))
    return found


def _insured(asked: Asked) -> list[Guarded]:
    """The days by which an insurer wants to be told and asked, of what nobody declared; shown for two months after."""
    items = insured_items(asked)
    facts = _facts(asked, (one.customer_id for one in items))
    return [
        _guarded(facts, one.customer_id, one.subject, day, one.currency, one.open_minor)
        for one in items
        for day in one.days
        if day.kind.value not in one.declared
        and asked.today - timedelta(days=OVER_SHOWN_DAYS) <= day.safe_date <= asked.until
    ]


def _open_of(organisation_id: int, notices: Sequence[FormalNotice]) -> dict[int, int]:
    """What is still open of what each notice claimed."""
    ids = {line["item_id"] for row in notices for line in row.lines}
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, open_minor from ledger_openitem where organisation_id = %s and id = any(%s)",
            [organisation_id, list(ids)],
        )
        left: dict[int, Any] = dict(cursor.fetchall())
    return {row.pk: sum(left.get(line["item_id"], 0) for line in row.lines) for row in notices}
