"""Read credit limits, how far they are used, and when one was passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from encours.access.models import Entity
from encours.access.proposal_models import Decision
from encours.access.rules import Scope
from encours.core import statements
from encours.core.terms import Terms
from encours.credit.models import CreditLimit, CreditPolicy, ExceptionalTerms, LimitProposal
from encours.credit.rules.limits import Granted, Use
from encours.customers import queries as customers
from encours.customers.models import Customer

# from here on two people decide where an organisation has said nothing of it
USUAL_THRESHOLD_MINOR = 5_000_000


@dataclass(frozen=True, slots=True)
class LimitSeen:
    """The limit of a customer today and how far it is used."""

    limit: CreditLimit
    use: Use


def limit_of(customer_id: int, *, organisation_id: int, today: date) -> LimitSeen | None:
    """The limit that holds today; None where nobody set one, or it was lifted."""
    found = statements.rows(
        f"select {statements.columns(CreditLimit)} from credit_creditlimit"
        " where organisation_id = %s and customer_id = %s and from_date <= %s order by from_date desc, id desc limit 1",
        [organisation_id, customer_id, today],
    )
    limit = statements.made(CreditLimit, found[0]) if found else None
    if limit is None or limit.amount_minor is None:
        return None
    ((exposure,),) = statements.rows(
        "select coalesce(sum(open_minor), 0)::bigint from ledger_openitem where organisation_id = %s"
        " and customer_id = %s and currency = %s and open_minor <> 0 and item_date <= %s",
        [organisation_id, customer_id, limit.currency, today],
    )
    return LimitSeen(limit, Use(limit.amount_minor, exposure))


def granted(customer_id: int, *, organisation_id: int) -> Granted | None:
    """What was decided last of what a customer may owe; None where nothing was, or the limit was lifted."""
    held = next(iter(limits_of(customer_id, organisation_id=organisation_id, limit=1)), None)
    return None if held is None or held.amount_minor is None else Granted(held.amount_minor, held.currency)


def threshold_of(organisation_id: int) -> Granted | None:
    """Above what a limit waits for a second person; None where none ever does."""
    policy = policy_of(organisation_id)
    return None if policy.threshold_minor is None else Granted(policy.threshold_minor, policy.currency)


def policy_of(organisation_id: int) -> CreditPolicy:
    """What the organisation says of it; the usual threshold, in its first company's currency, where it said nothing."""
    found = CreditPolicy.objects.filter(organisation_id=organisation_id).first()
    if found is not None:
        return found
    company = Entity.objects.filter(organisation_id=organisation_id).order_by("pk").first()
    return CreditPolicy(
        organisation_id=organisation_id,
        threshold_minor=USUAL_THRESHOLD_MINOR,
        currency=company.currency if company else "EUR",
    )


def limit_waiting(customer_id: int, *, organisation_id: int) -> LimitProposal | None:
    """The limit that waits for a second person."""
    found = statements.rows(
        f"select {statements.columns(LimitProposal)} from credit_limitproposal"
        " where organisation_id = %s and customer_id = %s and decided_as = ''",
        [organisation_id, customer_id],
    )
    return statements.made(LimitProposal, found[0]) if found else None


def limit_proposals(scope: Scope) -> QuerySet[LimitProposal]:
    """The limits ever proposed, of the customers a person may see."""
    return _in_scope(LimitProposal.objects.filter(organisation_id=scope.organisation_id), scope)


def terms_in_scope(scope: Scope) -> QuerySet[ExceptionalTerms]:
    """The exceptional terms ever proposed, of the customers a person may see."""
    return _in_scope(ExceptionalTerms.objects.filter(organisation_id=scope.organisation_id), scope)


def _in_scope[M: (LimitProposal, ExceptionalTerms)](found: QuerySet[M], scope: Scope) -> QuerySet[M]:
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return found.select_related("customer")


def terms_of(customer_id: int, *, organisation_id: int, limit: int = 20) -> Sequence[ExceptionalTerms]:
    """The exceptional terms of a customer, decided or not, the latest first."""
    found = statements.rows(
        f"select {statements.columns(ExceptionalTerms)} from credit_exceptionalterms"
        " where organisation_id = %s and customer_id = %s order by id desc limit %s",
        [organisation_id, customer_id, limit],
    )
    return [statements.made(ExceptionalTerms, row) for row in found]


def holds(terms: ExceptionalTerms, *, today: date) -> bool:
    """Whether they count for what is issued today, or will for what is issued later."""
    last = terms.to_date if terms.ended_date is None else min(terms.to_date, terms.ended_date)
    return terms.decided_as == Decision.APPROVED and last >= today


def usual_terms(customer: Customer) -> Sequence[str]:
    """What a customer has without exception: its own terms, else those of each of our companies."""
    if customer.terms:
        return [Terms.parse(customer.terms).code]
    defaults = Entity.objects.filter(organisation_id=customer.organisation_id).values_list("default_terms", flat=True)
    return sorted({Terms.parse(one).code for one in defaults})


def limits_of(customer_id: int, *, organisation_id: int, limit: int = 20) -> Sequence[CreditLimit]:
    """What was decided for a customer, the latest first."""
    found = CreditLimit.objects.filter(organisation_id=organisation_id, customer_id=customer_id)
    return list(found.order_by("-from_date", "-pk")[:limit])


# Who owes more than the limit today: the day from which that has been so without a break, and by how much. Items make
# the exposure; what is applied within one account cancels out, what leads to another customer's does not.
EXCEEDED = """
select c.customer_id, greatest(c.crossed_date, c.from_date), c.excess_minor, c.currency from (
    select customer_id, currency, from_date, excess_minor,
           min(day) filter (where day > coalesce(last_within, '-infinity'::date)) as crossed_date
    from (
        select d.*, max(day) filter (where owed <= amount_minor) over (partition by customer_id) as last_within
        from (
            select m.customer_id, m.currency, m.amount_minor, m.from_date, m.excess_minor, m.day,
                   sum(sum(m.minor)) over (partition by m.customer_id order by m.day) as owed
            from (
                select o.*, i.item_date as day, i.amount_minor as minor
                from over_limit o join ledger_openitem i
                  on i.organisation_id = %(organisation)s and i.customer_id = o.customer_id
                 and i.currency = o.currency and i.item_date <= %(today)s
                union all
                select o.*, least(greatest(l.allocation_date, i.item_date), %(today)s), l.amount_minor
                from over_limit o join ledger_openitem i
                  on i.organisation_id = %(organisation)s and i.customer_id = o.customer_id
                 and i.currency = o.currency and i.item_date <= %(today)s
                join ledger_allocationleg l on l.organisation_id = i.organisation_id and l.item_id = i.id
            ) m (customer_id, currency, amount_minor, from_date, excess_minor, day, minor)
            group by 1, 2, 3, 4, 5, 6
        ) d
    ) e group by 1, 2, 3, 4
) c where c.crossed_date is not null
"""
OVER_LIMIT = """
select l.customer_id, l.currency, l.amount_minor, l.from_date, sum(i.open_minor)::bigint - l.amount_minor
from (
    select distinct on (customer_id) customer_id, currency, amount_minor, from_date from credit_creditlimit
    where organisation_id = %(organisation)s and from_date <= %(today)s
    order by customer_id, from_date desc, id desc
) l join ledger_openitem i on i.organisation_id = %(organisation)s and i.customer_id = l.customer_id
  and i.currency = l.currency and i.open_minor <> 0 and i.item_date <= %(today)s
where l.amount_minor is not null
group by 1, 2, 3, 4 having sum(i.open_minor) > l.amount_minor
"""
OVER_LIMIT_CTE = f"over_limit (customer_id, currency, amount_minor, from_date, excess_minor) as ({OVER_LIMIT})"


@dataclass(frozen=True, slots=True)
class Excess:
    """A customer that owes more than its limit, since when, and by how much."""

    customer_id: int
    since_date: date
    excess_minor: int
    currency: str


def over_limit(organisation_id: int, *, today: date) -> list[Excess]:
    """The customers that owe more than their limit today."""
    with connection.cursor() as cursor:
        cursor.execute(f"with {OVER_LIMIT_CTE} {EXCEEDED}", {"organisation": organisation_id, "today": today})
        return [Excess(*row) for row in cursor.fetchall()]
