"""Failures carry a code, their data and one sentence."""

from datetime import date

import pytest

from encours.core.errors import Conflict, EncoursError, NotFound, Refused, Unavailable, gettext_noop
from encours.core.money import Money


class PeriodClosed(Refused):
    """A test's own refusal."""

    message = gettext_noop("The period {period} is closed.")


def test_the_code_comes_from_the_name_of_the_error() -> None:
    assert PeriodClosed.code == "period_closed"
    assert Refused.code == "refused"


def test_the_sentence_is_filled_with_the_data() -> None:
    assert str(PeriodClosed(period="2026-01")) == "The period 2026-01 is closed."


def test_the_sentence_is_translated_by_its_template() -> None:
    french = {"The period {period} is closed.": "La période {period} est close."}
    assert PeriodClosed(period="2026-01").translated(french.__getitem__) == "La période 2026-01 est close."


def test_a_missing_datum_is_shown_and_hides_nothing() -> None:
    assert str(PeriodClosed()) == "The period {period} is closed."


def test_json_carries_money_and_dates_as_everywhere_else() -> None:
    document = PeriodClosed(period=date(2026, 1, 31), due=Money(1250, "EUR"), tried=(1, None)).as_json()
    assert document == {
        "code": "period_closed",
        "message": "The period 2026-01-31 is closed.",
        "data": {"period": "2026-01-31", "due": {"amount": "12.50", "currency": "EUR"}, "tried": [1, None]},
    }


def test_an_outside_system_says_whether_to_try_again() -> None:
    assert Unavailable(retry=True).retry is True
    with pytest.raises(TypeError):
        Unavailable()


@pytest.mark.parametrize("kind", [Refused, NotFound, Conflict, Unavailable])
def test_the_four_kinds_are_caught_as_one(kind: type[EncoursError]) -> None:
    assert issubclass(kind, EncoursError)
