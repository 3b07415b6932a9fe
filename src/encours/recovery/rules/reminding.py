"""Which of the last days somebody is told of now, as a task: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from encours.core.errors import gettext_noop as _
from encours.recovery.rules.deadlines import Kind

# days before the safe day from which a task asks for it; a claim to file has its task from the judgment on, and time
# that runs against the other side (an opposition) asks nothing of us
LEAD_DAYS: Mapping[Kind, int] = {
    Kind.LIMITATION: 90,
    Kind.TITLE: 90,
    Kind.ORDER_SERVICE: 45,
    Kind.CLAIM_RELIEF: 45,
    Kind.RETENTION: 45,
    Kind.DEDUCTION: 14,
    Kind.NOTICE: 0,
    Kind.MANDATE: 60,
    Kind.INSURER_NOTICE: 21,
    Kind.INSURER_CLAIM: 45,
}
# what is asked to be done a while before the last day
EARLY_DAYS = 7
TITLES: Mapping[Kind, str] = {
    Kind.LIMITATION: _("Limitation on {day}: {subject}, {name}"),
    Kind.TITLE: _("Title to enforce by {day}: {name}"),
    Kind.ORDER_SERVICE: _("Order to pay to have served by {day}: {name}"),
    Kind.CLAIM_RELIEF: _("Relief from the time bar to ask for by {day}: {name}"),
    Kind.RETENTION: _("Goods under retention of title to claim by {day}: {name}"),
    Kind.DEDUCTION: _("Deduction to contest by {day}: {subject}, {name}"),
    Kind.MANDATE: _("Mandate to use or to have signed anew by {day}: {subject}, {name}"),
    Kind.INSURER_NOTICE: _("Overdue to declare to the insurer by {day}: {subject}, {name}"),
    Kind.INSURER_CLAIM: _("Claim to make on the insurer by {day}: {subject}, {name}"),
    Kind.NOTICE: _("The day of the formal notice {subject} is over, decide what follows: {name}"),
}
MANY = _("{count} documents, the first {subject}")


@dataclass(frozen=True, slots=True)
class Last:
    """A last day, whose and of what."""

    kind: Kind
    customer_id: int
    name: str
    subject: str
    safe_date: date


@dataclass(frozen=True, slots=True)
class Asked:
    """One task: all of a customer's last days of a kind that are near, the nearest named."""

    first: Last
    count: int
    due_date: date

    @property
    def key(self) -> str:
        """By which the task is made once."""
        first = self.first
        return f"deadline:{first.kind.value}:{first.customer_id}:{first.safe_date.isoformat()}:{first.subject}"[:200]


def near(lasts: Iterable[Last], *, today: date) -> list[Asked]:
    """The tasks that the last days ask for today, one for each customer and kind; what is over asks for nothing more.

    A debt lapses on 1 March: from 1 December on a task stands, to be done by 22 February. The day of a formal notice
    asks the day after, and for a month.
    """
    groups: dict[tuple[int, Kind], list[Last]] = {}
    kept = list(lasts)
    to_file = {one.customer_id for one in kept if one.kind is Kind.CLAIM_FILING and one.safe_date >= today}
    for one in kept:
        if one.kind not in LEAD_DAYS or (one.kind is Kind.CLAIM_RELIEF and one.customer_id in to_file):
            continue
        if _is_near(one, today):
            groups.setdefault((one.customer_id, one.kind), []).append(one)
    found = []
    for group in groups.values():
        first = min(group, key=lambda one: (one.safe_date, one.subject))
        due = today if first.kind is Kind.NOTICE else first.safe_date - timedelta(days=EARLY_DAYS)
        found.append(Asked(first, len(group), max(due, today)))
    return sorted(found, key=lambda one: (one.due_date, one.first.name, one.first.kind.value))


def _is_near(one: Last, today: date) -> bool:
    if one.kind is Kind.NOTICE:
        return one.safe_date < today <= one.safe_date + timedelta(days=30)
    return today <= one.safe_date <= today + timedelta(days=LEAD_DAYS[one.kind])
