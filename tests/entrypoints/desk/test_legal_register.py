"""The legal values as their page reads them: by subject, today's first, doubts told, found by a word."""

from datetime import date

import pytest
from django.utils import translation

from encours.core.legal_values import LegalValue
from encours.credit.rules.terms import ceilings
from encours.entrypoints.desk.legal_register import NAMES, SUBJECTS, figure, subjects
from encours.penalties.rules.registry import shipped
from encours.recovery.rules.registry import periods

TODAY = date(2026, 11, 22)
EVERY = [*shipped().values(), *periods().values(), *ceilings().values()]


def test_every_value_has_a_name_and_one_subject() -> None:
    codes = {value.code for value in EVERY}
    grouped = [code for _, _, codes_of in SUBJECTS.values() for code in codes_of]
    assert codes == set(NAMES) == set(grouped)
    assert len(grouped) == len(set(grouped))


def test_what_holds_today_is_apart_from_the_past() -> None:
    rates = subjects(EVERY, today=TODAY)[0]
    assert [line.period for line in rates.current if line.period] == ["2026 S2", "2026 S2"]
    assert rates.past[0].period == "2026 S1"
    assert [line.state for line in rates.current if line.value.code == "commercial_points"] == ["now", "coming"]
    shown = sum(len(one.current) + len(one.past) for one in subjects(EVERY, today=TODAY))
    assert shown == len(EVERY)


def test_a_rate_nobody_entered_for_this_half_year_is_named_missing() -> None:
    assert len(subjects(EVERY, today=date(2031, 3, 1))[0].missing) == 2
    assert subjects(EVERY, today=TODAY)[0].missing == []


def test_of_two_for_the_same_days_the_one_given_last_counts() -> None:
    old = next(value for value in EVERY if value.code == "commercial_compensation")
    again = LegalValue(old.code, old.value, old.unit, old.valid_from, None, old.article, "read anew")
    fixed = subjects([*EVERY, again], today=TODAY)[1]
    assert "read anew" in [line.value.source for line in fixed.current]
    assert [line.state for line in fixed.past] == ["replaced"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L441-10", {"interest", "terms"}),
        ("R622-24", {"insolvency"}),
        ("prescription TRANSPORT", {"limitation"}),
        ("tva", {"tax"}),
        ("2026 S2", {"interest"}),
        ("nothing of the kind", set()),
    ],
)
def test_a_word_of_it_finds_a_value(text: str, found: set[str]) -> None:
    with translation.override("fr"):
        assert {subject.key for subject in subjects(EVERY, today=TODAY, text=text)} == found


def test_what_is_to_be_verified_can_be_asked_alone() -> None:
    found = subjects(EVERY, today=TODAY, only_doubtful=True)
    assert all(line.doubt for subject in found for line in (*subject.current, *subject.past))
    assert {"order_service", "tax_of_lost_debt"} <= {line.value.code for one in found for line in one.current}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ecb_refinancing_rate", "2,40\u00a0%"),
        ("commercial_points", "10 points"),
        ("floor_multiple", "3\u00a0×"),
        ("commercial_compensation", "40,00\u00a0€"),
        ("limitation_commercial", "5 ans"),
        ("claim_filing", "2 mois"),
    ],
)
def test_a_figure_carries_its_unit(code: str, said: str) -> None:
    value = next(value for value in reversed(EVERY) if value.code == code and value.holds_on(TODAY))
    with translation.override("fr"):
        assert figure(value) == said
