"""How customers pay: a few dozen habits that a collector would recognise."""

import datetime as dt
import random
from dataclasses import dataclass

from encours.core.dates import BusinessCalendar

FRANCE = BusinessCalendar()
THURSDAY, FRIDAY = 3, 4


@dataclass(frozen=True, slots=True)
class Habit:
    """A way of paying: how many days after the due date, on which day of the week, and with what oddities.

    Shares are in percent of the invoices they touch.
    """

    name: str
    earliest_days: int
    latest_days: int
    weekday: int | None = None
    drift_days_a_month: int = 0  # it pays later as months go by
    partial_share: int = 0  # pays half, and the rest a month later
    short_share: int = 0  # pays a few percent less than asked
    discount_share: int = 0  # takes the agreed discount for early payment
    silent_days: int = 0  # has paid nothing for so many days


PROMPT = Habit("prompt", -10, -1)
EARLY = Habit("early with discount", -18, -6, discount_share=70)
THURSDAYS = Habit("on Thursdays", -6, 0, weekday=THURSDAY)
FRIDAYS = Habit("on Fridays", 0, 8, weekday=FRIDAY)
AFTER_FIRST_REMINDER = Habit("after the first reminder", 5, 13)
AFTER_SECOND_REMINDER = Habit("after the second reminder", 13, 27, partial_share=4)
SLOW = Habit("slow", 30, 82, partial_share=14)
DRIFTING = Habit("drifting", -4, 4, drift_days_a_month=1)
ERRATIC = Habit("erratic", -4, 70, partial_share=8)
SHORT_PAYER = Habit("pays short", 4, 16, short_share=28)
PUBLIC = Habit("public accountant", 6, 22, weekday=THURSDAY)
EXPORT = Habit("export", 2, 21, weekday=FRIDAY)
GROUP = Habit("paid by the parent", 3, 12, weekday=THURSDAY)
STALLED = Habit("stalled", 8, 26, silent_days=72)
SILENT = Habit("silent", 14, 40, silent_days=128)
INSOLVENT = Habit("insolvent", 10, 30, silent_days=150)
FIRST_DELAY = Habit("late for the first time", -2, 2, silent_days=19)

# how often a habit is met among ordinary customers
ORDINARY: tuple[tuple[Habit, int], ...] = (
    (PROMPT, 32),
    (EARLY, 5),
    (THURSDAYS, 16),
    (FRIDAYS, 9),
    (AFTER_FIRST_REMINDER, 9),
    (AFTER_SECOND_REMINDER, 11),
    (SLOW, 10),
    (DRIFTING, 4),
    (ERRATIC, 9),
    (SHORT_PAYER, 3),
)


def ordinary(chance: random.Random) -> Habit:
    """A habit drawn as often as it is met."""
    return chance.choices([habit for habit, _ in ORDINARY], [weight for _, weight in ORDINARY])[0]


def reliable(chance: random.Random) -> Habit:
    """The habits of those who are too big to be chronically late: one of them alone would bend every figure."""
    return chance.choice([PROMPT, PROMPT, THURSDAYS, FRIDAYS, AFTER_FIRST_REMINDER, AFTER_SECOND_REMINDER, DRIFTING])


def pays_on(habit: Habit, due_date: dt.date, chance: random.Random, *, months: int) -> dt.date:
    """The business day on which an amount due that day is paid, after so many months of the habit."""
    delay_days = chance.randint(habit.earliest_days, habit.latest_days) + habit.drift_days_a_month * months
    day = FRANCE.next_business_day(due_date + dt.timedelta(days=delay_days))
    if habit.weekday is not None:
        day += dt.timedelta(days=(habit.weekday - day.weekday()) % 7)
    return FRANCE.next_business_day(day)
