"""One measured figure beside its limit, and how to take the time of both fairly."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """What ours took, what the limit took in the same run, and the ratio that was to be reached.

    `ratio` is ours / limit in seconds, so smaller is better; `ratio_max` is the promise.
    """

    work: str
    book: str
    ours_seconds: float
    limit: str
    limit_seconds: float
    ratio_max: float
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours_seconds / self.limit_seconds

    @property
    def is_reached(self) -> bool:
        return self.ratio <= self.ratio_max


@dataclass(frozen=True)
class Book:
    """Files of one generated book and the database it goes into.

    `dsn` is the owner's address (for raw limits); the product itself runs on its usual connection. `organisation_id`
    is set once the book is imported.
    """

    folder: Path
    dsn: str
    invoices: int
    as_of: str
    organisation_id: int | None = None


def seconds(work: Callable[[], object], *, runs: int = 3, before: Callable[[], object] | None = None) -> float:
    """The median wall time of a few runs; `before` puts things back and is not counted."""
    taken = []
    for _ in range(runs):
        if before is not None:
            before()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
