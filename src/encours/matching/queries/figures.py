"""Cash application in figures: by day and account, the share applied alone, its precision, what lies unused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from encours.access.rules import Scope
from encours.customers.queries import owned_sql
from encours.matching.models import OPEN_STATES


@dataclass(frozen=True, slots=True)
class CashDay:
    """What came of one day's lines on one account."""

    day: date
    account_id: int
    account_name: str
    currency: str
    lines: int
    applied_alone: int
    confirmed: int
    on_account: int
    booked: int
    ignored: int
    waiting: int
    received_minor: int
    applied_minor: int
    waiting_minor: int


_LINES = """
from payments_bankline b
join payments_bankaccount a on a.id = b.account_id
left join matching_linework w on w.organisation_id = b.organisation_id and w.line_id = b.id
where b.organisation_id = %(organisation)s and b.detail_count = 0 and b.amount_minor <> 0
  and b.booking_date between %(first)s and %(last)s
"""


def cash_days(scope: Scope, *, first: date, last: date, account_id: int | None = None) -> list[CashDay]:
    """By day and account, the latest day first: applied alone, confirmed, on account, left out, waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select b.booking_date, b.account_id, coalesce(nullif(a.name, ''), nullif(a.iban, ''), a.account_number),
                       b.currency, count(*),
                       count(*) filter (where w.how = 'alone' and w.state in ('applied', 'on_account', 'booked')),
                       count(*) filter (where w.how in ('confirmed', 'bulk', 'manual') and w.state = 'applied'),
                       count(*) filter (where w.state = 'on_account' and w.how <> 'alone'),
                       count(*) filter (where w.state in ('booked', 'tied') and w.how <> 'alone'),
                       count(*) filter (where w.state = 'ignored'),
                       count(*) filter (where coalesce(w.state, 'waiting') = any(%(open)s)),
                       coalesce(sum(b.amount_minor) filter (where b.amount_minor > 0), 0)::bigint,
                       coalesce(sum(b.amount_minor)
                           filter (where w.state in ('applied', 'on_account', 'tied')), 0)::bigint,
                       coalesce(sum(b.amount_minor)
                           filter (where coalesce(w.state, 'waiting') = any(%(open)s)), 0)::bigint
                {_LINES} {_visible(scope)}
                  and (%(account)s::bigint is null or b.account_id = %(account)s)
                group by 1, 2, 3, 4 order by 1 desc, 3""",
            _parameters(scope, first=first, last=last, account=account_id),
        )
        return [CashDay(*row) for row in cursor.fetchall()]


def _visible(scope: Scope) -> str:
    """The lines a person may see: those of their companies, and of their own customers where that is all they see."""
    companies = "and b.entity_id = any(%(entities)s)" if scope.entity_ids else ""
    own = f"""and exists (select from customers_customer o where o.id = w.customer_id
        and o.organisation_id = b.organisation_id and {owned_sql("o")})"""
    return f"{companies} {own if scope.own_portfolio_only else ''}"


def _parameters(scope: Scope, **more: Any) -> dict[str, Any]:
    return {
        "organisation": scope.organisation_id,
        "entities": list(scope.entity_ids),
        "open": list(OPEN_STATES),
        "people": list(scope.people),
        **more,
    }


@dataclass(frozen=True, slots=True)
class MonthOfCash:
    """One month: how many lines could be applied, how many were alone, and how many of those were taken back."""

    month: date
    receivable: int
    alone: int
    alone_undone: int

    @property
    def rate_permyriad(self) -> int | None:
        """The share applied alone: 918 of 1,000 lines -> 9180."""
        return round(10_000 * self.alone / self.receivable) if self.receivable else None

    @property
    def precision_permyriad(self) -> int | None:
        """The share of what was applied alone that nobody took back."""
        return round(10_000 * (self.alone - self.alone_undone) / self.alone) if self.alone else None


def cash_months(scope: Scope, *, today: date, months: int = 12) -> list[MonthOfCash]:
    """The last months, oldest first. A line can be applied when it is not left out, tied or booked elsewhere."""
    first = _months_back(today, months - 1)
    lines = _LINES.replace("where b.", f"left join lateral ({_UNDONE}) m on true where b.", 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select date_trunc('month', b.booking_date)::date,
                       count(*) filter (where b.amount_minor > 0
                           and coalesce(w.state, 'waiting') not in ('ignored', 'tied', 'booked')),
                       count(*) filter (where w.how = 'alone' and w.state in ('applied', 'on_account'))
                           + count(m.id), count(m.id)
                {lines} {_visible(scope)}
                group by 1 order by 1""",
            _parameters(scope, first=first, last=today),
        )
        return [MonthOfCash(*row) for row in cursor.fetchall()]


# applied alone and taken back, for lines that are not applied alone now
_UNDONE = """select m.id from matching_match m where m.organisation_id = b.organisation_id and m.line_id = b.id
    and w.is_undone and m.how = 'alone' and m.reverses_id is null limit 1"""


def _months_back(day: date, count: int) -> date:
    index = day.year * 12 + day.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class WaitingMoney:
    """What waits for a person, in one currency."""

    currency: str
    lines: int
    amount_minor: int
    oldest_date: date


def waiting_money(scope: Scope, *, today: date) -> list[WaitingMoney]:
    """The lines that wait, by currency, the largest amount first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select b.currency, count(*), sum(b.amount_minor)::bigint, min(b.booking_date)
                {_LINES} {_visible(scope)} and coalesce(w.state, 'waiting') = any(%(open)s)
                group by 1 order by abs(sum(b.amount_minor)) desc""",
            _parameters(scope, first=date(1900, 1, 1), last=today),
        )
        return [WaitingMoney(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Unapplied:
    """Money or a credit note on a customer's account that settles nothing yet, how old it is and whose job it is."""

    item_id: int
    kind: str
    number: str
    customer_id: int
    customer_number: str
    customer_name: str
    item_date: date
    age_days: int
    currency: str
    amount_minor: int
    open_minor: int
    owner_id: int | None
    owner_name: str
    line_id: int | None


def unapplied_cash(
    scope: Scope, *, today: date, kinds: Sequence[str] = ("receipt", "credit_note"), limit: int = 500
) -> list[Unapplied]:
    """Unapplied cash, oldest first; its owner is who the line was handed to, else the customer's collector."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select i.id, i.kind, i.document_number, i.customer_id, c.number, c.name, i.item_date,
                       %(today)s - i.item_date, i.currency, -i.amount_minor, -i.open_minor,
                       coalesce(w.owner_id, c.collector_id),
                       trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), m.line_id
                from ledger_openitem i
                join customers_customer c on c.id = i.customer_id
                left join matching_match m on m.organisation_id = i.organisation_id and i.kind = 'receipt'
                    and m.receipt_id = i.document_id and m.reverses_id is null
                left join matching_linework w on w.organisation_id = m.organisation_id and w.line_id = m.line_id
                left join access_user u on u.id = coalesce(w.owner_id, c.collector_id)
                where i.organisation_id = %(organisation)s and i.open_minor < 0 and i.item_date <= %(today)s
                  and i.kind = any(%(kinds)s)
                  {"and i.entity_id = any(%(entities)s)" if scope.entity_ids else ""}
                  {f"and {owned_sql('c')}" if scope.own_portfolio_only else ""}
                order by i.item_date, i.id limit {int(limit)}""",
            _parameters(scope, today=today, kinds=list(kinds)),
        )
        return [Unapplied(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One receivable account of a company in one currency: what the items say, what the entries say."""

    entity_code: str
    account: str
    currency: str
    items_minor: int
    entries_minor: int

    @property
    def difference_minor(self) -> int:
        """What the two differ by; 0 in books that are right."""
        return self.items_minor - self.entries_minor


def receivable_control(organisation_id: int, *, day: date) -> list[ControlRow]:
    """The customers' sub-ledger beside account 411 at any day: what was open then, against the entries up to then."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select e.code, x.account, x.currency, sum(x.item_minor)::bigint, sum(x.entry_minor)::bigint from (
                   select i.entity_id, i.account, i.currency, i.amount_minor + coalesce((
                           select sum(l.amount_minor) from ledger_allocationleg l
                           where l.organisation_id = i.organisation_id and l.item_id = i.id
                             and l.allocation_date <= %(day)s), 0) as item_minor, 0 as entry_minor
                   from ledger_openitem i where i.organisation_id = %(organisation)s and i.item_date <= %(day)s
                   union all
                   select t.entity_id, n.account, n.currency, 0, n.amount_minor from ledger_entry n
                   join ledger_transaction t on t.id = n.transaction_id and t.organisation_id = n.organisation_id
                   where n.organisation_id = %(organisation)s and n.account like '41%%'
                     and t.transaction_date <= %(day)s) x
               join access_entity e on e.id = x.entity_id
               group by 1, 2, 3 having sum(x.item_minor) <> 0 or sum(x.entry_minor) <> 0 order by 1, 2, 3""",
            {"organisation": organisation_id, "day": day},
        )
        return [ControlRow(*row) for row in cursor.fetchall()]
