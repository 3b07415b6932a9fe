"""Read the insurance policy, whom it covers how far, and what is not insured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import F

from encours.access.rules import Scope
from encours.credit.models import InsuranceCover, InsurancePolicy
from encours.credit.rules.insurance import Insured
from encours.customers import queries as customers
from encours.customers.models import Customer

COVERS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Cover:
    """A customer with what the insurer says of it today, and how much of what it owes that insures."""

    customer: Customer
    said: InsuranceCover
    insured: Insured


def running_policy(organisation_id: int) -> InsurancePolicy | None:
    """The policy that covers what is issued today, if there is one."""
    return InsurancePolicy.objects.filter(organisation_id=organisation_id, ended_date__isnull=True).first()


def policies(organisation_id: int) -> Sequence[InsurancePolicy]:
    """The policies that cover anything, the latest first: an earlier one still covers what was issued while it ran."""
    found = InsurancePolicy.objects.filter(organisation_id=organisation_id).exclude(ended_date=F("from_date"))
    return list(found.order_by("-pk")[:20])


def covers(scope: Scope, *, today: date, customer_id: int | None = None) -> list[Cover]:
    """What the insurer says today of each customer it said something of, those with most uninsured first."""
    said = InsuranceCover.objects.filter(organisation_id=scope.organisation_id, from_date__lte=today)
    seen = customers.in_scope(scope)
    if customer_id is not None:
        said, seen = said.filter(customer_id=customer_id), seen.filter(pk=customer_id)
    latest = {one.customer_id: one for one in said.order_by("from_date", "pk")[:COVERS_MAX]}
    owed = _owed(scope.organisation_id, list(latest), today)
    found = [
        Cover(customer, latest[customer.pk], _insured(latest[customer.pk], owed))
        for customer in seen.filter(pk__in=list(latest))
    ]
    return sorted(found, key=lambda one: (-one.insured.uninsured_minor, one.customer.name))


def _insured(said: InsuranceCover, owed: dict[tuple[int, str], int]) -> Insured:
    exposure = max(0, owed.get((said.customer_id, said.currency), 0))
    return Insured(exposure, said.amount_minor if said.is_covered else 0)


def _owed(organisation_id: int, customer_ids: list[int], today: date) -> dict[tuple[int, str], int]:
    """By customer and currency what is open, that of duplicates merged into it included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(c.merged_into_id, c.id), i.currency, sum(i.open_minor)::bigint"
            " from customers_customer c join ledger_openitem i"
            " on i.organisation_id = c.organisation_id and i.customer_id = c.id and i.open_minor <> 0"
            " and i.item_date <= %s where c.organisation_id = %s and (c.id = any(%s) or c.merged_into_id = any(%s))"
            " group by 1, 2",
            [today, organisation_id, customer_ids, customer_ids],
        )
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}
