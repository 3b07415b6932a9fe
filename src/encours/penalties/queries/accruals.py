"""The penalties of a customer or of the whole book, reckoned from the ledger a slice of customers at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from encours.core.legal_values import Registry
from encours.customers import queries as customers
from encours.disputes.models import Dispute
from encours.ledger.queries import AsOf, Selection
from encours.penalties.models import Suspension
from encours.penalties.queries.agreed import Agreements, agreements_of, registry_of
from encours.penalties.rules.accrual import NOTHING_DECIDED, Accrual, Decided, LateItem, accrue
from encours.penalties.rules.interest import Debt, Reduction, Stop, SuspensionKind
from encours.penalties.rules.settling import SettledLeg, reductions_of

BEARING_KINDS = ("invoice", "debit_note", "deposit")
_SLICE_ITEMS = 2_000

# A penalty bears none itself (C. civ. 1343-2), nor does the interest or fee of a payment plan, and an invoice that was
# reversed was never owed.
_LATE = """
    from ledger_openitem i
    join customers_customer c on c.id = i.customer_id and c.organisation_id = i.organisation_id
    join access_entity e on e.id = i.entity_id
    where {conditions} and i.kind = any(%(kinds)s) and i.amount_minor > 0
      and i.due_date < %(day)s and i.item_date <= %(day)s {known}
      and (i.open_minor <> 0 or i.legs_last_date > i.due_date)
      and not exists (select from ledger_openitem r
                      where r.organisation_id = i.organisation_id and r.reverses_id = i.id {known_mirror})
      and not exists (select from penalties_penaltynote n where n.organisation_id = i.organisation_id
                      and n.entity_id = i.entity_id and n.number = i.document_number and i.kind = 'debit_note')
      and not exists (select from plans_plan p where p.organisation_id = i.organisation_id
                      and p.entity_id = i.entity_id and p.number = i.document_number and i.kind = 'debit_note')"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Customers whose late items bear no penalty, and why."""

    reason: str
    customer_count: int
    item_count: int


def accruals(selection: Selection, as_of: AsOf) -> Iterator[Accrual]:
    """The penalties run up to and including the day, customer by customer, with what is known at K.

    Items paid late count as long as they exist: penalties survive the principal. Private persons owe none.
    """
    reader = _Reader(
        selection.organisation_id,
        as_of,
        registry=registry_of(selection.organisation_id, known_at=as_of.known_at),
        agreements=agreements_of(selection.organisation_id, known_at=as_of.known_at),
        kept=customers.merged(selection.organisation_id),
    )
    for rows in _slices(_late_rows(selection, as_of)):
        yield from reader.accruals(rows)


def left_out(selection: Selection, as_of: AsOf) -> list[LeftOut]:
    """Who is not asked for penalties although late: private persons (C. com. L441-10 binds professionals)."""
    sql, parameters = _late_sql(selection, as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(distinct i.customer_id), count(*) {sql} and c.is_natural_person",
            parameters,
        )
        customer_count, item_count = cursor.fetchone()
    return [LeftOut("natural_person", customer_count, item_count)] if customer_count else []


def _late_sql(selection: Selection, as_of: AsOf) -> tuple[str, dict[str, Any]]:
    known = "and i.recorded_at <= %(known_at)s" if as_of.known_at else ""
    known_mirror = "and r.recorded_at <= %(known_at)s" if as_of.known_at else ""
    sql = _LATE.format(conditions=selection.conditions("i"), known=known, known_mirror=known_mirror)
    parameters = {
        **selection.parameters(),
        "day": as_of.day,
        "known_at": as_of.known_at,
        "kinds": list(BEARING_KINDS),
    }
    return sql, parameters


class _Row(NamedTuple):
    """A late item as it is read; the fields stand as LateItem has them."""

    item_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    country: str
    entity_id: int
    entity_code: str
    document_number: str
    instalment_number: int
    instalment_count: int
    item_date: date
    due_date: date
    due_inferred: bool
    currency: str
    amount_minor: int


def _late_rows(selection: Selection, as_of: AsOf) -> Iterator[_Row]:
    sql, parameters = _late_sql(selection, as_of)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"""select i.id, i.customer_id, c.number, c.name, c.country, i.entity_id, e.code, i.document_number,
                       i.instalment_number, i.instalment_count, i.item_date, i.due_date, i.due_inferred, i.currency,
                       i.amount_minor
                {sql} and not c.is_natural_person
                order by i.customer_id, i.due_date, i.id""",
            parameters,
        )
        for row in cursor:
            yield _Row(*row)


def _slices(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Whole customers, some thousand items at a time: a document's instalments are never parted."""
    slice_: list[_Row] = []
    for _, of_customer in groupby(rows, key=lambda row: row.customer_id):
        slice_ += of_customer
        if len(slice_) >= _SLICE_ITEMS:
            yield slice_
            slice_ = []
    if slice_:
        yield slice_


@dataclass(frozen=True)
class _Reader:
    """Reads, for some customers' late items at a time, what their penalties depend on."""

    organisation_id: int
    as_of: AsOf
    registry: Registry
    agreements: Agreements
    kept: Mapping[int, int]  # a merged customer -> the one it was merged into

    def accruals(self, rows: Sequence[_Row]) -> Iterator[Accrual]:
        reductions = self._reductions([row.item_id for row in rows])
        concerned = {self._owner(row) for row in rows} | {row.customer_id for row in rows}
        suspensions, disputes = self._suspensions(concerned), self._disputes(concerned)
        decided = self._decided({row.document_number for row in rows})
        for _, of_customer in groupby(rows, key=lambda row: row.customer_id):
            items = []
            for row in of_customer:
                debt = Debt(
                    row.amount_minor,
                    row.due_date,
                    tuple(reductions.get(row.item_id, ())),
                    _stops(suspensions.get(self._owner(row), ()), row),
                    self.agreements.of(self._owner(row), row.entity_id, item_date=row.item_date),
                )
                key = (row.entity_id, row.document_number)
                item = LateItem(
                    *row,
                    debt=debt,
                    is_disputed=any(_contests(one, row) for one in disputes.get(self._owner(row), ())),
                    interest_decided=decided.get((*key, row.instalment_number, "interest"), NOTHING_DECIDED),
                    compensation_decided=decided.get((*key, 0, "compensation"), NOTHING_DECIDED),
                )
                items.append(item)
            yield from accrue(items, until=self.as_of.day, registry=self.registry)

    def _owner(self, row: _Row) -> int:
        return self.kept.get(row.customer_id, row.customer_id)

    def _reductions(self, item_ids: Sequence[int]) -> dict[int, list[Reduction]]:
        """What lowered each item: from whole allocations, since only they tell which money paid which item."""
        known = "and l.recorded_at <= %(known_at)s" if self.as_of.known_at else ""
        known_undo = "and u.recorded_at <= %(known_at)s" if self.as_of.known_at else ""
        found: dict[int, list[Reduction]] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                select l.allocation_id, l.item_id, i.kind, i.document_number, i.item_date, i.due_date, l.currency,
                       l.amount_minor
                from ledger_allocationleg l
                join ledger_openitem i on i.id = l.item_id and i.organisation_id = l.organisation_id
                join ledger_allocation a on a.id = l.allocation_id and a.organisation_id = l.organisation_id
                where l.organisation_id = %(organisation)s and a.reverses_id is null {known}
                  and l.allocation_id in (select m.allocation_id from ledger_allocationleg m
                                          where m.organisation_id = %(organisation)s and m.item_id = any(%(items)s))
                  and not exists (select from ledger_allocation u where u.organisation_id = l.organisation_id
                                  and u.reverses_id = l.allocation_id {known_undo})
                order by l.allocation_id, l.id""",
                {
                    "organisation": self.organisation_id,
                    "items": list(item_ids),
                    "known_at": self.as_of.known_at,
                },
            )
            for _, rows in groupby(cursor.fetchall(), key=lambda row: row[0]):
                for item_id, taken in reductions_of([SettledLeg(*row[1:]) for row in rows]).items():
                    found.setdefault(item_id, []).extend(taken)
        return found

    def _suspensions(self, customer_ids: Iterable[int]) -> dict[int, list[Suspension]]:
        rows = Suspension.objects.filter(organisation_id=self.organisation_id, customer_id__in=customer_ids)
        if self.as_of.known_at:
            still = Q(lifted_at__isnull=True) | Q(lifted_at__gt=self.as_of.known_at)
            rows = rows.filter(still, recorded_at__lte=self.as_of.known_at)
        else:
            rows = rows.filter(lifted_at__isnull=True)
        return _by_customer(rows.order_by("pk"))

    def _disputes(self, customer_ids: Iterable[int]) -> dict[int, list[Dispute]]:
        rows = Dispute.objects.filter(
            Q(closed_date__isnull=True) | Q(closed_date__gt=self.as_of.day),
            organisation_id=self.organisation_id,
            customer_id__in=customer_ids,
            opened_date__lte=self.as_of.day,
        )
        return _by_customer(rows.order_by("pk"))

    def _decided(self, numbers: Iterable[str]) -> dict[tuple[int, str, int, str], Decided]:
        known = "and n.recorded_at <= %(known_at)s" if self.as_of.known_at else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                select l.entity_id, l.document_number, l.instalment_number, l.kind,
                       coalesce(sum(l.amount_minor) filter (where n.outcome = 'invoiced'), 0)::bigint,
                       coalesce(sum(l.amount_minor) filter (where n.outcome = 'waived'), 0)::bigint
                from penalties_penaltyline l
                join penalties_penaltynote n on n.id = l.note_id and n.organisation_id = l.organisation_id
                where l.organisation_id = %(organisation)s and l.document_number = any(%(numbers)s) {known}
                group by 1, 2, 3, 4""",
                {
                    "organisation": self.organisation_id,
                    "numbers": list(numbers),
                    "known_at": self.as_of.known_at,
                },
            )
            return {tuple(row[:4]): Decided(*row[4:]) for row in cursor.fetchall()}


def _by_customer[Kind: (Suspension, Dispute)](rows: Iterable[Kind]) -> dict[int, list[Kind]]:
    found: dict[int, list[Kind]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found


def _stops(suspensions: Iterable[Suspension], row: _Row) -> tuple[Stop, ...]:
    """The suspensions that concern an item; insolvency stops only what was owed before the judgment (L622-28)."""
    return tuple(
        Stop(one.first_date, one.last_date, SuspensionKind(one.kind))
        for one in suspensions
        if one.document_number in ("", row.document_number)
        and (one.kind != SuspensionKind.INSOLVENCY or row.item_date < one.first_date)
    )


def _contests(dispute: Dispute, row: _Row) -> bool:
    if dispute.item_id is not None:
        return dispute.item_id == row.item_id
    return dispute.document_number in ("", row.document_number)
