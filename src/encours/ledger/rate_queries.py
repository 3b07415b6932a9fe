"""Read exchange rates: what a currency was worth on a day, the latest of each, and the days that lack one."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db import connection

from encours.access.rules import Scope
from encours.ledger.models import ExchangeRate

# the last rate before a day stands for it: a central bank gives none on Sundays, a company may keep one a month
STANDS_FOR_DAYS = 35
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class LatestRate:
    """The latest rate of a pair: one `currency` in `base`, and how many days are known."""

    currency: str
    base: str
    rate_date: date
    rate_ppm: int
    count: int
    first_date: date


@dataclass(frozen=True, slots=True)
class RateLacking:
    """Open items in a currency on days that no rate stands for."""

    currency: str
    base: str
    first_date: date
    last_date: date
    item_count: int


def rate_on(day: date, *, organisation_id: int, currency: str, base: str) -> Fraction | None:
    """What one unit of a currency was worth in another, in millionths, on a day or the last one before it.

    A rate given the other way round (1 EUR = 163.20 JPY) is turned round exactly. None when the last one before is
    more than five weeks old: that is no rate of the day.
    """
    rates = ExchangeRate.objects.filter(
        organisation_id=organisation_id, rate_date__lte=day, rate_date__gte=day - timedelta(days=STANDS_FOR_DAYS)
    ).order_by("-rate_date", "-pk")
    straight = rates.filter(currency=currency, base=base).values_list("rate_date", "rate_ppm").first()
    turned = rates.filter(currency=base, base=currency).values_list("rate_date", "rate_ppm").first()
    if straight is not None and (turned is None or straight[0] >= turned[0]):
        return Fraction(straight[1])
    return Fraction(_MILLION * _MILLION, turned[1]) if turned is not None else None


def latest_rates(organisation_id: int) -> list[LatestRate]:
    """Each pair with its latest rate."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct on (r.currency, r.base) r.currency, r.base, r.rate_date, r.rate_ppm,
                      count(*) over pair, min(r.rate_date) over pair
               from ledger_exchangerate r where r.organisation_id = %s
               window pair as (partition by r.currency, r.base)
               order by r.currency, r.base, r.rate_date desc, r.id desc""",
            [organisation_id],
        )
        return [LatestRate(*row) for row in cursor.fetchall()]


def rates_of(organisation_id: int, *, currency: str, base: str, limit: int = 60) -> list[ExchangeRate]:
    """The rates of a pair, the latest day first; of a day noted twice, the later note first."""
    found = ExchangeRate.objects.filter(organisation_id=organisation_id, currency=currency, base=base)
    return list(found.order_by("-rate_date", "-pk")[:limit])


def rates_lacking(scope: Scope) -> list[RateLacking]:
    """Open items in a currency that is not their company's, dated on days that no rate stands for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select i.currency, e.currency, min(i.item_date), max(i.item_date), count(*)
               from ledger_openitem i join access_entity e on e.id = i.entity_id
               where i.organisation_id = %(organisation)s and i.open_minor <> 0 and i.currency <> e.currency
                 and (cardinality(%(entities)s::bigint[]) = 0 or i.entity_id = any(%(entities)s::bigint[]))
                 and not exists (select from ledger_exchangerate r where r.organisation_id = i.organisation_id
                     and r.rate_date between i.item_date - %(days)s and i.item_date
                     and ((r.currency, r.base) = (i.currency, e.currency)
                       or (r.currency, r.base) = (e.currency, i.currency)))
               group by 1, 2 order by 1, 2""",
            {"organisation": scope.organisation_id, "entities": list(scope.entity_ids), "days": STANDS_FOR_DAYS},
        )
        return [RateLacking(*row) for row in cursor.fetchall()]
