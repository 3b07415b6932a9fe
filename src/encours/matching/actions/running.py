"""The run: every waiting line is proposed for, what is sure is applied, the rest is kept for a person."""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from encours.access import context
from encours.access.actions import record_audit
from encours.core import writers
from encours.core.actors import Actor
from encours.core.errors import Conflict, gettext_noop
from encours.core.memory import uncollected
from encours.core.processors import shared_out
from encours.matching.actions.sorting import Sorting
from encours.matching.actions.telling import Tell, Teller, Told
from encours.matching.actions.writing import Hand, tell_deductions, written
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import Loaded, Waiting
from encours.matching.rules.book import Book
from encours.matching.rules.elsewhere import of_other_companies
from encours.matching.rules.facts import Status
from encours.matching.rules.run import match

LOCK = "matching.run"
SHARED_FROM = 4_000  # lines from which a run is shared out to the processors


class RunInterrupted(Conflict):
    """A person or another program held one of the rows of a long run for a minute."""

    message = gettext_noop("Somebody is working on the same accounts: nothing was applied, run it again in a moment.")


@dataclass(slots=True)
class RunResult:
    """What a run made of the lines that were waiting, each by its line."""

    line_ids: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    deductions: int = 0
    told: Told = field(default_factory=dict)  # by line, its day and what `tell` made of it
    # all that was looked at: freed with the result, which a command that ends anyway does not wait for
    seen: object = None

    @property
    def applied(self) -> int:
        """How many lines were applied alone."""
        return self.counts[Status.APPLIED.value]


def run_matching(
    *,
    organisation_id: int,
    today: date,
    now: datetime,
    by: Actor,
    propose_only: bool = False,
    line_ids: Collection[int] | None = None,
    claimed_item_ids: Collection[int] = (),
    tell: Tell | None = None,
) -> RunResult:
    """Propose for every waiting bank line; apply what is above the organisation's bar, keep the rest with its reasons.

    A line already decided is left alone, so a second run changes nothing; two runs at once wait for one another, and a
    killed one leaves nothing. Lines whose items somebody used meanwhile wait for the next run. With `propose_only`
    nothing is applied. `tell` makes of the lines what is to be told of them, in the processes that write them; lines it
    says nothing of are read from the books afterwards. A long run is written by several processes at once (decision
    0066): not within a transaction of the caller's, of which the others would see nothing.
    """
    del now
    shares = writers.shares()
    with uncollected(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s), %s)", [LOCK, organisation_id])
        is_apart = shares > 1 and line_ids is None and facts_of.are_many_new(organisation_id, least=SHARED_FROM)
        lines = partial(facts_of.waiting, organisation_id, today=today, line_ids=line_ids)
        items = partial(facts_of.open_items, organisation_id, today=today, claimed_ids=claimed_item_ids)
        waiting, loaded, book = _looked_up(organisation_id, lines, items, is_apart=is_apart)
        result = RunResult(line_ids=[row.line_id for row in waiting.rows.values()])
        if not waiting.lines:
            return result
        chosen = Sorting(organisation_id, waiting, loaded, propose_only=propose_only)
        outcomes = match(waiting.lines, book, today=today, spread=partial(shared_out, least=SHARED_FROM))
        chosen.take(of_other_companies(waiting.lines, outcomes, book))
        teller = Teller(organisation_id, book.customers)
        result.seen = loaded, book, outcomes, chosen
        hand = Hand(organisation_id, chosen, loaded.touched_ids, teller, by, today, tell)
        with _told_of_locks(), written(hand, shares=shares if len(waiting.lines) >= SHARED_FROM else 1) as done:
            result.told, result.counts = done.told, chosen.counts(done.applied)
            result.deductions = tell_deductions(organisation_id, chosen.decisions, done.applied, by=by, today=today)
            record_audit(
                by=by,
                organisation_id=organisation_id,
                verb="run_matching",
                subject_kind="organisation",
                subject_id=organisation_id,
                details={"lines": len(waiting.lines), **result.counts},
            )
    return result


@contextlib.contextmanager
def _told_of_locks() -> Iterator[None]:
    """What waited too long for somebody's row, beside writers, is said in words."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise RunInterrupted from error
        raise


def _looked_up(
    organisation_id: int, lines: Callable[[], Waiting], items: Callable[[], Loaded], *, is_apart: bool
) -> tuple[Waiting, Loaded, Book]:
    """All that a run looks at; the items may be read apart, beside the lines."""

    def bound_items() -> Loaded:
        context.bind(organisation_id)
        return items()

    with writers.reader(bound_items, is_apart=is_apart) as open_items:
        waiting = lines()
        if not waiting.lines:
            return waiting, Loaded([], set()), Book(customers=())
        book = Book(
            customers=facts_of.customers(organisation_id),
            learnt=facts_of.learnt(organisation_id),
            policy=facts_of.policy(organisation_id),
        )
        if len(waiting.lines) >= SHARED_FROM:
            book.index_names()
        loaded = open_items()
    book.shelve(loaded.candidates)
    return waiting, loaded, book
