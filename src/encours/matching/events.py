"""What cash application tells the rooms above and beside it; `entrypoints.jobs.wiring` says who reacts."""

from dataclasses import dataclass
from datetime import date

from encours.core.actors import Actor


@dataclass(frozen=True, slots=True)
class Deduction:
    """A part of an item that a payer kept back: it stays open, and somebody must find out why."""

    match_id: int
    customer_id: int
    item_id: int
    document_number: str
    currency: str
    amount_minor: int
    reason: str  # as the payer says it, empty where nothing was said
    taken_date: date
    contest_until: date


@dataclass(frozen=True, slots=True)
class DeductionsTaken:
    """Short payments were applied."""

    organisation_id: int
    deductions: tuple[Deduction, ...]
    by: Actor
    today: date


@dataclass(frozen=True, slots=True)
class MatchUndone:
    """What was applied was taken back: what followed from it falls away."""

    organisation_id: int
    match_id: int
    by: Actor
    today: date
    why: str
