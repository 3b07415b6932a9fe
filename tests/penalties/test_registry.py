"""The legal values shipped: whole, sourced, and the same as the tables they were checked against."""

import csv
import itertools
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from encours.core.dates import HalfYear
from encours.penalties.rules.registry import (
    COMMERCIAL_COMPENSATION,
    COMMERCIAL_POINTS,
    ECB_RATE,
    FLOOR_MULTIPLE,
    HALF_YEARLY,
    LEGAL_RATE,
    PUBLIC_POINTS,
    shipped,
)

RATES = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "7-rates-and-calendars"
has_corpora = pytest.mark.skipif(not RATES.is_dir(), reason="the tables of rates are not beside the project")

FIRST, LAST = HalfYear(2013, 1), HalfYear(2026, 2)

# half-year: refinancing rate, by law, legal rate, floor; the last four as a person adds and multiplies them
TABLE = [
    ("2021 S1", "0.00", "10.00", "0.79", "2.37"),
    ("2021 S2", "0.00", "10.00", "0.76", "2.28"),
    ("2022 S1", "0.00", "10.00", "0.76", "2.28"),
    ("2022 S2", "0.00", "10.00", "0.77", "2.31"),
    ("2023 S1", "2.50", "12.50", "2.06", "6.18"),
    ("2023 S2", "4.00", "14.00", "4.22", "12.66"),
    ("2024 S1", "4.50", "14.50", "5.07", "15.21"),
    ("2024 S2", "4.25", "14.25", "4.92", "14.76"),
    ("2025 S1", "3.15", "13.15", "3.71", "11.13"),
    ("2025 S2", "2.15", "12.15", "2.76", "8.28"),
    ("2026 S1", "2.15", "12.15", "2.62", "7.86"),
    ("2026 S2", "2.40", "12.40", "2.75", "8.25"),
]


def halves() -> list[HalfYear]:
    found = [FIRST]
    while found[-1] < LAST:
        found.append(found[-1].following())
    return found


class TestShipped:
    @pytest.mark.parametrize(("half", "ecb", "by_law", "legal", "floor"), TABLE)
    def test_gives_the_rates_of_each_half_year(self, half, ecb, by_law, legal, floor):
        day = next(one.first_day for one in halves() if str(one) == half)
        registry = shipped()
        assert str(registry.at(ECB_RATE, day).value) == ecb
        assert str(registry.at(ECB_RATE, day).value + registry.at(COMMERCIAL_POINTS, day).value) == by_law
        assert str(registry.at(LEGAL_RATE, day).value) == legal
        assert str(registry.at(LEGAL_RATE, day).value * registry.at(FLOOR_MULTIPLE, day).value) == floor

    def test_has_each_half_year_once_and_without_a_hole(self):
        for code in HALF_YEARLY:
            firsts = [value.valid_from for value in shipped().values(code)]
            assert firsts == [half.first_day for half in halves()]

    def test_names_article_and_source_of_every_value(self):
        for value in shipped().values():
            assert value.article, value
            assert value.source, value
            assert value.unit in {"percent", "points", "times", "EUR"}, value

    def test_keeps_what_is_doubtful(self):
        doubtful = {(value.code, str(HalfYear.of(value.valid_from))) for value in shipped().values() if value.doubt}
        for known in [(LEGAL_RATE, "2018 S1"), (LEGAL_RATE, "2019 S1"), (ECB_RATE, "2026 S1"), (ECB_RATE, "2026 S2")]:
            assert known in doubtful

    def test_values_of_one_kind_follow_each_other(self):
        for code in (COMMERCIAL_POINTS, COMMERCIAL_COMPENSATION, PUBLIC_POINTS, FLOOR_MULTIPLE):
            rows = shipped().values(code)
            assert all(one.valid_to == after.valid_from for one, after in itertools.pairwise(rows))
            assert rows[-1].valid_to is None


@has_corpora
@pytest.mark.corpora
class TestAgainstTheTables:
    def test_refinancing_rates_are_those_in_force_on_the_first_day(self):
        with (RATES / "ecb" / "ecb_main_refinancing_rate.csv").open() as file:
            changes = [
                (date.fromisoformat(row["effective_from"]), Decimal(row["main_refinancing_rate_percent"]))
                for row in csv.DictReader(file)
            ]
        for half in halves():
            # the table ends with the rate of 11 June 2025, said to hold on 5 February 2026
            if half <= HalfYear(2026, 1):
                in_force = max(change for change in changes if change[0] <= half.first_day)
                assert shipped().at(ECB_RATE, half.first_day).value == in_force[1], half

    def test_legal_rates_are_the_column_of_all_other_cases(self):
        with (RATES / "fr-legal-interest" / "taux_interet_legal.csv").open() as file:
            changes = [
                (date.fromisoformat(row["effective_from"]), row)
                for row in csv.DictReader(row for row in file if not row.startswith("#"))
            ]
        for half in halves():
            if half <= HalfYear(2026, 1):
                row = max((change for change in changes if change[0] <= half.first_day), key=lambda one: one[0])[1]
                value = shipped().at(LEGAL_RATE, half.first_day)
                assert value.value == Decimal(row["all_other_cases_percent"]), half
                if "CONFLICT" in row["evidence"]:
                    assert value.doubt, half

    def test_no_rate_is_the_private_persons_one_of_the_wrong_public_table(self):
        with (RATES / "fr-legal-interest" / "NEGATIVE_EXAMPLE_wrong_public_table.csv").open() as file:
            for row in csv.DictReader(file):
                year, half = row["semester"].split("-S")
                value = shipped().at(LEGAL_RATE, HalfYear(int(year), int(half)).first_day).value
                assert value == Decimal(row["professionnel_true"])
                assert value != Decimal(row["professionnel_as_published_in_repo"])
