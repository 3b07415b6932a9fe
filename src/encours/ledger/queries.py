"""Read open items, their allocations and what an account comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet

from encours.access.rules import Scope
from encours.customers.queries import owned_by, owned_sql
from encours.ledger.models import OpenItem, Transaction

UNASSIGNED = 0  # as a collector or a segment: customers who have none
# the code an allocation bears now: the latest one given, else its own
CODE_NOW = """coalesce((select t.code from ledger_lettering t where t.organisation_id = a.organisation_id
    and t.allocation_id = a.id order by t.id desc limit 1), a.code)"""
STANDS = """a.reverses_id is null and a.source <> 'reversal' and not exists (select from ledger_allocation u
    where u.organisation_id = a.organisation_id and u.reverses_id = a.id)"""


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day asked about, and the instant of what was known; None is all that is known."""

    day: date
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items are looked at: those a person may see, narrowed to what they asked for."""

    organisation_id: int
    entity_ids: tuple[int, ...] = ()
    portfolio_of: tuple[int, ...] | None = None
    entity_id: int | None = None
    customer_id: int | None = None
    customer_ids: Sequence[int] | None = None
    collector_id: int | None = None
    segment_id: int | None = None
    country: str | None = None
    currency: str | None = None

    @classmethod
    def of(cls, scope: Scope, **asked: Any) -> "Selection":
        """What the scope lets through of what is asked."""
        return cls(
            organisation_id=scope.organisation_id,
            entity_ids=tuple(scope.entity_ids),
            portfolio_of=scope.people if scope.own_portfolio_only else None,
            **asked,
        )

    def conditions(self, alias: str) -> str:
        """SQL conditions on a table with organisation, entity, customer and currency columns, for `parameters`."""
        found = [f"{alias}.organisation_id = %(organisation)s"]
        if self.entity_ids:
            found.append(f"{alias}.entity_id = any(%(entities)s::bigint[])")
        found += [
            f"{alias}.{column} = %({column})s"
            for column in ("entity_id", "customer_id", "currency")
            if getattr(self, column) is not None
        ]
        if self.customer_ids is not None:
            found.append(f"{alias}.customer_id = any(%(customers)s::bigint[])")
        if of_customer := self.customer_conditions("c"):
            found.append(
                f"{alias}.customer_id in (select c.id from customers_customer c"
                f" where c.organisation_id = %(organisation)s and {' and '.join(of_customer)})"
            )
        return " and ".join(found)

    def customer_conditions(self, alias: str) -> list[str]:
        """The conditions that look at the customer's own columns."""
        found = []
        if self.portfolio_of is not None:
            found.append(owned_sql(alias, "portfolio"))
        for column in ("collector_id", "segment_id"):
            if (asked := getattr(self, column)) is not None:
                found.append(f"{alias}.{column} is null" if asked == UNASSIGNED else f"{alias}.{column} = %({column})s")
        if self.country is not None:
            found.append(f"{alias}.country = %(country)s")
        return found

    def parameters(self) -> dict[str, Any]:
        """The values the conditions name."""
        return {
            "organisation": self.organisation_id,
            "entities": list(self.entity_ids),
            "portfolio": list(self.portfolio_of or ()),
            "customers": list(self.customer_ids or ()),
            **{
                name: getattr(self, name)
                for name in ("entity_id", "customer_id", "collector_id", "segment_id", "country", "currency")
            },
        }


# what customers have in credit falls never due: it stands after every debt, in an index of that very expression
def due_order(alias: str, *, sign: str = "open_minor") -> str:
    """The SQL expression that lists of items are ordered by."""
    return f"(case when {alias}.{sign} < 0 then date '9999-12-31' else {alias}.due_date end)"


# what the covering indexes hold, so that no page of the table is read
LEAN_COLUMNS = ("id", "entity_id", "customer_id", "currency", "item_date", "due_date", "amount_minor")


def open_items_sql(
    selection: Selection, as_of: AsOf, *, columns: Sequence[str] = LEAN_COLUMNS
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of the items as of D, known at K: the columns asked and `open_minor` then.

    An item whose legs are all dated up to D and known at K has its kept balance, one without a leg yet its amount;
    only items caught between two legs have their legs summed. Rows may have `open_minor` zero. `offset 0` keeps the
    planner from copying the expression into each place that uses it.
    """
    parts, parameters = _open_parts(selection, as_of, columns)
    return " union all ".join(f"({part} offset 0)" for part in parts), parameters


def listed_items_sql(selection: Selection, as_of: AsOf, *, columns: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The same items for a list, with `listed_at`, the day they are listed by: credits, never due, stand last.

    Where no closed item was open then, nothing stands between the list and the index of what is open in that order,
    and a page is found without reading the others.
    """
    parts, parameters = _open_parts(selection, as_of, columns, is_listed=True)
    return " union all ".join(parts), parameters


def _open_parts(
    selection: Selection, as_of: AsOf, columns: Sequence[str], *, is_listed: bool = False
) -> tuple[list[str], dict[str, Any]]:
    """The items still open, and those closed since that were open then, if there are any."""
    parameters = {**selection.parameters(), "day": as_of.day, "known_at": as_of.known_at}
    has_later_days, has_later_knowledge = _has_later_legs(selection, as_of)
    later = ["i.legs_last_date > %(day)s"] if has_later_days or has_later_knowledge else []
    later += ["i.legs_last_at > %(known_at)s"] if has_later_knowledge else []
    known = " and i.recorded_at <= %(known_at)s" if as_of.known_at else ""

    def part(condition: str, sign: str) -> str:
        listed = f"{due_order('i', sign=sign)} as listed_at, " if is_listed else ""
        return (
            f"select {', '.join(f'i.{column}' for column in columns)}, {listed}{_open_then(later)} as open_minor"
            f" from ledger_openitem i"
            f" where {selection.conditions('i')} and i.item_date <= %(day)s{known} and {condition}"
        )

    parts = [part("i.open_minor <> 0", "open_minor")]
    if has_later_days or has_later_knowledge:
        parts.append(part(f"i.open_minor = 0 and ({' or '.join(later)})", "amount_minor"))
    return parts, parameters


def _open_then(later: Sequence[str]) -> str:
    if not later:
        return "i.open_minor"
    is_known = " and l.recorded_at <= %(known_at)s" if len(later) > 1 else ""
    is_first_unknown = " or i.legs_first_at > %(known_at)s" if len(later) > 1 else ""
    return f"""case
        when i.legs_first_date is null or not ({" or ".join(later)}) then i.open_minor
        when i.legs_first_date > %(day)s{is_first_unknown} then i.amount_minor
        else i.amount_minor + (select coalesce(sum(l.amount_minor), 0)::bigint from ledger_allocationleg l
            where l.organisation_id = %(organisation)s and l.item_id = i.id
              and l.allocation_date <= %(day)s{is_known}) end"""


def has_allocations_after(organisation_id: int, day: date) -> bool:
    """Whether anything was allocated after the day: if not, what was open then is what is open now."""
    return _has_later_legs(Selection(organisation_id), AsOf(day))[0]


def _has_later_legs(selection: Selection, as_of: AsOf) -> tuple[bool, bool]:
    """Whether any allocation is dated after D, and whether any was learnt after K."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select exists (select from ledger_allocation
                     where organisation_id = %(organisation)s and allocation_date > %(day)s),
                   %(known_at)s::timestamptz is not null and exists (select from ledger_allocation
                     where organisation_id = %(organisation)s and recorded_at > %(known_at)s)
            """,
            {"organisation": selection.organisation_id, "day": as_of.day, "known_at": as_of.known_at},
        )
        found: tuple[bool, bool] = cursor.fetchone()
    return found


@dataclass(frozen=True, slots=True)
class Balance:
    """What one customer's account comes to in one currency on a day."""

    currency: str
    outstanding_minor: int
    overdue_minor: int
    not_due_minor: int
    unapplied_minor: int
    overdue_count: int
    item_count: int
    oldest_due_date: date | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One allocation seen from an item: when, with what, and how much of the item it took."""

    allocation_id: int
    allocation_date: date
    recorded_at: datetime
    code: str
    source: str
    amount_minor: int
    currency: str
    other_number: str
    other_kind: str
    other_amount_minor: int
    is_undone: bool

    @property
    def applied_minor(self) -> int:
        """How much of the item it took, as an amount people read without a sign."""
        return -self.amount_minor if self.other_kind else abs(self.amount_minor)


def items_in_scope(scope: Scope) -> QuerySet[OpenItem]:
    """The items of the companies and customers a person may see."""
    items = OpenItem.objects.filter(organisation_id=scope.organisation_id)
    if scope.entity_ids:
        items = items.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        items = items.filter(owned_by(scope.people, "customer__"))
    return items


def balances_of(customer_id: int, *, scope: Scope, today: date) -> Sequence[Balance]:
    """The account of one customer today, by currency, the largest first; what is dated later does not count yet."""
    items, parameters = open_items_sql(Selection.of(scope, customer_id=customer_id), AsOf(today))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select currency,
                   sum(open_minor)::bigint,
                   coalesce(sum(open_minor) filter (where open_minor > 0 and due_date < %(day)s), 0)::bigint,
                   coalesce(sum(open_minor) filter (where open_minor > 0 and due_date >= %(day)s), 0)::bigint,
                   coalesce(sum(open_minor) filter (where open_minor < 0), 0)::bigint,
                   count(*) filter (where open_minor > 0 and due_date < %(day)s),
                   count(*),
                   min(due_date) filter (where open_minor > 0 and due_date < %(day)s)
            from ({items}) item
            where open_minor <> 0
            group by currency
            order by 2 desc
            """,
            parameters,
        )
        return [Balance(*row) for row in cursor.fetchall()]


def account_items(customer_id: int, *, scope: Scope, limit: int) -> Sequence[OpenItem]:
    """The customer's open items, each document with all its instalments, settled ones too, by due date."""
    items = items_in_scope(scope).filter(customer_id=customer_id)
    still_open = list(items.exclude(open_minor=0).order_by("due_date", "pk")[:limit])
    parted = {item.document_number for item in still_open if item.instalment_count > 1}
    if not parted:
        return still_open
    # only settled instalments are missing; reversed ones and reversals stay out
    siblings = items.filter(document_number__in=parted, instalment_count__gt=1, open_minor=0, reverses__isnull=True)
    known = {item.pk for item in still_open}
    reversed_ids = set(
        OpenItem.objects.filter(
            organisation_id=scope.organisation_id, customer_id=customer_id, reverses__isnull=False
        ).values_list("reverses_id", flat=True)
    )
    return [*still_open, *(item for item in siblings if item.pk not in known and item.pk not in reversed_ids)]


def open_numbers(customer_id: int, *, scope: Scope) -> Sequence[str]:
    """The numbers of the customer's documents with something owed on them, the oldest due first."""
    items = items_in_scope(scope).filter(customer_id=customer_id, open_minor__gt=0).order_by("due_date", "pk")
    return list(dict.fromkeys(items.values_list("document_number", flat=True)[:200]))


def currency_of(document_number: str, *, customer_id: int, scope: Scope) -> str | None:
    """The currency of what is open on a document of the customer; without a number, of what is owed on the account."""
    items = items_in_scope(scope).filter(customer_id=customer_id, open_minor__gt=0)
    if document_number:
        items = items.filter(document_number=document_number)
    return items.order_by("due_date", "pk").values_list("currency", flat=True).first()


def items_of_document(document_id: int, *, kinds: Sequence[str], scope: Scope) -> Sequence[OpenItem]:
    """The instalments a document was booked with, corrections included."""
    items = items_in_scope(scope).filter(document_id=document_id, kind__in=kinds)
    return list(items.order_by("instalment_number", "pk"))


def settlements_of(item_ids: Sequence[int], *, organisation_id: int) -> dict[int, list[Settlement]]:
    """For each item the allocations that touched it, with the largest item on the other side."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select leg.item_id, allocation.id, allocation.allocation_date, allocation.recorded_at, allocation.code,
                   allocation.source, leg.amount_minor, leg.currency, coalesce(other.document_number, ''),
                   coalesce(other.kind, ''), coalesce(other.amount_minor, 0),
                   exists (select from ledger_allocation undo
                           where undo.organisation_id = allocation.organisation_id and undo.reverses_id = allocation.id)
            from ledger_allocationleg leg
            join ledger_allocation allocation
              on allocation.id = leg.allocation_id and allocation.organisation_id = leg.organisation_id
            left join lateral (
                select item.document_number, item.kind, item.amount_minor
                from ledger_allocationleg opposite
                join ledger_openitem item on item.id = opposite.item_id
                where opposite.organisation_id = leg.organisation_id and opposite.allocation_id = leg.allocation_id
                  and sign(opposite.amount_minor) <> sign(leg.amount_minor)
                order by abs(opposite.amount_minor) desc
                limit 1
            ) other on true
            where leg.organisation_id = %s and leg.item_id = any(%s)
            order by allocation.allocation_date desc, allocation.id desc
            """,
            [organisation_id, list(item_ids)],
        )
        found: dict[int, list[Settlement]] = {}
        for row in cursor.fetchall():
            found.setdefault(row[0], []).append(Settlement(*row[1:]))
        return found


def last_recorded_at(scope: Scope) -> datetime | None:
    """The instant the books last changed."""
    found = Transaction.objects.filter(organisation_id=scope.organisation_id).aggregate(last=Max("recorded_at"))
    last: datetime | None = found["last"]
    return last


NEVER_DUE = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One open item in a list over all customers."""

    item_id: int
    kind: str
    document_number: str
    document_id: int | None
    instalment_number: int
    instalment_count: int
    item_date: date
    due_date: date
    currency: str
    amount_minor: int
    open_minor: int
    days_late: int
    legs_last_date: date | None
    customer_number: str
    customer_name: str

    @property
    def has_page(self) -> bool:
        """Whether `document_id` names a document, and not a receipt."""
        return self.kind in ("invoice", "credit_note", "debit_note", "deposit")

    def place(self, sort: str) -> tuple[date | int, int]:
        """Where the row stands in the list: what the next page starts after."""
        if sort == "open":
            return self.open_minor, self.item_id
        return (NEVER_DUE if self.open_minor < 0 else self.due_date), self.item_id


@dataclass(frozen=True, slots=True)
class OpenTotal:
    """What a list of open items comes to in one currency."""

    currency: str
    count: int
    open_minor: int
    overdue_minor: int


_ITEM_ORDER = {
    "due": due_order("item"),
    "open": "item.open_minor",
}
_ITEM_CHOICE = {
    "overdue": "item.open_minor > 0 and item.due_date < %(today)s",
    "due_soon": "item.open_minor > 0 and item.due_date between %(today)s and %(today)s + 14",
    "not_due": "item.open_minor > 0 and item.due_date >= %(today)s",
    "credit": "item.open_minor < 0",
}


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which open items a list shows; empty fields let everything through."""

    text: str = ""
    only: str = ""
    kind: str = ""
    entity_id: int | None = None

    def clauses(self, scope: Scope) -> list[str]:
        """The conditions in SQL, each naming its parameter."""
        found = [
            "item.organisation_id = %(organisation)s",
            "item.open_minor <> 0",
            "item.item_date <= %(today)s",
        ]
        if scope.entity_ids:
            found.append("item.entity_id = any(%(entities)s)")
        if scope.own_portfolio_only:
            found.append(owned_sql("customer"))
        if self.only in _ITEM_CHOICE:
            found.append(_ITEM_CHOICE[self.only])
        if self.kind:
            found.append("item.kind = %(kind)s")
        if self.entity_id is not None:
            found.append("item.entity_id = %(entity)s")
        if self.text:
            found.append("(item.document_number ilike %(start)s or customer.name_folded like encours_fold(%(part)s))")
        return found

    def parameters(self, scope: Scope, *, today: date) -> dict[str, Any]:
        """The values the conditions name."""
        plain = self.text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return {
            "organisation": scope.organisation_id,
            "entities": list(scope.entity_ids),
            "people": list(scope.people),
            "today": today,
            "kind": self.kind,
            "entity": self.entity_id,
            "start": f"{plain}%",
            "part": f"%{plain}%",
        }


def open_items(
    chosen: ItemFilter,
    *,
    scope: Scope,
    today: date,
    order: tuple[str, bool],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[ItemRow]:
    """Today's open items, `order` being ("due" or "open", descending?), those after the place of the last row seen."""
    column, is_descending = _ITEM_ORDER[order[0]], order[1]
    clauses, parameters = chosen.clauses(scope), chosen.parameters(scope, today=today)
    if after is not None and len(after) == 2:
        clauses.append(f"({column}, item.id) {'<' if is_descending else '>'} (%(value)s, %(id)s)")
        parameters |= {"value": after[0], "id": after[1]}
    direction = "desc" if is_descending else "asc"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select item.id, item.kind, item.document_number, item.document_id, item.instalment_number,
                   item.instalment_count, item.item_date, item.due_date, item.currency, item.amount_minor,
                   item.open_minor,
                   case when item.open_minor > 0 then greatest(0, %(today)s - item.due_date) else 0 end,
                   item.legs_last_date, customer.number, customer.name
            from ledger_openitem item
            join customers_customer customer on customer.id = item.customer_id
            where {" and ".join(clauses)}
            order by {column} {direction}, item.id {direction}
            limit {int(limit)}
            """,
            parameters,
        )
        return [ItemRow(*row) for row in cursor.fetchall()]


def open_items_total(chosen: ItemFilter, *, scope: Scope, today: date) -> list[OpenTotal]:
    """What the whole list comes to, by currency, the largest first."""
    needs_customer = bool(chosen.text) or scope.own_portfolio_only
    joined = "join customers_customer customer on customer.id = item.customer_id" if needs_customer else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select item.currency, count(*), sum(item.open_minor)::bigint,
                   coalesce(sum(item.open_minor) filter (where item.open_minor > 0 and item.due_date < %(today)s),
                            0)::bigint
            from ledger_openitem item {joined}
            where {" and ".join(chosen.clauses(scope))}
            group by item.currency
            order by 3 desc
            """,
            chosen.parameters(scope, today=today),
        )
        return [OpenTotal(*row) for row in cursor.fetchall()]
