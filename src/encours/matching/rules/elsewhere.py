"""Money that came to the wrong company of a group: what it may pay in the books of the others."""

from collections.abc import Sequence

from encours.matching.rules import drafts, smart
from encours.matching.rules.book import Book
from encours.matching.rules.facts import Line, Outcome, Proposal, Status
from encours.matching.rules.propose import weigh
from encours.matching.rules.standing import Standing

# a proposal of the line's own company that is likelier than not stands; below it, the others are asked
LIKELY_PPM = 500_000
OTHER_COMPANY = "other_company"


def of_other_companies(lines: Sequence[Line], outcomes: Sequence[Outcome], book: Book) -> list[Outcome]:
    """The outcomes of a run, with proposals for items of other companies where a line's own has nothing likely.

    A line of A that quotes invoice F-2026-0412 of B, unknown to A -> that invoice, for a person to decide; never
    applied alone. What this run gives out of B's items is no longer there to be proposed.
    """
    others = _Others(book, outcomes)
    return [
        others.better(line, outcome) if _is_open(line, outcome) else outcome
        for line, outcome in zip(lines, outcomes, strict=True)
    ]


def _is_open(line: Line, outcome: Outcome) -> bool:
    if outcome.status not in (Status.UNMATCHED, Status.PROPOSED) or not line.amount_minor:
        return False
    return outcome.best is None or outcome.best.probability_ppm < LIKELY_PPM


class _Others:
    """The books of each company, less what the run gave out; made for the first line that asks for them."""

    def __init__(self, book: Book, outcomes: Sequence[Outcome]) -> None:
        self.book, self.outcomes = book, outcomes
        self._standings: dict[tuple[str, int], Standing] = {}

    def better(self, line: Line, outcome: Outcome) -> Outcome:
        """The outcome with a likely proposal of another company first, if there is one; its own become rivals."""
        line = smart.tied(line, self.book.policy.rules)
        found: list[Proposal] = []
        for currency, entity_id in self.book.shelves:
            if currency == line.currency and entity_id not in (0, line.entity_id):
                found += self._of(line, self._standing(currency, entity_id))
        found.sort(key=lambda one: -one.probability_ppm)
        if not found or found[0].probability_ppm < LIKELY_PPM:
            return outcome
        own = [one for one in (outcome.best, *outcome.rivals) if one is not None]
        return outcome._replace(status=Status.PROPOSED, best=found[0], rivals=(*found[1:], *own), why_not=OTHER_COMPANY)

    def _of(self, line: Line, standing: Standing) -> list[Proposal]:
        weighed = smart.allowed(weigh(line, standing)[0], line, self.book.policy.rules)
        return [drafts.proposal(one, standing, line) for one in weighed if one.cash]

    def _standing(self, currency: str, entity_id: int) -> Standing:
        found = self._standings.get((currency, entity_id))
        if found is None:
            found = self._standings[currency, entity_id] = Standing(self.book, self.book.shelves[currency, entity_id])
            given = {
                one.item_id: one.amount_minor
                for outcome in self.outcomes
                if outcome.status == Status.APPLIED and outcome.best is not None
                for one in outcome.best.allocations
            }
            for position, item in enumerate(found.shelf.items):
                if item.item_id in given:
                    found.spend(position, given[item.item_id])
        return found
