"""Into which column of the aged balance an open amount falls on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from encours.core.errors import Refused, gettext_noop


class Basis(StrEnum):
    """The date from which age is counted."""

    DUE = "due"
    ISSUE = "issue"


class Unapplied(StrEnum):
    """Where receipts and credit notes that are not applied yet stand."""

    APART = "apart"  # in a column of their own
    AGED = "aged"  # in the bucket of their own date, as some products do


class BucketLimitsUnusable(Refused):
    """The limits of the ageing columns do not grow, or none is given."""

    message = gettext_noop("Ageing columns need limits in days that grow, such as 30, 60, 90; got {limits}.")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One column of the aged balance: from `first_days` to `last_days` late, both included; None is no limit."""

    code: str
    first_days: int | None
    last_days: int | None

    def holds(self, age_days: int) -> bool:
        """Whether this age falls into the column."""
        is_from = self.first_days is None or age_days >= self.first_days
        return is_from and (self.last_days is None or age_days <= self.last_days)


@dataclass(frozen=True, slots=True)
class Scheme:
    """The columns of an aged balance: a basis and the last day of each late column but the open-ended one."""

    limits_days: tuple[int, ...] = (30, 60, 90)
    basis: Basis = Basis.DUE
    unapplied: Unapplied = Unapplied.APART
    buckets: tuple[Bucket, ...] = field(init=False)

    def __post_init__(self) -> None:
        limits = self.limits_days
        if not limits or list(limits) != sorted(set(limits)) or limits[0] < 1:
            raise BucketLimitsUnusable(limits=", ".join(str(limit) for limit in limits) or "-")
        object.__setattr__(self, "buckets", _buckets(limits, self.basis))

    def bucket_of(self, *, age_days: int) -> Bucket:
        """The one column for an age; the columns cover every age and never overlap."""
        return next(bucket for bucket in self.buckets if bucket.holds(age_days))


def _buckets(limits: tuple[int, ...], basis: Basis) -> tuple[Bucket, ...]:
    """Due basis: not due, 1-30, 31-60 ...; issue basis has no "not due", its first column starts at day 0."""
    late = [Bucket(f"days_{low + 1}_{high}", low + 1, high) for low, high in zip((0, *limits), limits, strict=False)]
    older = Bucket(f"days_over_{limits[-1]}", limits[-1] + 1, None)
    if basis is Basis.DUE:
        return (Bucket("not_due", None, 0), *late, older)
    return (Bucket(f"days_0_{limits[0]}", None, limits[0]), *late[1:], older)


STANDARD = Scheme()
DETAILED = Scheme(limits_days=(30, 60, 90, 120, 180, 365))


def age_days(*, as_of: date, item_date: date, due_date: date, basis: Basis) -> int:
    """Days from the due date (or the issue date) to the day of the balance.

    Due today is not overdue: an instalment due on 30 November is 0 days late on 30 November and 1 day on 1 December.
    """
    return (as_of - (due_date if basis is Basis.DUE else item_date)).days


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """An open item as the aged balance sees it: what it still weighs, with its sign, and its two dates."""

    open_minor: int
    item_date: date
    due_date: date


def aged(items: list[OpenAmount], *, as_of: date, scheme: Scheme = STANDARD) -> Mapping[str, int]:
    """The aged balance of items in one currency: minor units by column, `unapplied` and their `total`.

    On 30 November: 100 due on the 30th is not due, 50 due on 30 October is 31 days late, a receipt of 20 not yet
    applied stands apart: not_due 100, days_31_60 50, unapplied -20, total 130.
    """
    sums = dict.fromkeys([bucket.code for bucket in scheme.buckets], 0) | {"unapplied": 0, "total": 0}
    for item in items:
        sums[column_of(item, as_of=as_of, scheme=scheme)] += item.open_minor
        sums["total"] += item.open_minor
    return sums


def column_of(item: OpenAmount, *, as_of: date, scheme: Scheme) -> str:
    """The column of one item: what customers have in credit stands apart unless the scheme ages it."""
    if item.open_minor < 0 and scheme.unapplied is Unapplied.APART:
        return "unapplied"
    age = age_days(as_of=as_of, item_date=item.item_date, due_date=item.due_date, basis=scheme.basis)
    return scheme.bucket_of(age_days=age).code


def is_overdue(*, due_date: date, as_of: date) -> bool:
    """An instalment is overdue from the day after its due date."""
    return due_date < as_of
