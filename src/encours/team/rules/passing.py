"""When what a person is told also goes by e-mail: at once, with the others of the day, or never; quiet hours kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import NamedTuple

AT_ONCE, DAILY, NEVER = "at_once", "daily", "never"
# what a person is asked in their own name
PERSONAL = frozenset({"mention", "answer", "dispute"})


@dataclass(frozen=True, slots=True)
class Choice:
    """How one person wants to be told."""

    mentions: str = AT_ONCE
    others: str = DAILY
    digest_at: time = time(8)
    quiet_from: time = time(19)
    quiet_until: time = time(8)


class Waiting(NamedTuple):
    """A notification that has not gone by e-mail yet."""

    id: int
    kind: str
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Passing:
    """What leaves now, one by one or in one digest, and what need not leave any more."""

    at_once: tuple[int, ...] = ()
    digest: tuple[int, ...] = ()
    dropped: tuple[int, ...] = field(default=())


def is_quiet(choice: Choice, at: time) -> bool:
    """Whether a time falls into the quiet hours: 23:00 and 7:59 do from 19:00 to 8:00, 8:00 does not."""
    if choice.quiet_from == choice.quiet_until:
        return False
    if choice.quiet_from < choice.quiet_until:
        return choice.quiet_from <= at < choice.quiet_until
    return at >= choice.quiet_from or at < choice.quiet_until


def due(
    waiting: Sequence[Waiting], choice: Choice, *, now: datetime, is_working_day: bool, has_had_digest: bool
) -> Passing:
    """What of the waiting leaves now; `now` is the person's own clock.

    A mention at 10:00 leaves at 10:00, one at 20:00 the next working day at 8:00. What is read already in the product
    is not repeated by e-mail. The digest leaves once a day, from its hour on.
    """
    dropped = tuple(one.id for one in waiting if one.is_read or _mode(one, choice) == NEVER)
    rest = [one for one in waiting if one.id not in dropped]
    if not is_working_day or is_quiet(choice, now.time()):
        return Passing(dropped=dropped)
    at_once = tuple(one.id for one in rest if _mode(one, choice) == AT_ONCE)
    is_time = now.time() >= choice.digest_at and not has_had_digest
    digest = tuple(one.id for one in rest if _mode(one, choice) == DAILY) if is_time else ()
    return Passing(at_once, digest, dropped)


def _mode(one: Waiting, choice: Choice) -> str:
    return choice.mentions if one.kind in PERSONAL else choice.others
