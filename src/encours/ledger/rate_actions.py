"""Keep exchange rates: one that a person enters, or a file of many; a later note for a day counts instead of it."""

import datetime as dt
from collections.abc import Iterable

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.currencies import exponent
from encours.core.errors import Refused, gettext_noop
from encours.ledger.models import ExchangeRate


class RateUnusable(Refused):
    """A rate is above zero and between two currencies."""

    message = gettext_noop("{currency} in {base} needs a rate above zero, and two currencies.")


class RateOfTomorrow(Refused):
    """Nobody knows what a currency will be worth."""

    message = gettext_noop("{rate_date} is still to come: it has no rate yet.")


@transaction.atomic
def set_rate(
    *, organisation_id: int, currency: str, base: str, rate_date: dt.date, rate_ppm: int, by: Actor, why: str = ""
) -> ExchangeRate:
    """Note what a currency was worth on a day; a later note for the same day counts instead of it."""
    if rate_ppm <= 0 or currency == base:
        raise RateUnusable(currency=currency, base=base)
    exponent(currency)
    exponent(base)
    rate = ExchangeRate.objects.create(
        organisation_id=organisation_id, currency=currency, base=base, rate_date=rate_date, rate_ppm=rate_ppm
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="set_rate",
        subject_kind="exchange_rate",
        subject_id=rate.pk,
        why=why,
        details={"currency": currency, "base": base, "rate_date": rate_date, "rate_ppm": rate_ppm},
    )
    return rate


@transaction.atomic
def keep_rates(
    rates: Iterable[tuple[dt.date, str, int]], *, organisation_id: int, base: str, today: dt.date, by: Actor, why: str
) -> int:
    """Keep what one unit of `base` was worth in currencies on days, as a central bank publishes it; how many are new.

    What is known just so already is left alone, so that the same file twice changes nothing. Refuses days to come.
    """
    rows = []
    for day, currency, rate_ppm in rates:
        if rate_ppm <= 0 or currency == base:
            raise RateUnusable(currency=base, base=currency)
        if day > today:
            raise RateOfTomorrow(rate_date=day)
        rows.append((day, currency, rate_ppm))
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('ledger.rates'), %s)", [organisation_id])
        cursor.execute(
            """insert into ledger_exchangerate (organisation_id, currency, base, rate_date, rate_ppm)
               select %(organisation)s, %(base)s, g.code, g.day, g.ppm
               from unnest(%(days)s::date[], %(codes)s::text[], %(rates)s::bigint[]) as g(day, code, ppm)
               left join lateral (select r.rate_ppm from ledger_exchangerate r
                   where r.organisation_id = %(organisation)s and r.currency = %(base)s and r.base = g.code
                     and r.rate_date = g.day order by r.id desc limit 1) known on true
               where known.rate_ppm is distinct from g.ppm
               order by g.day, g.code""",
            {
                "organisation": organisation_id,
                "base": base,
                "days": [row[0] for row in rows],
                "codes": [row[1] for row in rows],
                "rates": [row[2] for row in rows],
            },
        )
        kept = int(cursor.rowcount)
    if kept:
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="keep_rates",
            subject_kind="organisation",
            subject_id=organisation_id,
            why=why,
            details={
                "base": base,
                "new": kept,
                "from": min(row[0] for row in rows),
                "to": max(row[0] for row in rows),
            },
        )
    return kept
