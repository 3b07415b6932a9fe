"""Doubtful and lost debts as they stand: proposals, what is open of them, what may be proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.customers import queries as customers
from encours.ledger.models import OpenItem
from encours.recovery.models import BadDebt, BadDebtDecision, BadDebtKind, BadDebtLine, BadDebtPolicy, Proceeding
from encours.recovery.rules import bad_debt as rules
from encours.recovery.rules.notice import Condition
from encours.recovery.rules.registry import periods

SHOWN = 500


@dataclass(frozen=True)
class BadDebtSeen:
    """A proposal with its lines and what still stands of it."""

    bad_debt: BadDebt
    lines: Sequence[BadDebtLine]

    @property
    def net_minor(self) -> int:
        """Its amount before VAT."""
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        """Its VAT."""
        return sum(line.tax_minor for line in self.lines)

    @property
    def provision_minor(self) -> int:
        """What is, or would be, set aside."""
        return sum(line.provision_minor for line in self.lines)

    @property
    def provision_left_minor(self) -> int:
        """What is still set aside."""
        return sum(line.provision_left_minor for line in self.lines) if self.is_standing else 0

    @property
    def left_minor(self) -> int:
        """What still stands on the doubtful account."""
        return sum(line.left_minor for line in self.lines) if self.is_standing else 0

    @property
    def returned_minor(self) -> int:
        """What was paid since."""
        return sum(line.returned_minor for line in self.lines)

    @property
    def is_standing(self) -> bool:
        """Whether it was approved and not taken back."""
        return self.bad_debt.decided_as == BadDebtDecision.APPROVED and self.bad_debt.reversed_date is None

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide."""
        return not self.bad_debt.decided_as


def policy_of(organisation_id: int) -> BadDebtPolicy:
    """Who decides and where it is booked; the usual values where nothing was said."""
    asked = f"select {statements.columns(BadDebtPolicy)} from recovery_baddebtpolicy where organisation_id = %s"
    found = statements.rows(asked, [organisation_id])
    return statements.made(BadDebtPolicy, found[0]) if found else BadDebtPolicy(organisation_id=organisation_id)


def in_scope(scope: Scope) -> QuerySet[BadDebt]:
    """The proposals a person may see."""
    found = BadDebt.objects.filter(organisation_id=scope.organisation_id).select_related("customer", "entity")
    if scope.entity_ids:
        found = found.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        found = found.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return found


def bad_debts(scope: Scope, *, account_ids: Sequence[int] | None = None, limit: int = SHOWN) -> list[BadDebtSeen]:
    """The proposals, those that wait first, then the latest."""
    rows = in_scope(scope)
    if account_ids is not None:
        rows = rows.filter(customer_id__in=account_ids)
    found = sorted(rows.order_by("-pk")[:limit], key=lambda row: row.decided_as != "")
    return _seen(scope.organisation_id, found)


def bad_debt(bad_debt_id: int, *, scope: Scope) -> BadDebtSeen | None:
    """One proposal, if the person may see it."""
    found = _seen(scope.organisation_id, list(in_scope(scope).filter(pk=bad_debt_id)))
    return found[0] if found else None


def _seen(organisation_id: int, rows: Sequence[BadDebt]) -> list[BadDebtSeen]:
    lines: dict[int, list[BadDebtLine]] = {}
    for line in BadDebtLine.objects.filter(
        organisation_id=organisation_id, bad_debt_id__in=[row.pk for row in rows]
    ).order_by("due_date", "pk"):
        lines.setdefault(line.bad_debt_id, []).append(line)
    return [BadDebtSeen(row, lines.get(row.pk, [])) for row in rows]


def standing_items(organisation_id: int, item_ids: Sequence[int]) -> set[tuple[int, str]]:
    """Which of these items are proposed or posted already, and as what."""
    found = BadDebtLine.objects.filter(organisation_id=organisation_id, is_standing=True, item_id__in=item_ids)
    return set(found.values_list("item_id", "kind"))


def amounts_of(organisation_id: int, items: Sequence[OpenItem]) -> dict[int, rules.Amounts]:
    """What is open of each item, before VAT and of VAT, as its document says."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, net_minor, gross_minor from invoices_document where organisation_id = %s"
            " and id = any(%s::bigint[])",
            [organisation_id, [item.document_id for item in items if item.document_id]],
        )
        documents = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    found = {}
    for item in items:
        net_minor, gross_minor = documents.get(item.document_id or 0, (None, 0))
        found[item.pk] = rules.cut(item.open_minor, net_minor=net_minor, gross_minor=gross_minor)
    return found


def conditions(
    organisation_id: int, *, customer_id: int, loss_date: date | None, today: date, tax_minor: int, is_tax_known: bool
) -> list[Condition]:
    """What must hold before the VAT of a lost debt comes back, and what the file says to it."""
    in_liquidation = Proceeding.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, kind="liquidation", ended_date__isnull=True
    ).exists()
    period = periods().at("tax_of_lost_debt", loss_date or today)
    return rules.tax_conditions(rules.LossFile(today, loss_date, in_liquidation, is_tax_known, tax_minor, period))


def paid_since(organisation_id: int) -> list[BadDebtLine]:
    """The doubtful lines of which less is open now than stands on the doubtful account."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select l.id from recovery_baddebtline l
               join recovery_baddebt b on b.id = l.bad_debt_id and b.decided_as = %(approved)s
               join ledger_openitem i on i.id = l.item_id and i.organisation_id = l.organisation_id
               where l.organisation_id = %(organisation)s and l.kind = %(doubtful)s and l.is_standing
                 and greatest(i.open_minor, 0) < l.open_minor - l.returned_minor - l.lost_minor
               order by l.id""",
            {
                "organisation": organisation_id,
                "approved": BadDebtDecision.APPROVED.value,
                "doubtful": BadDebtKind.DOUBTFUL.value,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
    rows = BadDebtLine.objects.filter(organisation_id=organisation_id, pk__in=ids)
    return list(rows.select_related("bad_debt__customer").order_by("pk"))
