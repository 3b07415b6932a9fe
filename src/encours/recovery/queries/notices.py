"""What a formal notice would claim today, its check-list, and the notices made."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.collections.queries import facts as loading
from encours.collections.rules.dunning import disputed_parts
from encours.collections.rules.facts import CustomerFacts
from encours.collections.rules.interlock import INSOLVENCY
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.ledger.models import OpenItem
from encours.ledger.queries import AsOf, Selection
from encours.messaging.models import MessageReport
from encours.messaging.rules import postal
from encours.penalties.queries.accruals import accruals
from encours.penalties.rules.accrual import DOUBTFUL_VALUE, Accrual
from encours.plans.queries.followed import covered_items
from encours.recovery.models import FormalNotice, Proceeding
from encours.recovery.rules.notice import Condition, File, Line, check

CHASED = ("invoice", "debit_note", "deposit")


@dataclass(frozen=True)
class Claimable:
    """What one company could claim of a customer by formal notice, in one currency."""

    customer: Customer
    entity: Entity
    currency: str
    lines: Sequence[Line]
    accruals: Sequence[Accrual]
    conditions: Sequence[Condition]
    address: Sequence[str]

    @property
    def principal_minor(self) -> int:
        """What is open and not contested."""
        return sum(line.open_minor - line.disputed_minor for line in self.lines)

    @property
    def interest_minor(self) -> int:
        """The interest run up to today, neither invoiced nor waived."""
        return sum(line.interest_minor for line in self.lines)

    @property
    def compensation_minor(self) -> int:
        """The fixed compensations, neither invoiced nor waived; euros only."""
        return sum(line.compensation_minor for line in self.lines)


def claimable(
    customer: Customer,
    *,
    today: date,
    now: datetime,
    item_ids: Collection[int] | None = None,
    entity_id: int | None = None,
) -> Claimable | None:
    """What a notice would claim: the overdue items of a company and currency, the largest pair unless items say so."""
    organisation_id = customer.organisation_id
    account_ids = customers.with_merged(customer.pk, organisation_id=organisation_id)
    found = OpenItem.objects.filter(
        organisation_id=organisation_id, customer_id__in=account_ids, open_minor__gt=0, kind__in=CHASED,
        due_date__lt=today,
    )  # fmt: skip
    items = [item for item in found.order_by("due_date", "pk") if not item.account.startswith(("418", "419"))]
    if item_ids is not None:
        items = [item for item in items if item.pk in item_ids]
    if entity_id is not None:
        items = [item for item in items if item.entity_id == entity_id]
    sums: dict[tuple[int, str], int] = {}
    for item in items:
        key = (item.entity_id, item.currency)
        sums[key] = sums.get(key, 0) + item.open_minor
    if not sums:
        return None
    chosen, currency = max(sums, key=lambda key: sums[key])
    entity = Entity.objects.get(organisation_id=organisation_id, pk=chosen)
    mine = [item for item in items if (item.entity_id, item.currency) == (chosen, currency)]
    return _weighed(customer, entity, currency, mine, today=today, now=now)


def _weighed(
    customer: Customer, entity: Entity, currency: str, items: Sequence[OpenItem], *, today: date, now: datetime
) -> Claimable:
    organisation_id = customer.organisation_id
    book = loading.book_of(organisation_id, today=today, now=now)
    known = next(iter(loading.customers(book, ids=[customer.pk])), None) or CustomerFacts(customer.pk, None, ())
    parts = disputed_parts(known.items, known.disputes)
    selection = Selection(organisation_id=organisation_id, customer_ids=[item.customer_id for item in items])
    reckoned = {one.item.item_id: one for one in accruals(selection, AsOf(today))}
    covered = covered_items(organisation_id, today=today)
    lines = [_line(item, parts.get(item.pk, 0), reckoned.get(item.pk), covered.get(item.pk, "")) for item in items]
    mine = [reckoned[item.pk] for item in items if item.pk in reckoned]
    address = postal.lines_of(
        street=customer.street, postcode=customer.postcode, city=customer.city, country=customer.country,
        home=entity.country,
    )  # fmt: skip
    file = File(
        today=today,
        lines=lines,
        is_business=not customer.is_natural_person,
        is_insolvent=any(pause.reason == INSOLVENCY and pause.item_id is None for pause in known.pauses)
        or Proceeding.objects.filter(
            organisation_id=organisation_id, customer_id=customer.pk, ended_date__isnull=True
        ).exists(),
        has_address=bool(address),
        company_gaps=[name for name in ("legal_form", "siren", "street", "city") if not getattr(entity, name)],
        unapplied_minor=sum(one.open_minor for one in known.credits if one.entity_id == entity.pk),
        unread_replies=known.unread_replies,
        has_doubtful_values=any(DOUBTFUL_VALUE in one.warnings for one in mine),
    )
    return Claimable(customer, entity, currency, lines, mine, check(file), address)


def _line(item: OpenItem, disputed_minor: int, accrual: Accrual | None, plan: str) -> Line:
    in_euros = accrual is not None and accrual.compensation_currency == item.currency
    return Line(
        item.pk, item.document_number, item.instalment_number, item.instalment_count, item.item_date, item.due_date,
        item.open_minor,
        max(accrual.interest_left_minor, 0) if accrual and not accrual.refusal else 0,
        max(accrual.compensation_left_minor, 0) if accrual and in_euros else 0,
        min(disputed_minor, item.open_minor), plan, item.due_inferred, bool(accrual and accrual.refusal),
    )  # fmt: skip


def in_scope(scope: Scope) -> QuerySet[FormalNotice]:
    """The notices a person may see."""
    found = FormalNotice.objects.filter(organisation_id=scope.organisation_id).select_related("customer", "entity")
    if scope.entity_ids:
        found = found.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        found = found.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return found.defer("proof")


def notices_of(account_ids: Sequence[int], *, scope: Scope, limit: int = 50) -> list[FormalNotice]:
    """A customer's notices, the latest first."""
    return list(in_scope(scope).filter(customer_id__in=account_ids).order_by("-pk")[:limit])


def reports_of(notice: FormalNotice) -> list[dict[str, Any]]:
    """What the post or the provider said of a notice's letter."""
    found = MessageReport.objects.filter(organisation_id=notice.organisation_id, message_id=notice.message_id)
    return [dict(row) for row in found.order_by("at", "pk").values("kind", "at", "registered_number", "proof_name")]
