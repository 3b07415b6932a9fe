"""Each scene has its customer, whatever the day the demo is loaded on, and each customer one scene."""

import datetime as dt

import pytest

from encours.entrypoints.demo import casting, channels
from encours.entrypoints.demo.book import book_of

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
