"""Keep decisions: staged by COPY, then inserted set-wise with the reminder's items; a million invoices in seconds."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any

from django.db import connection

from encours.collections.models import DunningRun
from encours.collections.rules.facts import Address, CheckOutcome, CheckResult, Decision, Outcome, RunFacts
from encours.collections.rules.steps import WRITTEN, Basis
from encours.core.actors import Actor

BATCH_SIZE = 5_000
STOPPED = frozenset({Outcome.HELD, Outcome.BLOCKED, Outcome.POSTPONED, Outcome.TO_CONFIRM})
type Marker = tuple[int, int | None, str]

REMINDER_COLUMNS = (
    "id", "organisation_id", "run_id", "customer_id", "entity_id", "version_id", "scenario_id", "step_key", "step_name",
    "step_position", "channel", "outcome", "checks", "totals", "claimed_currency", "claimed_minor", "disputed",
    "credit_item_ids", "recipients", "item_count", "decided_date", "decided_at", "send_date", "send_after",
    "deadline_date", "frees_date", "stopped_since", "message_key", "follows_id", "actor_name", "why", "set_aside",
)  # fmt: skip
ITEM_COLUMNS = (
    "organisation_id", "reminder_id", "customer_id", "item_id", "entity_id", "document_number", "instalment_number",
    "scenario_id", "step_key", "step_position", "step_days", "offset_days", "deadline_days", "currency", "open_minor",
    "claimed_minor", "disputed_minor", "due_date", "left_date", "has_left", "is_thanks",
)  # fmt: skip


@dataclass(frozen=True)
class Storing:
    """What all decisions of one run share when they are kept."""

    run: DunningRun
    facts: RunFacts
    now: datetime
    by: Actor
    # the first day in a row on which a message was stopped, from the run before
    stopped_since: Mapping[Marker, date]
    follows_id: int | None = None
    why: str = ""


def store(decisions: Iterable[Decision], storing: Storing) -> Iterator[tuple[int, Decision]]:
    """Write the decisions and give each back with its id; slice by slice, so that memory stays flat."""
    for batch in batched(decisions, BATCH_SIZE):
        ids = _reserve(len(batch))
        numbered = list(zip(ids, batch, strict=True))
        _insert("collections_reminder", REMINDER_COLUMNS, (_reminder(pk, made, storing) for pk, made in numbered))
        _insert(
            "collections_reminderitem",
            ITEM_COLUMNS,
            (row for pk, made in numbered for row in _items(pk, made, storing)),
        )
        yield from numbered


def _reserve(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('collections_reminder', 'id')) from generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def _insert(table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        # COPY is refused on a table under row security, so the rows pass through a table of this session's own.
        cursor.execute(
            f"create temp table if not exists staged_{table} on commit drop as select {names} from {table} with no data"
        )
        with cursor.copy(f"copy staged_{table} ({names}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"insert into {table} ({names}) select {names} from staged_{table}")
        cursor.execute(f"truncate staged_{table}")


def marker(decision: Decision) -> Marker:
    """What makes a stopped message the same one from one day to the next."""
    return (decision.customer_id, decision.entity_id, decision.step.key if decision.step else "")


def _reminder(pk: int, decision: Decision, storing: Storing) -> tuple[Any, ...]:
    run, step, plan = storing.facts.of(decision.entity_id, decision.hours), decision.step, decision.plan
    leaves = decision.outcome is Outcome.DUE
    stops = decision.outcome in STOPPED
    is_message = step is not None and step.channel in WRITTEN
    deadline = run.send_on + timedelta(days=step.new_deadline_days) if step and step.new_deadline_days else None
    recipients = {"to": [_address(a) for a in decision.to], "cc": [_address(a) for a in decision.cc]}
    return (
        pk, storing.run.organisation_id, storing.run.pk, decision.customer_id, decision.entity_id,
        plan.version_id if plan else None, plan.scenario_id if plan else None,
        step.key if step else "", step.name if step else "", step.position if step else None,
        step.channel.value if step else "", decision.outcome.value, checks_json(decision.checks),
        _totals_json(decision), *_largest(decision), _disputed_json(decision),
        [credit.item_id for credit in decision.credits],
        json.dumps(recipients),
        len(decision.claims), run.today, storing.now, run.send_on if leaves else None,
        run.send_after if leaves else None, deadline, decision.frees_on,
        storing.stopped_since.get(marker(decision), run.today) if stops else None,
        f"reminder:{pk}" if leaves and is_message else "", storing.follows_id, storing.by.name, storing.why,
        json.dumps(dict(run.set_aside)) if run.set_aside else "{}",
    )  # fmt: skip


def _address(address: Address) -> list[str]:
    """Name, role, e-mail and language; the phone after them, where a text message goes to it."""
    return [*address[:4], address.phone] if address.phone else list(address[:4])


def _totals_json(decision: Decision) -> str:
    # currency codes are three letters, so nothing needs escaping
    return "{" + ", ".join(f'"{currency}": {minor}' for currency, minor in decision.totals.items()) + "}"


def _largest(decision: Decision) -> tuple[str, int]:
    return max(decision.totals.items(), key=lambda total: total[1], default=("", 0))


def _disputed_json(decision: Decision) -> str:
    if not decision.disputed:
        return "[]"
    rows = [[claim.item.document_number, claim.disputed_minor, claim.item.currency] for claim in decision.disputed]
    return json.dumps(rows)


def _items(pk: int, decision: Decision, storing: Storing) -> Iterator[tuple[Any, ...]]:
    step = decision.step
    leaves = decision.outcome is Outcome.DUE
    # what follows an event stands beside the line of the scenario: it has no place on it, and is kept with its day
    is_placed = step is not None and step.basis is not Basis.EVENT
    shared = (
        decision.plan.scenario_id if decision.plan else None, decision.mark or (step.key if step else ""),
        step.position if step and is_placed else None, step.days if step and is_placed else None,
    )  # fmt: skip
    deadline = step.new_deadline_days if step else None
    left = storing.facts.of(decision.entity_id, decision.hours).send_on if leaves else None
    is_thanks = step is not None and step.basis is Basis.PAID
    for item, claimed, disputed, offset in decision.claims:
        yield (
            storing.run.organisation_id, pk, decision.customer_id, item.item_id, item.entity_id, item.document_number,
            item.instalment_number, *shared, offset, deadline, item.currency, item.open_minor, claimed, disputed,
            item.due_date, left, leaves, is_thanks,
        )  # fmt: skip


def checks_json(checks: Iterable[CheckResult]) -> str:
    """The checks of a decision as JSON; those without data are written once a process and reused."""
    return f"[{','.join(map(_check_json, checks))}]"


_PLAIN: dict[tuple[str, CheckOutcome], str] = {}
# These come from the run, the same object for every customer of a company.
_OF_THE_RUN = frozenset({"bank", "calendar", "confirmation"})
_SHARED: dict[int, tuple[CheckResult, str]] = {}


def _check_json(check: CheckResult) -> str:
    if not check.data and check.frees_on is None:
        key = (check.code, check.outcome)
        found = _PLAIN.get(key)
        if found is None:
            found = _PLAIN[key] = json.dumps(check.as_json())
        return found
    if check.code not in _OF_THE_RUN:
        return json.dumps(check.as_json())
    shared = _SHARED.get(id(check))
    if shared is None or shared[0] is not check:
        if len(_SHARED) > 1_000:
            _SHARED.clear()
        shared = _SHARED[id(check)] = (check, json.dumps(check.as_json()))
    return shared[1]
