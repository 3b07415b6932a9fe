"""Read disputes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection
from django.db.models import F, Q, QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.customers import queries as customers
from encours.disputes.models import Dispute, DisputeReason, OwnReason

LIST_MAX = 2_000
_NO_LINE = Q(line_number="", line_text="")
# how much of what was sent is contested
EXTENTS = {
    "line": ~_NO_LINE,
    "part": _NO_LINE & ~Q(document_number="") & Q(amount_minor__isnull=False),
    "document": ~Q(document_number="") & Q(amount_minor__isnull=True),
    "account": Q(document_number=""),
}


def in_scope(scope: Scope) -> QuerySet[Dispute]:
    """The disputes of the customers the reader may see, with the customer."""
    disputes = Dispute.objects.filter(organisation_id=scope.organisation_id).select_related("customer")
    if scope.own_portfolio_only:
        disputes = disputes.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return disputes


def open_of(account_ids: Sequence[int], *, scope: Scope) -> Sequence[Dispute]:
    """The open disputes of a customer and those merged into it, oldest first."""
    found = in_scope(scope).select_related(None).filter(customer_id__in=account_ids, closed_date__isnull=True)
    return list(found.order_by("opened_date", "pk"))


def all_of(account_ids: Sequence[int], *, scope: Scope, limit: int = 50) -> Sequence[Dispute]:
    """The disputes of a customer and those merged into it, open ones first, then the latest."""
    disputes = in_scope(scope).select_related(None).filter(customer_id__in=account_ids)
    return list(disputes.order_by(F("closed_date").desc(nulls_first=True), "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class DisputeFilter:
    """Which disputes are wanted."""

    state: str = "open"  # open, late, closed
    owner_ids: Collection[int] = ()
    reason: str = ""
    text: str = ""
    extent: str = ""  # line, part, document, account


def dispute_list(
    scope: Scope, *, wanted: DisputeFilter, today: date, after_id: int | None, limit: int
) -> list[Dispute]:
    """Disputes that fit: the open ones by when they are to be answered and priority, the closed ones latest first.

    `after_id` is the last row of the page before.
    """
    found = _filtered(scope, wanted, today).select_related("customer", "owner", "entity")
    if wanted.state == "closed":
        rows = list(found.order_by("-closed_date", "-pk")[:LIST_MAX])
    else:
        rows = list(found.order_by(F("due_date").asc(nulls_last=True), "-priority", "pk")[:LIST_MAX])
    at = next((at for at, row in enumerate(rows, start=1) if row.pk == after_id), 0)
    return rows[at : at + limit]


def dispute_counts(scope: Scope, *, wanted: DisputeFilter, today: date) -> dict[str, int]:
    """How many disputes each state shows under the other filters."""
    found = {}
    for state in ("open", "late", "closed"):
        found[state] = _filtered(scope, replace(wanted, state=state), today).count()
    return found


def dispute(dispute_id: int, *, scope: Scope) -> Dispute | None:
    """One dispute the reader may see."""
    return in_scope(scope).filter(pk=dispute_id).first()


def _filtered(scope: Scope, wanted: DisputeFilter, today: date) -> QuerySet[Dispute]:
    found = in_scope(scope).filter(closed_date__isnull=wanted.state != "closed")
    if wanted.state == "late":
        found = found.filter(due_date__lt=today)
    if wanted.owner_ids:
        found = found.filter(owner_id__in=wanted.owner_ids)
    if wanted.reason:
        found = found.filter(reason=wanted.reason)
    if wanted.extent in EXTENTS:
        found = found.filter(EXTENTS[wanted.extent])
    if text := wanted.text.strip():
        found = found.filter(
            Q(customer__name__icontains=text)
            | Q(customer__number=text)
            | Q(document_number__icontains=text)
            | Q(line_text__icontains=text)
        )
    return found


def open_count(scope: Scope) -> int:
    """How many disputes are open."""
    return in_scope(scope).filter(closed_date__isnull=True).count()


def claimed_item_ids(organisation_id: int) -> set[int]:
    """The open items that somebody contests, wholly or in part: those of a disputed document are all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select d.item_id from disputes_dispute d
               where d.organisation_id = %(organisation)s and d.closed_date is null and d.item_id is not null
                 and d.reason <> 'deduction'
               union
               select i.id from disputes_dispute d join ledger_openitem i on i.organisation_id = d.organisation_id
                   and i.customer_id = d.customer_id and i.document_number = d.document_number and i.open_minor <> 0
                   and (d.entity_id is null or d.entity_id = i.entity_id)
               where d.organisation_id = %(organisation)s and d.closed_date is null and d.item_id is null
                 and d.document_number <> ''""",
            {"organisation": organisation_id},
        )
        return {row[0] for row in cursor.fetchall()}


def own_reasons(organisation_id: int) -> Sequence[OwnReason]:
    """The reasons as the organisation words them, the archived ones last."""
    found = OwnReason.objects.filter(organisation_id=organisation_id).select_related("owner")
    return list(found.order_by(F("archived_at").desc(nulls_first=True), "position", "label"))


def reasons_offered(organisation_id: int) -> list[tuple[str, str]]:
    """What a new dispute may be about, code and label: the usual reasons as the organisation words and orders them."""
    own = statements.rows(
        "select code, label, archived_at is null from disputes_ownreason where organisation_id = %s"
        " order by position, label",
        [organisation_id],
    )
    worded = {code for code, _, _ in own}
    usual = [(code, str(label)) for code, label in DisputeReason.choices if code not in worded]
    return [*((code, label) for code, label, is_offered in own if is_offered), *usual]
