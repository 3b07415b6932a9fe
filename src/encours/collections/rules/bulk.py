"""What a gesture on many customers does to each, and to whom it does nothing, with the reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Gesture(StrEnum):
    """What can be done with many customers at once."""

    ASSIGN = "assign"
    PAUSE = "pause"
    LATER = "later"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A customer that was ticked, with what decides whether the gesture does anything."""

    customer_id: int
    collector_id: int | None = None
    is_paused: bool = False
    is_insolvent: bool = False
    is_merged: bool = False


@dataclass(frozen=True, slots=True)
class Sorted:
    """Whom the gesture reaches, and whom not with the code of the reason."""

    reached: tuple[int, ...]
    left_out: tuple[tuple[int, str], ...]


def sort_out(gesture: Gesture, chosen: Iterable[Chosen], *, collector_id: int | None = None) -> Sorted:
    """Who is reached: one paused already is not paused again, one that is followed by the person already stays.

    Pausing Acme (paused) and Borealis reaches Borealis; Acme is left out as "paused".
    """
    reached, left = [], []
    for customer in chosen:
        why = _left_out(gesture, customer, collector_id)
        if why:
            left.append((customer.customer_id, why))
        else:
            reached.append(customer.customer_id)
    return Sorted(tuple(reached), tuple(left))


def _left_out(gesture: Gesture, customer: Chosen, collector_id: int | None) -> str:
    if customer.is_merged:
        return "merged"
    if gesture is Gesture.PAUSE and customer.is_insolvent:
        return "insolvent"
    if gesture is Gesture.PAUSE and customer.is_paused:
        return "paused"
    if gesture is Gesture.ASSIGN and customer.collector_id == collector_id:
        return "theirs"
    return ""
