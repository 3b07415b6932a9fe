"""The decisions of some days are the same whether the jobs run once a day or all day long, with one worker or four.

By every channel, with rules that answer events, promises that break, a dispute, a payment plan that breaks and one that
is followed; and across a weekend, when nothing leaves.
"""

import contextlib
import datetime as dt
import itertools
import random
import threading
from collections.abc import Callable, Sequence

import pytest
from django.db import connection

from encours.access import context
from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.collections.models import Occurrence, Pause, Reminder, ReminderItem, RuleEffect, ScenarioAssignment
from encours.core.dates import instant_of
from encours.customers.models import Contact, Customer
from encours.disputes import actions as disputes
from encours.entrypoints.jobs import collections as reminders
from encours.entrypoints.jobs import plans as plan_jobs
from encours.entrypoints.jobs import promises as promise_jobs
from encours.messaging.models import Message
from encours.plans import actions as plans
from encours.plans.models import Plan
from encours.plans.rules.schedule import Terms
from encours.team.models import Task
from tests import cast
from tests.cast import Company
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)
# Tuesday and Wednesday, then over the weekend to the Monday and the Tuesday
DAYS = [TODAY + number * DAY for number in (0, 1, 4, 6, 7)]
HOURS = (0, 9, 18)
# each with the lock that its queue holds, in the order that is worst for one turn a day: what others found comes after
JOBS: Sequence[tuple[str | None, Callable[[Organisation, dt.datetime], None]]] = (
    (reminders.decide.lock, reminders.turn),
    (plan_jobs.review.lock, plan_jobs.turn),
    (promise_jobs.see_broken.lock, promise_jobs.see_now),
    (reminders.answer.lock, reminders.answer_now),
)
EVERY_CHANNEL = (
    {"key": "sms", "days": 2, "channel": "sms", "template_key": "sms_reminder"},
    {"key": "call", "days": 5, "channel": "call"},
    {"key": "letter", "days": 9, "channel": "letter", "template_key": "letter_reminder"},
    {"key": "registered", "days": 20, "channel": "registered_letter", "template_key": "letter_formal_notice"},
    {"key": "check", "days": 30, "channel": "task"},
    {"key": "broken", "days": 0, "basis": "event", "event": "promise_broken", "template_key": "reminder_2"},
    {"key": "hand_over", "days": 60, "channel": "hand_over", "is_last": True},
)
RULE = {
    "name": "Promises", "event": "promise_broken", "conditions": {},
    "actions": [
        {"deed": "task", "text": "Call back", "days": 2, "who": "collector"},
        {"deed": "notify", "who": "collector"},
    ],
}  # fmt: skip
PLAN_RULE = {"name": "Plans", "event": "plan_broken", "conditions": {}, "actions": [{"deed": "pause", "days": 1}]}
# what must have happened for the comparison to say anything: of what, in which place, which values
EXPECTED = {
    ("made", 1): {day for day in DAYS if day.weekday() < 5},
    ("made", 3): {"email", "sms", "call", "letter", "registered_letter", "task", "hand_over"},
    ("made", 4): {"due", "held", "postponed", "to_confirm"},
    ("written", 2): {"email", "sms", "letter", "registered_letter"},
    ("tasks", 2): {"scenario", "rule", "system"},
    ("events", 0): {"promise_broken", "plan_broken", "dispute_opened", "bounced"},
    ("answered", 2): {True},
    ("paused", 0): {"Fauvel"},
    ("plans", 2): {None, DAYS[1]},
}
type Decided = list[tuple[object, ...]]


@pytest.fixture
def twin(committed_company: Company) -> Company:
    """Another organisation with the same cast."""
    del committed_company
    with cast.company("twin") as made:
        pass
    return made


def filled(company: Company) -> None:
    """Accounts late by all sorts of days, one with a payment on account, one with a contact that bounced."""
    books.set_up(company)
    for number in range(9):
        books.post(company, company.acme, f"A{number}", late=number * 9 - 8, amount=100_00 + number)
        books.post(company, company.borealis, f"B{number}", late=number * 4 + 10, amount=250_00 - number)
    books.post(company, company.cobalt, "C1", late=40)
    books.pay(company, company.borealis, "P1", 30_00)
    company.cobalt.contacts.update(bounced_at=books.NOW)
    by_every_channel(company)
    with_plans(company)
    for rule in (RULE, PLAN_RULE):
        collections.save_rule(organisation_id=company.organisation_id, plain=rule, now=NOW - DAY, by=company.by)


def customer(company: Company, number: str, name: str) -> Customer:
    """One that every channel reaches."""
    made = Customer.objects.create(
        organisation=company.organisation, number=number, name=name, language="fr", terms="30",
        collector=company.collector, street="1 rue Neuve", postcode="69001", city="Lyon",
    )  # fmt: skip
    Contact.objects.create(
        organisation=company.organisation, customer=made, name=f"Compta {name}", is_primary=True,
        email=f"compta@{name.lower()}.example", phone="06 12 34 56 78",
    )  # fmt: skip
    return made


def by_every_channel(company: Company) -> None:
    """Dorval is late by every step, promised for the first day and contests an invoice; others are at one step."""
    organisation_id, by = company.organisation_id, company.by
    late = {"Dorval": (1, 4, 8, 19, 29, 59, 70), "Elan": (1,), "Ivoire": (8,)}
    steps = [{"name": row["key"].title(), **row} for row in EVERY_CHANNEL]
    version = collections.create_scenario(
        organisation_id=organisation_id, name="By every channel", steps=steps, now=NOW, by=by
    )
    items = []
    for number, (name, days) in enumerate(late.items()):
        one = customer(company, f"C01{number}", name)
        collections.assign(organisation_id=organisation_id, scenario_id=version.scenario_id, customer_id=one.pk, by=by)
        items += [books.post(company, one, f"{name[0]}{day}", late=day) for day in days]
    dorval = items[0].customer
    collections.record_promise(
        organisation_id=organisation_id, customer_id=dorval.pk, item_id=items[2].pk, amount_minor=100_00,
        currency="EUR", promised_date=DAYS[0], today=TODAY - 3 * DAY, by=by,
    )  # fmt: skip
    disputes.open_dispute(
        organisation_id=organisation_id, customer_id=dorval.pk, item_id=items[3].pk, amount_minor=40_00,
        today=TODAY - DAY, by=by,
    )  # fmt: skip


def with_plans(company: Company) -> None:
    """Fauvel's plan has an instalment late, so that it breaks on the second day; Garance's begins later."""
    for number, name, first in (("C020", "Fauvel", TODAY - 10 * DAY), ("C021", "Garance", TODAY + 5 * DAY)):
        one = customer(company, number, name)
        item = books.post(company, one, f"{name[0]}1", late=45, amount=900_00)
        books.post(company, one, f"{name[0]}2", late=12)
        signed = min(TODAY, first)
        given = {"organisation_id": company.organisation_id, "today": signed, "by": company.by}
        wanted = plans.Wanted(
            customer_id=one.pk, item_ids=[item.pk], breaks_alone=True, grace_days=8,
            terms=Terms(principal_minor=900_00, start_date=signed, first_date=first, count=3),
        )  # fmt: skip
        plan = plans.draft(wanted, key=name, **given)
        plans.approve(plan_id=plan.pk, **given)
        plans.agree(plan_id=plan.pk, signed_by="Paul", agreed_date=signed, **given)


def turns(company: Company, instants: list[dt.datetime], *, workers: int) -> None:
    """At each instant every worker takes its turn of each job; a queue lets one at a time into a job with a lock."""
    failures: list[Exception] = []
    locks = {name: threading.Lock() for name, _ in JOBS if name}

    def turn(now: dt.datetime, order: Sequence[int]) -> None:
        try:
            for name, job in (JOBS[number] for number in order):
                with locks.get(name or "", contextlib.nullcontext()), context.bound(company.organisation_id):
                    job(company.organisation, now)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    orders = list(itertools.permutations(range(len(JOBS))))
    chance = random.Random(1)
    for now in instants:
        taken = chance.sample(orders, workers) if workers > 1 else orders[:1]
        threads = [threading.Thread(target=turn, args=(now, order)) for order in taken]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def decided(company: Company) -> dict[str, Decided]:
    """Decisions with their reasons, what each claims, the messages made of them, and all that events led to."""
    mine = {"organisation_id": company.organisation_id}
    with context.bound(company.organisation_id):
        reminders = Reminder.objects.filter(**mine).select_related("customer", "run")
        names = {one.pk: one.customer.name for one in reminders}
        found: dict[str, Decided] = {
            "made": [
                (one.customer.name, one.run.run_date, one.step_key, one.channel, one.outcome, one.send_date, one.totals,
                 [(check["code"], check["outcome"]) for check in one.checks])
                for one in reminders
            ],
            "claimed": [
                (names[one.reminder_id], one.document_number, one.step_key, one.left_date, one.has_left)
                for one in ReminderItem.objects.filter(**mine)
            ],
            "written": [
                (one.customer.name, one.kind, one.channel, one.to, one.context["items"])
                for one in Message.objects.filter(**mine).select_related("customer")
            ],
            "tasks": [
                (one.customer.name, one.title, one.source, one.due_date, one.state)
                for one in Task.objects.filter(**mine).select_related("customer")
            ],
            "events": list(
                Occurrence.objects.filter(**mine).values_list("kind", "customer__name", "occurred_date")
            ),
            "answered": list(
                RuleEffect.objects.filter(**mine).values_list("rule__name", "customer__name", "has_held")
            ),
            "paused": list(Pause.objects.filter(**mine).values_list("customer__name", "until_date")),
            "scenarios": list(ScenarioAssignment.objects.filter(**mine).values_list("customer__name", "entry")),
            "plans": list(Plan.objects.filter(**mine).values_list("customer__name", "ended_as", "ended_date")),
        }  # fmt: skip
    return {what: sorted(rows, key=str) for what, rows in found.items()}


def test_once_a_day_or_all_day_long_by_four_decides_the_same(committed_company: Company, twin: Company) -> None:
    for company in (committed_company, twin):
        with context.bound(company.organisation_id):
            filled(company)
    once = [instant_of(day, dt.time(9, 30), timezone="Europe/Paris") for day in DAYS]
    often = [instant_of(day, dt.time(hour), timezone="Europe/Paris") for day in DAYS for hour in HOURS]
    turns(committed_company, once, workers=1)
    turns(twin, often, workers=4)
    told = decided(committed_company)
    assert decided(twin) == told
    assert {(what, place): {row[place] for row in told[what]} for what, place in EXPECTED} == EXPECTED
