"""Each scene has its customer, whatever the day the demo is loaded on, and each customer one scene."""

import datetime as dt
from functools import cache

import pytest

from encours.core.dates import add_months, month_start
from encours.entrypoints.demo import casting, channels, limits, papers, steering, trade
from encours.entrypoints.demo.book import book_of as invented

book_of = cache(invented)
DAYS = (dt.date(2026, 11, 22), dt.date(2027, 1, 4), dt.date(2027, 5, 31))


@pytest.mark.parametrize("today", DAYS)
def test_every_part_is_given_to_one_customer_and_the_same_again(today: dt.date) -> None:
    book = book_of(today)
    cast = casting.cast(book)
    assert set(cast) == {name for name, _ in casting.PARTS}
    assert len({player.customer.number for player in cast.values()}) == len(cast)
    assert casting.cast(book) == cast


@pytest.mark.parametrize("today", [*DAYS, dt.date(2027, 3, 3), dt.date(2027, 3, 4), dt.date(2026, 3, 1)])
def test_statements_left_on_the_first_working_day_from_the_third_that_is_past(today: dt.date) -> None:
    day = channels.statement_day(today)
    assert day < today
    assert day.day >= channels.STATEMENT_DAY
    assert (today - day).days < 37


@pytest.mark.parametrize("today", DAYS)
def test_a_few_customers_are_over_their_limit_and_the_others_within(today: dt.date) -> None:
    book = book_of(today)
    granted, owed = limits.granted(book), limits.exposures(book)
    over = {number for number, limit in granted.items() if owed[number] > limit}
    assert 1 <= len(over) <= 3
    assert casting.cast(book)["delay"].customer.number in over
    assert len(granted) > 100
    assert all(limit > 0 for limit in granted.values())


def test_the_lines_of_an_invoice_are_its_amount() -> None:
    book = book_of(DAYS[0])
    for document in book.documents[-400:]:
        assert sum(line.net_minor for line in trade.lines_of(document)) == document.net_minor


def test_recent_invoices_of_who_is_in_a_scene_have_their_pdf() -> None:
    book = book_of(DAYS[0])
    numbers = frozenset(player.customer.number for player in casting.cast(book).values())
    documents = papers.chosen(book, numbers=numbers)
    assert 0 < len(documents) <= papers.COPIES_MAX
    assert documents[0].customer.number in numbers
    for document in (documents[0], next(one for one in documents if one.kind == trade.CREDIT_NOTE)):
        made = papers.pdf(document, book=book, iban="FR7699999452433793425831988")
        assert made.startswith(b"%PDF-")
        assert made == papers.pdf(document, book=book, iban="FR7699999452433793425831988")


@pytest.mark.parametrize("today", DAYS)
def test_each_collector_has_what_goals_are_made_of(today: dt.date) -> None:
    found = steering.received(book_of(today), month=add_months(month_start(today), -1))
    assert set(found) == {0, 1, 2}
    assert all(minor > 1_000_000 for minor in found.values())
