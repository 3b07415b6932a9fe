"""Who stands in for whom on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Away:
    """One absence as it stands: both days included, cut short by `ended_date` (the day the person is back)."""

    user_id: int
    substitute_id: int
    first_date: date
    last_date: date
    ended_date: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the person is away on that day."""
        return self.first_date <= day <= self.last_date and (self.ended_date is None or day < self.ended_date)


def substitutes(absences: Iterable[Away], *, today: date) -> Mapping[int, int]:
    """Each absent person with whoever works in their place today; the absence noted last counts.

    Ada is away and Bea stands in; Bea is away too and Chris stands in for her: Ada's work is Chris's today. Where the
    chain comes back to where it began, nobody is there and the work stays with the one it belongs to.

    >>> substitutes([Away(1, 2, monday, friday), Away(2, 3, monday, monday)], today=monday)
    {1: 3, 2: 3}
    """
    direct = {away.user_id: away.substitute_id for away in absences if away.covers(today)}
    return {user_id: found for user_id in direct if (found := _end_of(user_id, direct)) is not None}


def _end_of(user_id: int, direct: Mapping[int, int]) -> int | None:
    seen = {user_id}
    found = direct[user_id]
    while found in direct:
        if found in seen:
            return None
        seen.add(found)
        found = direct[found]
    return None if found in seen else found


def stood_in_for(user_id: int, found: Mapping[int, int]) -> tuple[int, ...]:
    """The absent people whose work is this person's today, by number."""
    return tuple(sorted(absent for absent, substitute in found.items() if substitute == user_id))
