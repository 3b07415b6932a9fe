"""The run: every waiting line is proposed for, what is sure is applied, the rest is kept for a person."""

import contextlib
import gc
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.copying import NULL, copy_rows, escaped
from encours.core.events import publish
from encours.core.processors import beside, shared_out
from encours.matching.actions import booked, returns
from encours.matching.actions.booked import LineDecided
from encours.matching.actions.staging import (
    Applied,
    Decision,
    apply_staged,
    new_match_ids,
    payer_key,
    stage_decided,
)
from encours.matching.actions.telling import Tell, Teller, Told
from encours.matching.events import Deduction, DeductionsTaken
from encours.matching.models import OPEN_STATES, How, State
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow, KnownReceipt
from encours.matching.queries.told import STATUS_OF
from encours.matching.rules import booking, kept
from encours.matching.rules.book import Book
from encours.matching.rules.elsewhere import of_other_companies
from encours.matching.rules.facts import Outcome, Proposal, Status, Treatment
from encours.matching.rules.run import match

LOCK = "matching.run"
RIVALS_KEPT = 4
SHARED_FROM = 4_000  # lines from which weighing them is shared out to the processors
AROUND = timedelta(days=facts_of.KNOWN_DAYS)
STATE_OF = {
    Status.PROPOSED: State.PROPOSED,
    Status.UNMATCHED: State.WAITING,
    Status.IGNORED: State.IGNORED,
    Status.RETURNED: State.RETURNED,
    Status.BOOKED: State.BOOKED,
}


class Work(NamedTuple):
    """A line as a run leaves it, when it is not applied."""

    row: BankRow
    state: str
    outcome: Outcome
    why_not: str
    undoes: tuple[int, ...] = ()


@dataclass(slots=True)
class RunResult:
    """What a run made of the lines that were waiting, each by its line."""

    line_ids: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    deductions: int = 0
    told: Told = field(default_factory=dict)  # by line, its day and what `tell` made of it

    @property
    def applied(self) -> int:
        """How many lines were applied alone."""
        return self.counts[Status.APPLIED.value]


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """What a run loads stays until its end: the collector need not walk through all of it again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_uncollected()
@transaction.atomic
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
    nothing is applied. `tell` makes of the lines what is to be told of them, in a process of its own while the database
    writes; lines it says nothing of are read from the books afterwards.
    """
    del now
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s), %s)", [LOCK, organisation_id])
    waiting = facts_of.waiting(organisation_id, today=today, line_ids=line_ids)
    result = RunResult(line_ids=[row.line_id for row in waiting.rows.values()])
    if not waiting.lines:
        return result
    loaded = facts_of.open_items(organisation_id, today=today, claimed_ids=claimed_item_ids)
    book = _book_of(organisation_id, loaded)
    chosen = _Choice(organisation_id, waiting, loaded, propose_only=propose_only)
    outcomes = match(waiting.lines, book, today=today, spread=partial(shared_out, least=SHARED_FROM))
    chosen.take(of_other_companies(waiting.lines, outcomes, book))
    match_ids = new_match_ids(len(chosen.decisions))
    stage_decided(
        chosen.decisions, match_ids, organisation_id=organisation_id, today=today, touched_ids=loaded.touched_ids
    )
    telling = chosen.telling(Teller(organisation_id, book.customers), match_ids)
    with beside(lambda: telling(tell) if tell else []) as told:
        applied = apply_staged(match_ids, organisation_id=organisation_id, by=by, today=today)
        chosen.give_back(applied.lost_line_ids)
        # a person who was first on one of these lines sends them all to the next run
        with contextlib.suppress(LineDecided), transaction.atomic():
            booked.book_on_accounts(organisation_id=organisation_id, lines=chosen.on_accounts, by=by, today=today)
            booked.tie(organisation_id=organisation_id, ties=chosen.ties, by=by, today=today)
        keep_works(organisation_id, chosen.works, today=today)
        result.deductions = tell_deductions(organisation_id, chosen.decisions, applied, by=by, today=today)
        result.told = {line_id: (day, one) for line_id, day, one in told() if line_id not in applied.lost_line_ids}
    result.counts = chosen.counts(applied)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="run_matching",
        subject_kind="organisation",
        subject_id=organisation_id,
        details={"lines": len(waiting.lines), **result.counts},
    )
    return result


def _book_of(organisation_id: int, loaded: facts_of.Loaded) -> Book:
    return Book(
        items=loaded.candidates,
        customers=facts_of.customers(organisation_id),
        learnt=facts_of.learnt(organisation_id),
        policy=facts_of.policy(organisation_id),
    )


class _Choice:
    """What becomes of each outcome, once it is held against the books' own rules."""

    def __init__(
        self, organisation_id: int, waiting: facts_of.Waiting, loaded: facts_of.Loaded, *, propose_only: bool
    ) -> None:
        self.waiting, self.propose_only = waiting, propose_only
        self.items = {one.item_id: one for one in loaded.candidates}
        self.closed = facts_of.closed_days(organisation_id)
        self.refuses_closed = facts_of.policy_row(organisation_id).closed_periods == "refuse"
        self.known = facts_of.known_receipts(organisation_id, waiting.rows)
        self.covered = facts_of.books_covered_until(organisation_id)
        self.undone_by = returns.Returns(organisation_id)
        self.decisions: list[Decision] = []
        self.works: list[Work] = []
        self.on_accounts: list[tuple[BankRow, str, int]] = []
        self.ties: list[tuple[BankRow, KnownReceipt]] = []
        self._outcome_of: dict[int, Outcome] = {}
        self._tied: set[int] = set()

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Sort the outcomes: applied, tied to what the books know, or kept for a person."""
        for outcome in outcomes:
            row = self.waiting.rows[outcome.line_key]
            if outcome.status == Status.RETURNED:
                self.works.append(Work(row, State.RETURNED, outcome, "", self.undone_by.of(row)))
            elif outcome.status == Status.BOOKED and not self.propose_only:
                self.on_accounts.append((row, outcome.account, outcome.rule_id))
            elif twin := self._twin(row, outcome):
                self._tied.add(twin.receipt_id)
                if self.propose_only or not self._covers(row):
                    self.works.append(Work(row, State.PROPOSED, outcome, "receipt_known"))
                else:
                    self.ties.append((row, twin))
            elif outcome.status == Status.APPLIED and outcome.best is not None:
                self._decide(row, outcome, outcome.best)
            else:
                self.works.append(Work(row, STATE_OF[outcome.status], outcome, outcome.why_not))

    def _decide(self, row: BankRow, outcome: Outcome, best: Proposal) -> None:
        why_not = "asked" if self.propose_only else ""
        closed_until = self.closed.get(row.entity_id)
        if self.refuses_closed and closed_until is not None and row.booking_date <= closed_until:
            why_not = "period_closed"
        opens = facts_of.opens_of([self.items[one.item_id] for one in best.allocations])
        found = booking.book(
            row.money, best.customer_id, best.allocations, best.residuals, opens, closed_until=closed_until
        )
        if isinstance(found, booking.Unbookable):
            why_not = found.code
        if why_not or isinstance(found, booking.Unbookable):
            self.works.append(Work(row, State.PROPOSED, outcome, why_not))
            return
        self._outcome_of[row.line_id] = outcome
        self.decisions.append(Decision(row, found, best.allocations, best.residuals, How.ALONE, best))

    def telling(self, teller: Teller, match_ids: Sequence[int]) -> Callable[[Tell], list[tuple[int, date, Any]]]:
        """How the lines are told as they stand now; those tied or booked on an account are read back later."""
        works = list(self.works)

        def told(tell: Tell) -> list[tuple[int, date, Any]]:
            waiting = (
                teller.waiting(
                    work.row, work.state, work.outcome, work.why_not, rivals=len(work.outcome.rivals[:RIVALS_KEPT])
                )
                for work in works
            )
            rows = [*teller.decided(self.decisions, match_ids), *waiting]
            return [(row.line_id, row.booking_date, one) for row, one in zip(rows, tell(rows), strict=True)]

        return told

    def give_back(self, lost: Collection[int]) -> None:
        """Lines whose items changed meanwhile wait again."""
        for one in self.decisions:
            if one.row.line_id in lost:
                outcome = self._outcome_of[one.row.line_id]
                self.works.append(Work(one.row, State.PROPOSED, outcome, "changed_meanwhile"))

    def _twin(self, row: BankRow, outcome: Outcome) -> KnownReceipt | None:
        """The receipt of the books that this line is, if one is: same amount, near day, same payer; never two."""
        known: Sequence[KnownReceipt] = self.known.get((row.entity_id, row.currency, row.amount_minor), ())
        if known and outcome.status == Status.APPLIED:
            # what quotes an open invoice is new money, unless the same money lies unused on the account
            known = [one for one in known if one.open_minor == -row.amount_minor]
        found = [
            one
            for one in known
            if one.receipt_id not in self._tied
            and abs(one.received_date - row.booking_date) <= AROUND
            and _is_same_payer(one, row, outcome)
        ]
        return found[0] if len(found) == 1 else None

    def _covers(self, row: BankRow) -> bool:
        """Whether the books had come as far as the line's day: later money cannot be in them, however alike it is."""
        until = self.covered.get(row.entity_id)
        return until is not None and row.booking_date <= until

    def counts(self, applied: Applied) -> Counter[str]:
        """How many lines ended how, in the words of the command."""
        counts = Counter({Status.APPLIED.value: len(applied.match_ids) + len(self.ties) + len(self.on_accounts)})
        for work in self.works:
            counts[STATUS_OF[State(work.state)]] += 1
        return counts


def _is_same_payer(known: KnownReceipt, row: BankRow, outcome: Outcome) -> bool:
    iban = row.payer_iban.replace(" ", "")
    if iban and iban in (known.payer_iban, known.customer_iban):
        return True
    if outcome.best is not None and outcome.best.customer_id == known.customer_id:
        return True
    name = payer_key(row.payer_name)
    return bool(name) and bool(known.payer_name) and name == payer_key(known.payer_name)


def tell_deductions(
    organisation_id: int, decisions: Sequence[Decision], applied: Applied, *, by: Actor, today: date
) -> int:
    """Publish the parts that payers kept back and that stay open; how many."""
    days = timedelta(days=facts_of.policy_row(organisation_id).contest_days)
    found = tuple(
        Deduction(
            applied.match_ids[one.row.line_id], one.booking.customer_id, residual.item_id, residual.document_number,
            one.row.currency, residual.amount_minor, _reason(one.row, one), one.row.booking_date,
            one.row.booking_date + days,
        )
        for one in decisions
        if one.row.line_id in applied.match_ids
        for residual in one.residuals
        if residual.treatment == Treatment.DEDUCTION and not residual.is_booked and residual.item_id
    )  # fmt: skip
    if found:
        publish(DeductionsTaken(organisation_id, found, by, today))
    return len(found)


def _reason(row: BankRow, decision: Decision) -> str:
    for reason in decision.proposal.reasons if decision.proposal else ():
        if "deduction_reason" in reason.data:
            return str(reason.data["deduction_reason"])
    return decision.why or " ".join(row.text.split())[:200]


def keep_works(organisation_id: int, works: Sequence[Work], *, today: date) -> None:
    """Keep each undecided line with its proposals; a line that somebody decided about meanwhile is left alone."""
    if not works:
        return
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists match_work")
        cursor.execute(
            """create temp table match_work (line_id bigint, entity_id bigint, account_id bigint, booking_date date,
                   currency text, amount_minor bigint, state text, customer_id bigint, probability_ppm integer,
                   why_not text, proposal jsonb, rivals jsonb, rule_id bigint) on commit drop"""
        )
        copy_rows(cursor, "copy match_work from stdin", map(_work, works))
        cursor.execute(
            """insert into matching_linework as w (organisation_id, line_id, entity_id, account_id, booking_date,
                   currency, amount_minor, state, customer_id, probability_ppm, why_not, proposal, rivals, rule_id,
                   decided_date, changed_at)
               select %(organisation)s, line_id, entity_id, account_id, booking_date, currency, amount_minor, state,
                   customer_id, probability_ppm, why_not, proposal, rivals, rule_id,
                   case when state = 'ignored' then %(today)s::date end, transaction_timestamp()
               from match_work order by line_id
               on conflict (organisation_id, line_id) do update set state = excluded.state,
                   customer_id = excluded.customer_id, probability_ppm = excluded.probability_ppm,
                   why_not = excluded.why_not, proposal = excluded.proposal, rivals = excluded.rivals,
                   rule_id = excluded.rule_id, decided_date = excluded.decided_date, changed_at = excluded.changed_at
               where w.state = any(%(open)s)
                 and (w.state, w.why_not, w.probability_ppm, w.proposal, w.rivals, w.rule_id) is distinct from
                     (excluded.state, excluded.why_not, excluded.probability_ppm, excluded.proposal, excluded.rivals,
                      excluded.rule_id)""",
            {"organisation": organisation_id, "today": today, "open": list(OPEN_STATES)},
        )
        cursor.execute("drop table match_work")


def _work(work: Work) -> str:
    row, outcome = work.row, work.outcome
    best = kept.as_json(outcome.best) if outcome.best else None
    if work.undoes:
        best = {**(best or _nothing()), "undoes": list(work.undoes)}
    fields = (
        row.line_id, row.entity_id, row.account_id, row.booking_date, row.currency, row.amount_minor, work.state,
        outcome.best.customer_id or None if outcome.best else None,
        outcome.best.probability_ppm if outcome.best else None, work.why_not, _dumped(best),
        _dumped([kept.as_json(one) for one in outcome.rivals[:RIVALS_KEPT]]), outcome.rule_id or None,
    )  # fmt: skip
    return "\t".join(NULL if one is None else escaped(str(one)) for one in fields)


def _nothing() -> Mapping[str, Any]:
    return kept.as_json(Proposal(0, (), (), 0, 0, ()))


def _dumped(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)
