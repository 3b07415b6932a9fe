"""What a customer may owe and how long it may take: in force, proposed, before; a new one, set or proposed."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from encours.access.rules import Permission, Scope, can
from encours.core.errors import Refused, gettext_noop
from encours.core.money import PLAIN, Money
from encours.credit import actions as credit
from encours.credit import queries, terms_actions
from encours.credit.models import CreditLimit, ExceptionalTerms, LimitProposal, LimitSource
from encours.customers.models import Customer
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


class ProposalShape(Schema):
    """A limit that waits for a second person; no amount is no limit any more."""

    proposal: int
    customer_number: str
    amount: MoneyShape | None
    proposed_date: date
    proposed_by: str
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
    """The limit in force, null where there is none, what is proposed, and what was decided, the latest first."""

    customer_number: str
    in_force: LimitInForce | None
    proposed: ProposalShape | None = Field(description="What waits for a second person; in force stays meanwhile.")
    decided: list[LimitShape]


@router.get("/customers/{number}/credit-limits", response=LimitsShape, summary="A customer's credit limits")
def get_limits(request: HttpRequest, number: str) -> Any:
    scope = scope_of(request)
    customer_id = _customer(number, scope)
    seen = queries.limit_of(customer_id, organisation_id=scope.organisation_id, today=today())
    decided = queries.limits_of(customer_id, organisation_id=scope.organisation_id, limit=HISTORY_MAX)
    waiting = queries.limit_waiting(customer_id, organisation_id=scope.organisation_id)
    return {
        "customer_number": number,
        "in_force": _in_force(seen) if seen else None,
        "proposed": _proposal(waiting, number) if waiting else None,
        "decided": [_limit(one, number) for one in decided],
    }


@router.post(
    "/customers/{number}/credit-limits",
    response={200: LimitShape, 202: ProposalShape},
    summary="Set, lift or propose a credit limit",
)
def set_limit(request: HttpRequest, number: str, given: LimitIn) -> Any:
    """Holds from today; those before stay readable. Send an `Idempotency-Key`: the same call again makes nothing new.

    The limit that holds already is answered as it stands, without a new one. What the organisation wants a second
    person to agree to (above its threshold, or of a token that may only propose) is answered with 202: the limit in
    force stays until somebody agrees in the desk.
    """
    scope = scope_for(request, Permission.PROPOSE_CREDIT)
    customer_id = _customer(number, scope)
    made = done_once(request, scope, "credit_limit", lambda: _set(request, scope, customer_id, number, given))
    if made < 0:
        proposals = LimitProposal.objects.filter(organisation_id=scope.organisation_id)
        return Status(202, _proposal(proposals.get(pk=-made), number))
    return Status(200, _limit(CreditLimit.objects.get(organisation_id=scope.organisation_id, pk=made), number))


def _set(request: HttpRequest, scope: Scope, customer_id: int, number: str, given: LimitIn) -> int:
    """The limit that holds, or what is proposed under its number with a minus: one key remembers either."""
    amount = Money.parse(given.amount or "0", given.currency, style=PLAIN)
    made = credit.ask_limit(
        organisation_id=scope.organisation_id,
        customer_id=customer_id,
        amount_minor=None if given.amount is None else amount.minor,
        currency=amount.currency,
        today=today(),
        why=given.why,
        by=actor_of(request),
        source=LimitSource.API,
        may_set=can(scope, Permission.SET_CREDIT_LIMIT),
    )
    if isinstance(made, LimitProposal):
        return -made.pk
    held = made or next(iter(queries.limits_of(customer_id, organisation_id=scope.organisation_id, limit=1)), None)
    if held is None:
        raise NoLimitToLift(customer_number=number)
    return held.pk


class TermsIn(Schema):
    """Other terms than the usual ones for what is issued in some days, both ends included."""

    terms: str = Field(examples=["45", "30EOM"], max_length=80)
    from_date: date
    to_date: date
    why: str = Field(min_length=1, max_length=500)


class TermsShape(Schema):
    """Exceptional terms; they count once decided as approved, until their last day or the day they were ended."""

    terms_id: int
    customer_number: str
    terms: str
    from_date: date
    to_date: date
    why: str
    proposed_by: str
    proposed_date: date
    decided_as: str = Field(description="Empty while they wait for a second person; approved, refused or withdrawn.")
    decided_by: str
    decided_date: date | None
    ended_date: date | None
    is_beyond_law: bool


class AllTermsShape(Schema):
    """The usual terms of a customer (of each of our companies where it has none of its own), and the exceptional."""

    customer_number: str
    usual: list[str]
    exceptional: list[TermsShape]


@router.get("/customers/{number}/payment-terms", response=AllTermsShape, summary="A customer's payment terms")
def get_terms(request: HttpRequest, number: str) -> Any:
    scope = scope_of(request)
    customer = Customer.objects.get(organisation_id=scope.organisation_id, pk=_customer(number, scope))
    found = queries.terms_of(customer.pk, organisation_id=scope.organisation_id, limit=HISTORY_MAX)
    return {
        "customer_number": number,
        "usual": list(queries.usual_terms(customer)),
        "exceptional": [_terms(one, number) for one in found],
    }


@router.post("/customers/{number}/payment-terms", response={202: TermsShape}, summary="Propose exceptional terms")
def propose_terms(request: HttpRequest, number: str, given: TermsIn) -> Any:
    """They wait for a second person. Refused beyond the ceiling of the law (C. com. L441-10) where it binds.

    Send an `Idempotency-Key`: the same call again makes nothing new.
    """
    scope = scope_for(request, Permission.PROPOSE_CREDIT)
    customer_id = _customer(number, scope)
    made = done_once(
        request,
        scope,
        "exceptional_terms",
        lambda: (
            terms_actions.propose_terms(
                organisation_id=scope.organisation_id,
                customer_id=customer_id,
                terms=given.terms,
                from_date=given.from_date,
                to_date=given.to_date,
                why=given.why,
                today=today(),
                by=actor_of(request),
            ).pk
        ),
    )
    found = ExceptionalTerms.objects.get(organisation_id=scope.organisation_id, pk=made)
    return Status(202, _terms(found, number))


def _terms(one: ExceptionalTerms, number: str) -> dict[str, Any]:
    return {
        "terms_id": one.pk,
        "customer_number": number,
        "terms": one.terms,
        "from_date": one.from_date,
        "to_date": one.to_date,
        "why": one.why,
        "proposed_by": one.proposed_by_name,
        "proposed_date": one.proposed_date,
        "decided_as": one.decided_as,
        "decided_by": one.decided_by_name,
        "decided_date": one.decided_date,
        "ended_date": one.ended_date,
        "is_beyond_law": one.is_beyond_law,
    }


def _proposal(one: LimitProposal, number: str) -> dict[str, Any]:
    return {
        "proposal": one.pk,
        "customer_number": number,
        "amount": None if one.amount_minor is None else money(one.amount_minor, one.currency),
        "proposed_date": one.proposed_date,
        "proposed_by": one.proposed_by_name,
        "why": one.why,
    }


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
