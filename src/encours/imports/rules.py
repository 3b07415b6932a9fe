"""How lines of general ledgers become items, and letters allocations: pure, on plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

DOCUMENTS = frozenset({"invoice", "credit_note", "debit_note"})
RECEIPTS = frozenset({"receipt", "refund"})


def kind_of(account: str, *, is_debit: bool, nature: str, counterparts: str) -> str:
    """What a line on a receivable account stands for.

    `nature` is what its journal is for (opening, sales, treasury, other), `counterparts` what stands opposite in its
    own
    entry: S sale, T treasury, W write-off, D discount. The entry speaks before the journal.

    A debit of 411 against 707 is an invoice, a credit against 512 a receipt, a credit against 654 a write-off, a
    credit of
    4191 a deposit, a debit against 512 money paid back.
    """
    if account.startswith("419"):
        return "deposit"
    if nature == "opening":
        return "invoice" if is_debit else "credit_note"
    is_sale = "S" in counterparts or (not counterparts and nature == "sales")
    is_cash = "T" in counterparts or (not counterparts and nature == "treasury")
    if is_debit:
        if is_sale and nature != "treasury":
            return "invoice"
        return "refund" if is_cash else "debit_note"
    if is_cash:
        return "receipt"
    if "W" in counterparts:
        return "write_off"
    return "discount" if "D" in counterparts and not is_sale else "credit_note"


@dataclass(frozen=True, slots=True)
class Lettered:
    """One item that carries a lettrage code in the general ledger; `open_minor` is what may still be taken of it."""

    item_id: int
    line: int
    amount_minor: int
    open_minor: int
    item_date: date
    code_date: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """Items lettered together: the legs that settle them, and what the group leaves over."""

    allocation_date: date
    code_date: date | None
    legs: tuple[tuple[int, int], ...]
    left_minor: int


def lettrage(items: Sequence[Lettered]) -> list[Group]:
    """The allocations that a lettrage code of one account and customer stands for.

    A group that sums to zero is settled in full. One that does not is first looked at day by day of lettrage, since
    packages
    use codes again; what still does not sum to zero is a partial lettrage: the smaller side is used up, the oldest
    items of
    the other side first.

    Invoice 100 and 50, receipt -120 -> legs -100, -20, +120, and 30 are left.
    """
    if sum(item.amount_minor for item in items) == 0:
        return _groups([items])
    by_day = sorted(items, key=lambda item: (item.code_date or date.min, item.line))
    days = [list(part) for _, part in groupby(by_day, key=lambda item: item.code_date)]
    whole = [part for part in days if len(part) > 1 and sum(item.amount_minor for item in part) == 0]
    rest = [item for part in days if part not in whole for item in part]
    return _groups([*whole, rest])


def _groups(parts: Sequence[Sequence[Lettered]]) -> list[Group]:
    return [group for part in parts if part and (group := _group(part)) is not None]


def _group(items: Sequence[Lettered]) -> Group | None:
    oldest_first = sorted(items, key=lambda item: (item.item_date, item.line))
    owed = [item for item in oldest_first if item.open_minor > 0]
    given = [item for item in oldest_first if item.open_minor < 0]
    owed_minor = sum(item.open_minor for item in owed)
    given_minor = -sum(item.open_minor for item in given)
    used_minor = min(owed_minor, given_minor)
    left_minor = sum(item.amount_minor for item in items)
    code_dates = [item.code_date for item in items if item.code_date]
    code_date = max(code_dates) if code_dates else None
    day = max([*(item.item_date for item in items), *code_dates])
    legs = (*_taken(owed, used_minor, -1), *_taken(given, used_minor, 1))
    return Group(day, code_date, legs, left_minor) if legs or left_minor else None


def _taken(items: Sequence[Lettered], amount_minor: int, sign: int) -> list[tuple[int, int]]:
    legs = []
    for item in items:
        part_minor = min(amount_minor, abs(item.open_minor))
        if part_minor:
            legs.append((item.item_id, sign * part_minor))
        amount_minor -= part_minor
    return legs


def carried_forward(known: Sequence[tuple[int, int]], amount_minor: int) -> list[tuple[int, int]]:
    """Which known open items an opening line stands for, oldest first: (item, open amount), as far as its amount goes.

    Opening 120 over known items 100 and 50 -> (first, 100), (second, 20).
    """
    found, left_minor = [], amount_minor
    for item_id, open_minor in known:
        if left_minor == 0:
            break
        if (open_minor > 0) == (left_minor > 0):
            part_minor = open_minor if abs(open_minor) <= abs(left_minor) else left_minor
            found.append((item_id, part_minor))
            left_minor -= part_minor
    return found
