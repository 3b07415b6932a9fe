"""What one bank line may pay: every way the evidence allows, weighed against each other and against none."""

from collections.abc import Collection

from encours.matching.rules import drafts, folding, payers, plainly, quotes, smart
from encours.matching.rules.book import Book
from encours.matching.rules.drafts import Draft
from encours.matching.rules.facts import Line, Proposal
from encours.matching.rules.search import Search
from encours.matching.rules.standing import Standing


def propose(line: Line, book: Book, standing: Standing | None = None) -> list[Proposal]:
    """The proposals for one line, best first.

    Example: "RE INV-2026-0412 abzgl. 2% Skonto", 980.00 from the account of a customer whose INV-2026-0412 is open for
    1,000.00: that invoice, 980.00, and 20.00 of discount that a person decides unless the invoice allows it.
    """
    if not line.amount_minor:
        return []
    line = smart.tied(line, book.policy.rules)
    shelf = standing.shelf if standing else book.shelf_of(line.currency, line.entity_id)
    found: list[Proposal] = []
    if shelf is not None:
        standing = standing or Standing(book, shelf)
        found = [drafts.proposal(one, standing, line) for one in weigh(line, standing)[0]]
    if not any(one.allocations for one in found):
        found = [*in_other_currency(line, book), *found]
    return found


def in_other_currency(line: Line, book: Book) -> list[Proposal]:
    """Proposals for items of the currency the payer ordered in; never applied alone.

    Example: 92.10 EUR credited for an order of 100.00 USD: the invoice that is open for 100.00 USD.
    """
    shelf = book.shelf_of(line.original_currency, line.entity_id)
    if shelf is None or line.original_currency == line.currency or not line.original_amount_minor:
        return []
    sign = 1 if line.amount_minor > 0 else -1
    ordered = line._replace(currency=line.original_currency, amount_minor=sign * abs(line.original_amount_minor))
    standing = Standing(book, shelf)
    found = [drafts.proposal(one, standing, line) for one in weigh(ordered, standing)[0] if one.cash]
    return [one._replace(currency=line.original_currency) for one in found]


def weigh(line: Line, standing: Standing, *, is_quick: bool = False) -> tuple[list[Draft], Collection[int] | None]:
    """The drafts for one line, best first, and the customers that were thought of.

    A quick look leaves out the sums of silent payers, which are fewer once the quoted items are gone; where it did so
    it answers None for the customers.
    """
    book, shelf = standing.book, standing.shelf
    text = folding.plain(folding.unwrapped(line.text)[0])
    known = payers.by_account(line, book)
    whole = [one for one in (*quotes.coded(line, shelf), *quotes.written(text, shelf)) if standing.opens[one.position]]
    sure = plainly.sure(line, standing, known, whole) if not line.advice else None
    if sure is not None:
        return [sure], (sure.customer_id,)
    search = Search(line, standing, known, whole, is_quick=is_quick)
    found = search.drafts()
    return found, None if search.is_postponed else {*search.payers, *(one.customer_id for one in found)}
