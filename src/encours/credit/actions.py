"""The only writer of credit limits: set at once, or proposed and decided by a second person."""

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from encours.access import proposal_actions as proposals
from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, Refused, gettext_noop
from encours.credit import queries
from encours.credit.models import CreditLimit, CreditPolicy, LimitProposal, LimitSource
from encours.credit.rules.limits import Granted, asks_second_person
from encours.customers.actions import lock_one


class LimitNegative(Refused):
    """A customer cannot be allowed to owe less than nothing."""

    message = gettext_noop("A credit limit is zero or more.")


class LimitWaits(Conflict):
    """One limit waits at a time: what is decided must be what was looked at."""

    message = gettext_noop("Another limit is proposed already by {name}: it is decided about first.")


@transaction.atomic
def set_limit(
    *, organisation_id: int, customer_id: int, amount_minor: int | None, currency: str, today: date, by: Actor,
    why: str = "", source: str = LimitSource.DESK,
) -> CreditLimit | None:  # fmt: skip
    """Say what a customer may owe at most from today on, or that it has no limit; None where that is so already.

    Refuses an amount below zero. The limits before stay readable with who set them and why.
    """
    if amount_minor is not None and amount_minor < 0:
        raise LimitNegative(field="amount")
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    held = queries.limits_of(customer.pk, organisation_id=organisation_id, limit=1)
    before = held[0] if held else None
    if (before.amount_minor if before else None) == amount_minor and (
        before is None or amount_minor is None or before.currency == currency
    ):
        return None
    limit = CreditLimit.objects.create(
        organisation_id=organisation_id, customer=customer, amount_minor=amount_minor, currency=currency,
        from_date=today, source=source, author_name=by.name[:200], why=why.strip()[:500],
    )  # fmt: skip
    record_audit(
        by=by, organisation_id=organisation_id, verb="set_credit_limit", subject_kind="customer",
        subject_id=customer.pk, why=why,
        details={
            "before": _said(before.amount_minor, before.currency) if before else "",
            "after": _said(amount_minor, currency),
        },
    )  # fmt: skip
    return limit


def _said(amount_minor: int | None, currency: str) -> str:
    return "" if amount_minor is None else f"{amount_minor} {currency}"


@transaction.atomic
def take_limits(
    *, organisation_id: int, limits: Sequence[tuple[int, int]], currency: str, today: date, by: Actor
) -> int:
    """Take over the limits that a file of customers states: (customer, amount); how many are new.

    A limit is new when it is not what the last file said: one that a person set since is not undone every night.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into credit_creditlimit
                (organisation_id, customer_id, amount_minor, currency, from_date, source, author_name, why)
            select %(organisation)s, s.customer, s.minor, %(currency)s, %(today)s, 'file', %(name)s, ''
            from (select distinct on (customer) customer, minor
                  from unnest(%(customers)s::bigint[], %(amounts)s::bigint[]) as u (customer, minor)) s
            left join lateral (
                select l.amount_minor, l.currency from credit_creditlimit l
                where l.organisation_id = %(organisation)s and l.customer_id = s.customer and l.source = 'file'
                order by l.from_date desc, l.id desc limit 1) last on true
            where (last.amount_minor, last.currency) is distinct from (s.minor, %(currency)s)
            """,
            {
                "organisation": organisation_id,
                "customers": [customer_id for customer_id, _ in limits],
                "amounts": [minor for _, minor in limits],
                "currency": currency,
                "today": today,
                "name": by.name[:200],
            },
        )
        count = int(cursor.rowcount)
    if count:
        record_audit(
            by=by, organisation_id=organisation_id, verb="take_credit_limits", subject_kind="organisation",
            subject_id=organisation_id, details={"count": count},
        )  # fmt: skip
    return count


@transaction.atomic
def ask_limit(
    *, organisation_id: int, customer_id: int, amount_minor: int | None, currency: str, today: date, by: Actor,
    may_set: bool, why: str = "", source: str = LimitSource.DESK,
) -> CreditLimit | LimitProposal | None:  # fmt: skip
    """Set a limit, or propose it where a second person is wanted; None where it holds already.

    Proposed is what goes above the organisation's threshold, and all that somebody asks who may not set limits. What
    is in force stays in force until then. The same person asking the same again gives the first proposal.
    """
    if amount_minor is not None and amount_minor < 0:
        raise LimitNegative(field="amount")
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    held = queries.granted(customer.pk, organisation_id=organisation_id)
    wanted = None if amount_minor is None else Granted(amount_minor, currency)
    if held == wanted:
        return None
    threshold = queries.threshold_of(organisation_id)
    if may_set and not asks_second_person(held, wanted, threshold=threshold):
        return set_limit(
            organisation_id=organisation_id, customer_id=customer_id, amount_minor=amount_minor, currency=currency,
            today=today, by=by, why=why, source=source,
        )  # fmt: skip
    waiting = queries.limit_waiting(customer.pk, organisation_id=organisation_id)
    if waiting is not None:
        if (waiting.proposed_by_id, waiting.amount_minor, waiting.currency) == (by.user_id, amount_minor, currency):
            return waiting
        raise LimitWaits(name=waiting.proposed_by_name)
    proposal = LimitProposal.objects.create(
        organisation_id=organisation_id, customer=customer, amount_minor=amount_minor, currency=currency, source=source,
        proposed_date=today, proposed_by_id=by.user_id, proposed_by_name=by.name[:200], why=why.strip()[:500],
    )  # fmt: skip
    record_audit(
        by=by, organisation_id=organisation_id, verb="propose_credit_limit", subject_kind="customer",
        subject_id=customer.pk, why=why,
        details={
            "proposal": proposal.pk,
            "before": _said(held.minor, held.currency) if held else "",
            "after": _said(amount_minor, currency),
        },
    )  # fmt: skip
    return proposal


@transaction.atomic
def agree_limit(*, organisation_id: int, proposal_id: int, today: date, by: Actor) -> LimitProposal:
    """Agree to a limit that another person proposed: it holds from today on.

    Refused to who proposed it, and where it was decided already.
    """
    proposal = proposals.locked(LimitProposal, proposal_id, organisation_id=organisation_id)
    proposals.agree(proposal, today=today, by=by)
    set_limit(
        organisation_id=organisation_id, customer_id=proposal.customer_id, amount_minor=proposal.amount_minor,
        currency=proposal.currency, today=today, source=proposal.source, why=proposal.why,
        by=Actor(by.user_id, f"{proposal.proposed_by_name}, {by.name}", by.channel),
    )  # fmt: skip
    _audit_decision(proposal, "agree_credit_limit", by=by, why="")
    return proposal


@transaction.atomic
def turn_down_limit(*, organisation_id: int, proposal_id: int, today: date, by: Actor, why: str) -> LimitProposal:
    """Refuse a proposed limit with the reason, or withdraw one's own; what is in force stays."""
    proposal = proposals.locked(LimitProposal, proposal_id, organisation_id=organisation_id)
    proposals.turn_down(proposal, today=today, by=by, why=why)
    _audit_decision(proposal, "turn_down_credit_limit", by=by, why=why)
    return proposal


def _audit_decision(proposal: LimitProposal, verb: str, *, by: Actor, why: str) -> None:
    record_audit(
        by=by, organisation_id=proposal.organisation_id, verb=verb, subject_kind="customer",
        subject_id=proposal.customer_id, why=why,
        details={
            "proposal": proposal.pk, "decision": proposal.decided_as,
            "after": _said(proposal.amount_minor, proposal.currency),
        },
    )  # fmt: skip


@transaction.atomic
def set_policy(*, organisation_id: int, threshold_minor: int | None, currency: str, by: Actor) -> CreditPolicy:
    """Say from which amount on a limit waits for a second person; without one none does."""
    if threshold_minor is not None and threshold_minor < 0:
        raise LimitNegative(field="threshold")
    kept, _ = CreditPolicy.objects.update_or_create(
        organisation_id=organisation_id, defaults={"threshold_minor": threshold_minor, "currency": currency}
    )
    record_audit(
        by=by, organisation_id=organisation_id, verb="set_credit_policy", subject_kind="organisation",
        subject_id=organisation_id, details={"after": _said(threshold_minor, currency)},
    )  # fmt: skip
    return kept
