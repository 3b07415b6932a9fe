"""How far a limit is used: pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """What a customer owes beside what it may owe, in minor units of one currency."""

    limit_minor: int
    exposure_minor: int

    @property
    def excess_minor(self) -> int:
        """What is owed above the limit: 1 200 owed of 1 000 is 200 too much; owing exactly the limit is no excess."""
        return max(0, self.exposure_minor - self.limit_minor)

    @property
    def room_minor(self) -> int:
        """What may still be sold on credit: of 1 000 with 300 owed, 700; with 1 200 owed, nothing."""
        return max(0, self.limit_minor - max(0, self.exposure_minor))

    @property
    def percent(self) -> int:
        """How much of the limit is used, in whole percent: 300 of 1 000 is 30; of a limit of zero, any debt is 100."""
        if self.exposure_minor <= 0:
            return 0
        return self.exposure_minor * 100 // self.limit_minor if self.limit_minor else 100


@dataclass(frozen=True, slots=True)
class Granted:
    """What a customer may owe at most, in one currency."""

    minor: int
    currency: str


def asks_second_person(before: Granted | None, after: Granted | None, *, threshold: Granted | None) -> bool:
    """Whether a change of a limit waits for a second person, where those above a threshold do.

    Above 50 000: 30 000 -> 40 000 counts at once, 30 000 -> 60 000 waits, and so does a first limit of 60 000. Less
    trust never waits: 90 000 -> 70 000 counts at once. No limit any more is the most trust there is: it waits. What is
    in another currency than the threshold cannot be compared with it, and waits. No threshold: nothing ever waits.
    """
    if threshold is None:
        return False
    if after is None:
        return before is not None
    if before is not None and before.currency == after.currency and after.minor <= before.minor:
        return False
    return after.currency != threshold.currency or after.minor > threshold.minor
