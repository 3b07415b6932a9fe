"""A person's tasks as an iCalendar document, which any calendar program reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

_PRODUCT = "-//Encours//tasks//EN"
# RFC 5545: 1 presses most, 9 least
_PRIORITIES = {1: 9, 2: 5, 3: 1}


@dataclass(frozen=True, slots=True)
class CalendarTask:
    """One task as a calendar shows it: a whole day, a title, what it is about, where to work on it."""

    task_id: int
    title: str
    due_date: date
    about: str
    priority: int
    url: str


def document(name: str, tasks: Iterable[CalendarTask], *, host: str, now: datetime, today: date) -> bytes:
    """The feed: one whole-day entry a task. What is late stands on today, where one sees it.

    A task due last Friday shows today; one due on the 3rd shows on the 3rd, from midnight to midnight.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for task in tasks:
        day = max(task.due_date, today)
        entry = Event()
        entry.add("uid", f"task-{task.task_id}@{host}")
        entry.add("dtstamp", now)
        entry.add("dtstart", day)
        entry.add("dtend", day + timedelta(days=1))
        entry.add("summary", task.title)
        entry.add("description", task.about)
        entry.add("priority", _PRIORITIES[task.priority])
        entry.add("url", task.url)
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
