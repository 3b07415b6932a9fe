"""What a customer may owe at most: the limit in force, how far it is used, those before; a new one."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from encours.access.rules import Permission, Scope
from encours.core.errors import Refused, gettext_noop
from encours.core.money import PLAIN, Money
from encours.credit import actions as credit
from encours.credit import queries
from encours.credit.models import CreditLimit, LimitSource
from encours.entrypoints.api.shapes import (
    MoneyShape,
    actor_of,
    customer_id_of,
    done_once,
    money,
    scope_for,
    scope_of,
    today,
)

router = Router()
HISTORY_MAX = 100


class NoLimitToLift(Refused):
    """The customer has no limit: there is nothing to lift."""

    message = gettext_noop("{customer_number} has no credit limit to lift.")


class LimitIn(Schema):
    """What a customer may owe at most from today on; without an amount it has no limit any more."""

    amount: str | None = Field(examples=["25000.00"], description="null: no limit from today on.")
    currency: str = Field("EUR", min_length=3, max_length=3)
    why: str = Field("", max_length=500)


class LimitShape(Schema):
    """One decision about a limit; no amount is no limit from that day on."""

    limit: int
    customer_number: str
    amount: MoneyShape | None
    from_date: date
    source: str = Field(description="desk, file or api")
    author: str
    why: str


class LimitInForce(Schema):
    """The limit that holds today and how far it is used."""

    amount: MoneyShape
    exposure: MoneyShape
    room: MoneyShape
    excess: MoneyShape
    used_percent: int
    from_date: date


class LimitsShape(Schema):
    """The limit in force, null where there is none, and what was decided, the latest first."""

    customer_number: str
    in_force: LimitInForce | None
    decided: list[LimitShape]


@router.get("/customers/{number}/credit-limits", response=LimitsShape, summary="A customer's credit limits")
def get_limits(request: HttpRequest, number: str) -> Any:
    scope = scope_of(request)
    customer_id = _customer(number, scope)
    seen = queries.limit_of(customer_id, organisation_id=scope.organisation_id, today=today())
    decided = queries.limits_of(customer_id, organisation_id=scope.organisation_id, limit=HISTORY_MAX)
    return {
        "customer_number": number,
        "in_force": _in_force(seen) if seen else None,
        "decided": [_limit(one, number) for one in decided],
    }


@router.post("/customers/{number}/credit-limits", response=LimitShape, summary="Set or lift a credit limit")
def set_limit(request: HttpRequest, number: str, given: LimitIn) -> Any:
    """Holds from today; those before stay readable. Send an `Idempotency-Key`: the same call again makes nothing new.

    The limit that holds already is answered as it stands, without a new one.
    """
    scope = scope_for(request, Permission.SET_CREDIT_LIMIT)
    customer_id = _customer(number, scope)
    made = done_once(request, scope, "credit_limit", lambda: _set(request, scope, customer_id, number, given))
    return _limit(CreditLimit.objects.get(organisation_id=scope.organisation_id, pk=made), number)


def _set(request: HttpRequest, scope: Scope, customer_id: int, number: str, given: LimitIn) -> int:
    amount = Money.parse(given.amount or "0", given.currency, style=PLAIN)
    made = credit.set_limit(
        organisation_id=scope.organisation_id,
        customer_id=customer_id,
        amount_minor=None if given.amount is None else amount.minor,
        currency=amount.currency,
        today=today(),
        why=given.why,
        by=actor_of(request),
        source=LimitSource.API,
    )
    held = made or next(iter(queries.limits_of(customer_id, organisation_id=scope.organisation_id, limit=1)), None)
    if held is None:
        raise NoLimitToLift(customer_number=number)
    return held.pk


def _customer(number: str, scope: Scope) -> int:
    found = customer_id_of(number, scope=scope)
    return found if found is not None else 0


def _limit(one: CreditLimit, number: str) -> dict[str, Any]:
    return {
        "limit": one.pk,
        "customer_number": number,
        "amount": None if one.amount_minor is None else money(one.amount_minor, one.currency),
        "from_date": one.from_date,
        "source": one.source,
        "author": one.author_name,
        "why": one.why,
    }


def _in_force(seen: queries.LimitSeen) -> dict[str, Any]:
    use, currency = seen.use, seen.limit.currency
    return {
        "amount": money(use.limit_minor, currency),
        "exposure": money(use.exposure_minor, currency),
        "room": money(use.room_minor, currency),
        "excess": money(use.excess_minor, currency),
        "used_percent": use.percent,
        "from_date": seen.limit.from_date,
    }
