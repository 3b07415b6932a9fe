"""The only writer of credit limits."""

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.credit import queries
from encours.credit.models import CreditLimit, LimitSource
from encours.customers.actions import lock_one


class LimitNegative(Refused):
    """A customer cannot be allowed to owe less than nothing."""

    message = gettext_noop("A credit limit is zero or more.")


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
