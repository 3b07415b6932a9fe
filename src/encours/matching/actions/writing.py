"""What a run chose, written: by the caller alone, or by several processes that have no account in common."""

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, transaction

from encours.access import context
from encours.core.actors import Actor
from encours.core.copying import NULL, copy_rows, escaped
from encours.core.events import publish
from encours.core.writers import writer
from encours.matching.actions import booked
from encours.matching.actions.booked import LineDecided
from encours.matching.actions.sorting import Sorting, Work
from encours.matching.actions.staging import Applied, Decision, apply_staged, new_match_ids, stage_decided
from encours.matching.actions.telling import Tell, Teller, Told
from encours.matching.events import Deduction, DeductionsTaken
from encours.matching.models import OPEN_STATES
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow
from encours.matching.queries.told import Row
from encours.matching.rules import kept
from encours.matching.rules.facts import Proposal, Residual, Treatment
from encours.matching.rules.parting import parted

RIVALS_KEPT = 4


class Written(NamedTuple):
    """What is in the books of a run, and how its lines are told."""

    applied: Applied
    told: Told


class Hand(NamedTuple):
    """Whoever writes what a run chose, or a part of it: the caller, and the writers beside it."""

    organisation_id: int
    chosen: Sorting
    touched_ids: set[int]
    teller: Teller
    by: Actor
    today: date
    tell: Tell | None

    def write(self, decisions: Sequence[Decision]) -> Written:
        """Put decided lines into the books; what somebody was first with waits again, and is not told."""
        match_ids = new_match_ids(len(decisions))
        stage_decided(
            decisions, match_ids, organisation_id=self.organisation_id, today=self.today, touched_ids=self.touched_ids
        )
        applied = apply_staged(match_ids, organisation_id=self.organisation_id, by=self.by, today=self.today)
        lost = applied.lost_line_ids
        if lost:
            keep_works(self.organisation_id, self.chosen.lost(lost), today=self.today)
        told = self.told(self.teller.decided(decisions, match_ids))
        return Written(applied, {line_id: one for line_id, one in told.items() if line_id not in lost})

    def write_apart(self, decisions: Sequence[Decision]) -> Written:
        """The same by a connection of its own, which sees this organisation until it ends."""
        context.bind(self.organisation_id)
        return self.write(decisions)

    def keep(self) -> Told:
        """What is not applied: booked on an account, tied to a receipt of the books, or kept for a person."""
        organisation_id, chosen = self.organisation_id, self.chosen
        # a person who was first on one of these lines sends them all to the next run
        with contextlib.suppress(LineDecided), transaction.atomic():
            booked.book_on_accounts(
                organisation_id=organisation_id, lines=chosen.on_accounts, by=self.by, today=self.today
            )
            booked.tie(organisation_id=organisation_id, ties=chosen.ties, by=self.by, today=self.today)
        keep_works(organisation_id, chosen.works, today=self.today)
        return self.told(
            self.teller.waiting(
                work.row, work.state, work.outcome, work.why_not, rivals=len(work.outcome.rivals[:RIVALS_KEPT])
            )
            for work in chosen.works
        )

    def told(self, rows: Iterable[Row]) -> Told:
        """How lines are told as they stand now; those tied or booked on an account are read back later."""
        if self.tell is None:
            return {}
        some = list(rows)
        return {row.line_id: (row.booking_date, one) for row, one in zip(some, self.tell(some), strict=True)}


@contextlib.contextmanager
def written(hand: Hand, *, shares: int) -> Iterator[Written]:
    """All that was chosen, written by as many processes; the others' parts stand when the caller is done with it.

    A line belongs to the process that writes it to the end, also where it was lost: its row is locked until then.
    """
    mine, *others = _parts(hand, shares)
    with contextlib.ExitStack() as writers:
        begun = [(part, writers.enter_context(writer(partial(hand.write_apart, part)))) for part in others if part]
        applied, told = hand.write(mine)
        told |= hand.keep()
        standing = []
        for part, one in begun:
            found = one.found()
            if found is not None:
                standing.append(one)
            theirs = hand.write(part) if found is None else found[0]
            applied.match_ids |= theirs.applied.match_ids
            applied.lost_line_ids |= theirs.applied.lost_line_ids
            told |= theirs.told
        yield Written(applied, told)
        for one in standing:
            one.commit()


def _parts(hand: Hand, shares: int) -> list[list[Decision]]:
    """What was decided, apart by accounts: first what the caller writes, which alone sees the whole of that.

    That is what hangs together with earlier allocations, as these may tie accounts, and what others react to.
    """
    chosen, decisions = hand.chosen, hand.chosen.decisions
    if shares == 1:
        return [decisions]
    accounts: list[Collection[int]] = []
    first: list[int] = []
    items, touched_ids = chosen.items, hand.touched_ids
    for place, one in enumerate(decisions):
        item_ids = [leg.item_id for leg in one.booking.legs if leg.item_id]
        accounts.append({one.booking.customer_id, *[items[item_id].customer_id for item_id in item_ids]})
        if (touched_ids and not touched_ids.isdisjoint(item_ids)) or (
            one.residuals and any(is_left_open(residual) for residual in one.residuals)
        ):
            first.append(place)
    parts = parted(accounts, count=shares, first=first, load=len(chosen.works))
    return [[decisions[place] for place in part] for part in parts]


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
        if is_left_open(residual)
    )  # fmt: skip
    if found:
        publish(DeductionsTaken(organisation_id, found, by, today))
    return len(found)


def is_left_open(residual: Residual) -> bool:
    """Whether a payer kept it back, and the item stays open for it."""
    return residual.treatment == Treatment.DEDUCTION and not residual.is_booked and bool(residual.item_id)


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
