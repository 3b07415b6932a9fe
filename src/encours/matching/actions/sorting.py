"""What becomes of each outcome of a run: applied, tied to what the books know, or kept for a person."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from encours.matching.actions import returns
from encours.matching.actions.staging import Applied, Decision, payer_key
from encours.matching.models import How, State
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow, KnownReceipt
from encours.matching.queries.told import STATUS_OF
from encours.matching.rules import booking
from encours.matching.rules.facts import Outcome, Proposal, Status

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


class Sorting:
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

    def lost(self, line_ids: Collection[int]) -> list[Work]:
        """Lines that were decided and whose items somebody used meanwhile: they wait again."""
        return [
            Work(one.row, State.PROPOSED, self._outcome_of[one.row.line_id], "changed_meanwhile")
            for one in self.decisions
            if one.row.line_id in line_ids
        ]

    def _twin(self, row: BankRow, outcome: Outcome) -> KnownReceipt | None:
        """The receipt of the books that this line is, if one is: same amount, near day, same payer; never two."""
        known: Sequence[KnownReceipt] = self.known.get((row.entity_id, row.currency, row.amount_minor), ())
        if not known:
            return None
        if outcome.status == Status.APPLIED:
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
        counts[Status.PROPOSED.value] += len(applied.lost_line_ids)
        return +counts


def _is_same_payer(known: KnownReceipt, row: BankRow, outcome: Outcome) -> bool:
    iban = row.payer_iban.replace(" ", "")
    if iban and iban in (known.payer_iban, known.customer_iban):
        return True
    if outcome.best is not None and outcome.best.customer_id == known.customer_id:
        return True
    name = payer_key(row.payer_name)
    return bool(name) and bool(known.payer_name) and name == payer_key(known.payer_name)
