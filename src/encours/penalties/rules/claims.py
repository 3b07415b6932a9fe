"""What a decision takes of what is left: the parts of its notes, and what must be acknowledged before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from encours.penalties.rules import wording
from encours.penalties.rules.accrual import UNAPPLIED, WARNINGS, Accrual

INTEREST, COMPENSATION = "interest", "compensation"


class Line(Protocol):
    """A kept line of a note."""

    kind: str
    entity_id: int
    document_number: str
    instalment_number: int
    item_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """One debt's share of a note: the interest of an instalment, or the compensation of a document."""

    kind: str
    entity_id: int
    document_number: str
    instalment_number: int
    item_id: int
    amount_minor: int
    segments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def debt(self) -> tuple[int, str, int, str]:
        """What it is a part of, whatever open item stands for it."""
        return self.entity_id, self.document_number, self.instalment_number, self.kind

    @classmethod
    def undoing(cls, line: Line) -> "Part":
        """The part that gives back what a line took."""
        return cls(
            line.kind,
            line.entity_id,
            line.document_number,
            line.instalment_number,
            line.item_id,
            -line.amount_minor,
        )


def parts_of(accruals: Sequence[Accrual], *, kinds: Collection[str]) -> dict[tuple[int, str], list[Part]]:
    """What is left of the kinds asked for, by company and currency; nothing where more was claimed than is due.

    An invoice in dollars gives interest in dollars and, by law, a compensation in euros: two notes.
    """
    found: dict[tuple[int, str], list[Part]] = {}
    for accrual in accruals:
        item = accrual.item
        if INTEREST in kinds and accrual.interest_left_minor > 0:
            segments = [wording.kept(segment, item.currency) for segment in accrual.segments]
            part = Part(
                INTEREST,
                item.entity_id,
                item.document_number,
                item.instalment_number,
                item.item_id,
                accrual.interest_left_minor,
                segments,
            )
            found.setdefault((item.entity_id, item.currency), []).append(part)
        if COMPENSATION in kinds and accrual.compensation_left_minor > 0:
            law = [wording.kept_value(accrual.compensation)] if accrual.compensation else []
            once = Part(
                COMPENSATION,
                item.entity_id,
                item.document_number,
                0,
                item.item_id,
                accrual.compensation_left_minor,
                law,
            )
            found.setdefault((item.entity_id, accrual.compensation_currency), []).append(once)
    return found


def warnings_of(accruals: Sequence[Accrual], *, unapplied_minor: int) -> list[str]:
    """What a person should know before these are claimed, in a fixed order."""
    told = {code for accrual in accruals for code in accrual.warnings}
    if unapplied_minor:
        told.add(UNAPPLIED)
    return [code for code in WARNINGS if code in told]
