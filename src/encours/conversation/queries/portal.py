"""What a customer may know of the own account: what is owed, contested, agreed; never a colleague's remark."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Model

from encours.collections.models import Promise, PromiseSource
from encours.core import statements
from encours.customers import queries as customers
from encours.disputes import queries as disputes
from encours.disputes.models import Dispute, DisputeReason
from encours.ledger.models import OpenItem
from encours.plans.queries.followed import covered_items

CLAIMS = ("invoice", "debit_note", "deposit")
SETTLED_DAYS, SETTLED_MAX = 400, 200
# how often an invoice was promised on the portal counts within this time
TIMES_DAYS = 180
_OF_ACCOUNTS = "organisation_id = %(organisation)s and customer_id = any(%(accounts)s::bigint[])"
_WITH_PARTNERS = """
    select i.item_id, p.name from recovery_handoveritem i
    join recovery_handover h on h.id = i.handover_id join recovery_partner p on p.id = h.partner_id
    where i.organisation_id = %s and i.item_id = any(%s::bigint[]) and h.ended_date is null
"""


@dataclass(frozen=True, slots=True)
class Owed:
    """An open invoice or instalment as the customer sees it."""

    item: OpenItem
    days_late: int
    contested_minor: int = 0
    dispute: Dispute | None = None
    # the day agreed that is not past, and how often one was agreed here
    promised: Promise | None = None
    promised_count: int = 0
    plan_number: str = ""
    partner_name: str = ""

    @property
    def free_minor(self) -> int:
        """What can be promised, paid or contested now: neither contested, nor in a plan, nor with a partner."""
        if self.plan_number or self.partner_name:
            return 0
        return max(0, self.item.open_minor - self.contested_minor)

    @property
    def is_late(self) -> bool:
        """Whether its day is past and nothing explains it."""
        return self.days_late > 0 and self.free_minor > 0

    @property
    def number(self) -> str:
        """The document, with its instalment where there are several."""
        item = self.item
        many = item.instalment_count > 1
        part = f" ({item.instalment_number}/{item.instalment_count})" if many else ""
        return f"{item.document_number}{part}"


@dataclass(frozen=True, slots=True)
class Sums:
    """The account in one currency."""

    currency: str
    due_minor: int = 0
    coming_minor: int = 0
    contested_minor: int = 0
    credit_minor: int = 0
    elsewhere_minor: int = 0  # in a payment plan or with a partner

    @property
    def credited_minor(self) -> int:
        """What is to be deducted, below zero."""
        return -self.credit_minor

    @property
    def total_minor(self) -> int:
        """The balance."""
        return self.due_minor + self.coming_minor + self.contested_minor + self.elsewhere_minor - self.credit_minor


@dataclass(frozen=True, slots=True)
class Account:
    """What is owed, what is to be deducted, and the sums by currency, the largest first."""

    rows: Sequence[Owed]
    credits: Sequence[OpenItem]
    sums: Sequence[Sums]
    today: date
    promises: Sequence[Promise] = field(default_factory=list)

    def row(self, item_id: int) -> Owed | None:
        """An open invoice of this account."""
        return next((row for row in self.rows if row.item.pk == item_id), None)

    @property
    def late(self) -> list[Owed]:
        """What is to be paid now."""
        return [row for row in self.rows if row.days_late >= 0 and row.free_minor > 0]


def accounts_of(customer_id: int, *, organisation_id: int) -> list[int]:
    """The customer and those that were merged into it."""
    return customers.with_merged(customer_id, organisation_id=organisation_id)


def account_of(customer_id: int, *, organisation_id: int, today: date) -> Account:
    """The account as its customer may see it: open items by due date, with what was said about each."""
    accounts = accounts_of(customer_id, organisation_id=organisation_id)
    of_accounts = {"organisation": organisation_id, "accounts": accounts, "today": today}
    still_open = f"{_OF_ACCOUNTS} and item_date <= %(today)s and open_minor <> 0 order by due_date, id"
    items = _rows(OpenItem, still_open, of_accounts)
    owed = [item for item in items if item.open_minor > 0]
    contested = _contested(owed, _rows(Dispute, f"{_OF_ACCOUNTS} and closed_date is null order by id", of_accounts))
    agreed = f"{_OF_ACCOUNTS} and withdrawn_date is null order by promised_date, id"
    promised = _rows(Promise, agreed, of_accounts)
    standing = {one.item_id: one for one in promised if one.item_id and one.promised_date >= today}
    times = _times(promised, since=today - timedelta(days=TIMES_DAYS))
    plans = covered_items(organisation_id, today=today, customer_ids=accounts)
    partners = dict(statements.rows(_WITH_PARTNERS, [organisation_id, [item.pk for item in owed]]))
    rows = [
        Owed(
            item,
            (today - item.due_date).days,
            contested_minor=contested.get(item.pk, (0, None))[0],
            dispute=contested.get(item.pk, (0, None))[1],
            promised=standing.get(item.pk),
            promised_count=times.get(item.pk, 0),
            plan_number=plans.get(item.pk, ""),
            partner_name=partners.get(item.pk, ""),
        )
        for item in owed
    ]
    to_deduct = [item for item in items if item.open_minor < 0]
    coming = [one for one in promised if one.promised_date >= today]
    return Account(rows, to_deduct, _sums(rows, to_deduct), today, coming)


def _rows[M: Model](model: type[M], tail: str, values: Mapping[str, Any]) -> list[M]:
    """The rows of a model as its table has them, by a statement that each page asks."""
    asked = f"select {statements.columns(model)} from {model._meta.db_table} where {tail}"
    return [statements.made(model, row) for row in statements.rows(asked, values)]


def _times(promised: Sequence[Promise], *, since: date) -> Mapping[int, int]:
    """How many times each item was promised on the portal: the parts of one promise are one time."""
    found: dict[int, set[str]] = defaultdict(set)
    for one in promised:
        if one.item_id and one.source == PromiseSource.PORTAL and one.made_date >= since:
            found[one.item_id].add(one.series or str(one.pk))
    return {item_id: len(series) for item_id, series in found.items()}


def _contested(items: Sequence[OpenItem], found: Sequence[Dispute]) -> Mapping[int, tuple[int, Dispute]]:
    """What of each item is contested: of an item, of a document from its last instalment back, or of the account."""
    left: dict[int, int] = {item.pk: item.open_minor for item in items}
    taken: dict[int, tuple[int, Dispute]] = {}
    for dispute in found:
        meant = [item for item in reversed(items) if _is_about(dispute, item)]
        rest = dispute.amount_minor
        for item in meant:
            part = left[item.pk] if rest is None else min(rest, left[item.pk])
            if part > 0:
                left[item.pk] -= part
                taken[item.pk] = (taken.get(item.pk, (0, dispute))[0] + part, dispute)
                rest = rest if rest is None else rest - part
    return taken


def _is_about(dispute: Dispute, item: OpenItem) -> bool:
    if dispute.item_id is not None:
        return dispute.item_id == item.pk
    is_company = dispute.entity_id is None or dispute.entity_id == item.entity_id
    return is_company and dispute.document_number in ("", item.document_number)


def _sums(rows: Sequence[Owed], to_deduct: Sequence[OpenItem]) -> list[Sums]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        sums, minor = found[row.item.currency], row.item.open_minor
        if row.plan_number or row.partner_name:
            sums["elsewhere_minor"] += minor
            continue
        sums["contested_minor"] += row.contested_minor
        sums["due_minor" if row.days_late >= 0 else "coming_minor"] += minor - row.contested_minor
    for item in to_deduct:
        found[item.currency]["credit_minor"] -= item.open_minor
    made = [Sums(currency, **values) for currency, values in found.items()]
    return sorted(made, key=lambda one: -abs(one.total_minor))


def reasons(organisation_id: int) -> list[tuple[str, str]]:
    """What a customer may contest for: the organisation's list, without what only the books call so."""
    offered = disputes.reasons_offered(organisation_id)
    return [(code, label) for code, label in offered if code != DisputeReason.DEDUCTION]


def disputes_of(customer_id: int, *, organisation_id: int) -> list[Dispute]:
    """What the customer contests or contested, the open first; what a payer kept back is not told here."""
    accounts = accounts_of(customer_id, organisation_id=organisation_id)
    found = Dispute.objects.filter(organisation_id=organisation_id, customer_id__in=accounts)
    rows = found.exclude(reason=DisputeReason.DEDUCTION).order_by("-pk")[:100]
    return sorted(rows, key=lambda one: one.closed_date is not None)


def settled(customer_id: int, *, organisation_id: int, today: date) -> list[OpenItem]:
    """The invoices paid of late, the last first."""
    accounts = accounts_of(customer_id, organisation_id=organisation_id)
    of_accounts = OpenItem.objects.filter(organisation_id=organisation_id, customer_id__in=accounts)
    reversed_ids = of_accounts.filter(reverses__isnull=False).values("reverses_id")
    paid = of_accounts.filter(
        kind__in=CLAIMS, open_minor=0, amount_minor__gt=0, reverses=None, legs_last_date__lte=today,
        legs_last_date__gte=today - timedelta(days=SETTLED_DAYS),
    ).exclude(pk__in=reversed_ids)  # fmt: skip
    return list(paid.order_by("-legs_last_date", "-pk")[:SETTLED_MAX])
