"""All lines of a run, resolved together: no cent twice, the order of the lines changes nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

from encours.matching.rules import drafts, evidence, smart
from encours.matching.rules.book import Book, Shelf
from encours.matching.rules.drafts import Draft
from encours.matching.rules.facts import Candidate, Line, Outcome, Status
from encours.matching.rules.propose import in_other_currency, weigh
from encours.matching.rules.standing import Standing

MOST_ROUNDS = 4
type Weighed = tuple[list[Draft], Collection[int] | None]
# how the weighing of many lines is gone about: one after another, or shared out to the processors
type Spread = Callable[[Callable[[Sequence[int]], list[Weighed]], Sequence[int]], list[Weighed]]


def one_after_another(work: Callable[[Sequence[int]], list[Weighed]], indexes: Sequence[int]) -> list[Weighed]:
    """All lines weighed here."""
    return work(indexes)


def match(lines: Sequence[Line], book: Book, *, today: date, spread: Spread = one_after_another) -> list[Outcome]:
    """The outcome of each line, in the order given.

    Each round weighs all waiting lines against the same books, then applies those that are sure and do not contend;
    what they took is gone for the next round, where fewer rivals make others sure. Nothing depends on the order of the
    lines: contenders are told apart by their evidence, then by their day and key. Within a round each line is weighed
    by itself, so `spread` may share them out.
    """
    outcomes: dict[int, Outcome] = {}
    waiting: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    shelves: dict[tuple[str, int], Shelf] = {}
    rules = book.policy.rules
    lines = [smart.tied(line, rules) for line in lines] if rules else lines
    for index, line in enumerate(lines):
        decided = smart.decide(line, rules)
        shelf = book.shelf_of(line.currency, line.entity_id)
        if decided is not None:
            outcomes[index] = decided
        elif line.return_reason and line.amount_minor < 0:
            outcomes[index] = Outcome(line.key, Status.RETURNED, why_not="returned")
        elif shelf is not None and line.amount_minor:
            key = (line.currency, 0 if book.policy.entities_share else line.entity_id)
            shelves[key] = shelf
            waiting[key].append(index)
        else:
            outcomes[index] = _elsewhere(line, book, Outcome(line.key, Status.UNMATCHED, why_not="no_items"))
    for key, indexes in waiting.items():
        run = _Run(lines, Standing(book, shelves[key]), today, spread)
        outcomes.update(run.resolve(indexes))
    return [outcomes[index] for index in range(len(lines))]


def _elsewhere(line: Line, book: Book, outcome: Outcome) -> Outcome:
    """What an unmatched line may pay in the currency of the payer's order; a person decides."""
    found = in_other_currency(line, book)
    if not found:
        return outcome
    return Outcome(line.key, Status.PROPOSED, found[0], tuple(found[1:]), "other_currency")


class _Run:
    """The rounds of one currency."""

    def __init__(self, lines: Sequence[Line], standing: Standing, today: date, spread: Spread) -> None:
        self.lines, self.standing, self.today, self.spread = lines, standing, today, spread
        self.policy = standing.book.policy
        self.weighed: dict[int, list[Draft]] = {}
        self.considered: dict[int, Collection[int] | None] = {}

    def resolve(self, indexes: Iterable[int]) -> dict[int, Outcome]:
        """Rounds until nothing more is sure, then the proposals for the rest."""
        waiting = list(indexes)
        done: dict[int, Outcome] = {}
        stale = waiting
        for turn in range(MOST_ROUNDS):
            self._weigh(stale, is_quick=turn == 0)
            applied, taken = self._apply(waiting)
            done.update(applied)
            waiting = [index for index in waiting if index not in done]
            items = self.standing.shelf.items
            touched = {items[position].customer_id for position in taken}
            stale = [index for index in waiting if self._is_stale(index, touched)]
            if not stale:
                break
        for index in waiting:
            done[index] = self._left(index)
        return done

    def _weigh(self, indexes: Sequence[int], *, is_quick: bool) -> None:
        def work(some: Sequence[int]) -> list[Weighed]:
            return [weigh(self.lines[index], self.standing, is_quick=is_quick) for index in some]

        for index, (found, considered) in zip(indexes, self.spread(work, indexes), strict=True):
            self.considered[index] = considered
            self.weighed[index] = smart.allowed(found, self.lines[index], self.policy.rules)

    def _is_stale(self, index: int, touched: set[int]) -> bool:
        """Whether a line is to be weighed again: it was looked at quickly, or an account it thought of changed."""
        considered = self.considered[index]
        return considered is None or not touched.isdisjoint(considered)

    def _apply(self, waiting: Iterable[int]) -> tuple[dict[int, Outcome], set[int]]:
        """What is sure and uncontended; the items it took."""
        sure = [index for index in waiting if self.weighed[index] and not self.why_not(index)]
        refused = self._contended(sure)
        applied: dict[int, Outcome] = {}
        taken: set[int] = set()
        for index in sure:
            if index in refused:
                continue
            best, *rivals = self.weighed.pop(index)
            for position, amount in _claims(best, self.standing.shelf.items):
                self.standing.spend(position, amount)
                taken.add(position)
            applied[index] = Outcome(
                self.lines[index].key,
                Status.APPLIED,
                drafts.proposal(best, self.standing, self.lines[index]),
                tuple([drafts.proposal(one, self.standing, self.lines[index]) for one in rivals[:2]]),
            )
        return applied, taken

    def _contended(self, sure: Iterable[int]) -> set[int]:
        """Lines that would take more of an item than it has: the better evidence goes first, then the earlier line."""
        claims: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for index in sure:
            for position, amount in _claims(self.weighed[index][0], self.standing.shelf.items):
                claims[position].append((index, amount))
        refused: set[int] = set()
        for position, claimants in sorted((position, found) for position, found in claims.items() if len(found) > 1):
            left = self.standing.opens[position]
            if abs(sum(amount for _, amount in claimants)) <= abs(left):
                continue
            order = sorted(claimants, key=lambda one: self._precedence(one[0]))
            for index, amount in order:
                if index in refused:
                    continue
                if abs(amount) <= abs(left) and not self._is_rivalled(
                    index, [one for one, _ in order if one not in refused]
                ):
                    left -= amount
                else:
                    refused.add(index)
        return refused

    def _precedence(self, index: int) -> tuple[int, date, str]:
        line, best = self.lines[index], self.weighed[index][0]
        return (-best.points // 100, line.booking_date, line.key)

    def _is_rivalled(self, index: int, others: Iterable[int]) -> bool:
        """Another customer's line, or one that guesses as well as this one, wants the same item."""
        best = self.weighed[index][0]
        for other in others:
            theirs = self.weighed[other][0]
            if other == index or best.points - theirs.points > self.policy.rival_margin:
                continue
            if not (best.quotes and theirs.quotes and best.payer.how == theirs.payer.how):
                return True
        return False

    def why_not(self, index: int) -> str:
        """What keeps a line from being applied alone; blank when nothing does."""
        line, (best, *rivals) = self.lines[index], self.weighed[index]
        if line.is_undone:
            return "undone_before"
        if best.is_silent_by_choice and not self.policy.applies_on_account_alone:
            return "silent"
        if self.policy.old_line_days and (self.today - line.booking_date).days > self.policy.old_line_days:
            return "old_line"
        if self.policy.rules and smart.is_never_alone(line, self.policy.rules):
            return "rule"
        if not best.is_silent_by_choice and evidence.witnesses(best.signature) < 2:
            return "one_witness"
        if best.probability_ppm < self.policy.alone_min_ppm:
            return "rivals" if rivals and rivals[0].points > best.points - self.policy.rival_margin else "unsure"
        if rivals and rivals[0].points > best.points - self.policy.rival_margin:
            return "rivals"
        return ""

    def _left(self, index: int) -> Outcome:
        line, found = self.lines[index], self.weighed[index]
        found = [one for one in found if self._is_affordable(one)]
        if found:
            best, *rivals = (drafts.proposal(one, self.standing, line, is_to_be_read=True) for one in found)
            outcome = Outcome(line.key, Status.PROPOSED, best, tuple(rivals), self.why_not(index) or "contended")
        else:
            outcome = Outcome(line.key, Status.UNMATCHED, why_not="nothing_fits")
        return outcome if any(one.cash for one in found) else _elsewhere(line, self.standing.book, outcome)

    def _is_affordable(self, draft: Draft) -> bool:
        return all(abs(amount) <= abs(self.standing.opens[position]) for position, amount in draft.cash)


def _claims(draft: Draft, items: Sequence[Candidate]) -> list[tuple[int, int]]:
    """What a draft takes of each item: its money, and what is booked away beside it."""
    booked = {one.item_id: one.amount_minor for one in draft.residuals if one.is_booked and one.item_id}
    if not booked:
        return list(draft.cash)
    return [
        (position, amount + (1 if amount > 0 else -1) * booked.get(items[position].item_id, 0))
        for position, amount in draft.cash
    ]
