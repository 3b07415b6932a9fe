"""Load what happened to customers and how they answered: only where some scenario asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from encours.access.models import Membership, Role
from encours.collections.rules.dunning import EVENT_DAYS
from encours.collections.rules.facts import Address, EventFact
from encours.collections.rules.steps import DAYS_MAX, Colleague, Plan, StepEvent, StopCondition

UNANSWERED_DAYS = 180


class Slice(Protocol):
    """Some customers whose rows are read together."""

    def rows_of_all(self, sql: str, *, of_duplicates: str = "", **more: Any) -> list[tuple[Any, ...]]:
        """The rows of a query whose `<in>` stands for the slice."""


@dataclass
class Happened:
    """Events, the steps they had already, and answers, by customer."""

    events: dict[int, list[EventFact]] = field(default_factory=dict)
    answered: dict[int, set[tuple[int, str]]] = field(default_factory=dict)
    unanswered: dict[int, int] = field(default_factory=dict)
    last_answers: dict[int, date] = field(default_factory=dict)


EVENTS = """
select x.customer_id, x.kind, x.occurred_date, x.item_id from collections_occurrence x
where x.organisation_id = %(organisation)s and x.customer_id <in>
  and x.occurred_date between %(today)s - %(days)s and %(today)s
order by x.id
"""
ANSWERED = """
select h.customer_id, h.item_id, h.step_key from collections_reminderitem h
where h.organisation_id = %(organisation)s and h.customer_id <in> and h.has_left and h.step_position is null
  and h.step_key <> '' and not h.is_thanks and not (h.reminder_id = any(%(ignored)s))
"""
UNANSWERED = """
with answer as (
    select customer_id, max((received_at at time zone 'Europe/Paris')::date) as day from messaging_reply
    where organisation_id = %(organisation)s and customer_id <in> and received_at <= %(now)s group by 1
)
select coalesce(r.customer_id, a.customer_id), max(a.day),
       count(distinct r.send_date) filter (where a.day is null or r.send_date > a.day)
from (
    select r.customer_id, r.send_date from collections_reminder r
    where r.organisation_id = %(organisation)s and r.customer_id <in> and r.outcome = 'due' and r.message_key <> ''
      and r.send_date between %(today)s - %(days)s and %(today)s and not (r.id = any(%(ignored)s))
      and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
) r full join answer a on a.customer_id = r.customer_id
group by 1
"""


def asks_of_answers(plan: Plan) -> bool:
    """Whether some step of the scenario depends on whether the customer has answered."""
    return any(step.escalate_after or StopCondition.ANSWERED in step.stop_when for step in plan.steps)


def read_events(where: Slice, found: Happened) -> None:
    """What happened lately, and which steps that follow an event have left for which item."""
    for customer_id, kind, day, item_id in where.rows_of_all(EVENTS, days=EVENT_DAYS + DAYS_MAX):
        found.events.setdefault(customer_id, []).append(EventFact(StepEvent(kind), day, item_id))
    for customer_id, item_id, mark in where.rows_of_all(ANSWERED):
        found.answered.setdefault(customer_id, set()).add((item_id, mark))


def read_answers(where: Slice, found: Happened, *, now: datetime) -> None:
    """The last answer of each customer, and the days on which it was written to since."""
    for customer_id, day, count in where.rows_of_all(UNANSWERED, days=UNANSWERED_DAYS, now=now):
        found.unanswered[customer_id] = found.unanswered.get(customer_id, 0) + count
        if day is not None:
            found.last_answers[customer_id] = max(day, found.last_answers.get(customer_id, day))


@dataclass(frozen=True)
class Colleagues:
    """Our own people who may read a copy: by their id, and the credit managers."""

    people: Mapping[int, Address]
    managers: tuple[Address, ...]

    @classmethod
    def read(cls, organisation_id: int) -> "Colleagues":
        """The active members of the organisation."""
        found = Membership.objects.filter(organisation_id=organisation_id, is_active=True, user__is_active=True)
        members = list(found.select_related("user").order_by("pk"))
        people = {one.user_id: Address(one.user.display_name, "", one.user.email) for one in members}
        managers = tuple(people[one.user_id] for one in members if one.role == Role.CREDIT_MANAGER)
        return cls(people, managers)

    def of(
        self, collector_id: int | None, sales_id: int | None, success_id: int | None
    ) -> dict[str, tuple[Address, ...]]:
        """Who they are for one customer."""
        return {
            Colleague.COLLECTOR: self._one(collector_id),
            Colleague.SALES: self._one(sales_id),
            Colleague.SUCCESS: self._one(success_id),
            Colleague.CREDIT_MANAGER: self.managers,
        }

    def _one(self, user_id: int | None) -> tuple[Address, ...]:
        found = self.people.get(user_id) if user_id is not None else None
        return (found,) if found is not None else ()
