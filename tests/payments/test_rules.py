"""When two sightings are one movement, statements follow one another, and an advice belongs to a payment."""

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.payments.rules import (
    Announced,
    Period,
    Sighting,
    announced,
    follows,
    gap_before,
    likeness,
    likeness_to_all,
    neighbours,
    paired,
    tells_whole_day,
)

DAY = date(2026, 6, 10)
SEEN = Sighting(1, DAY, "camt")


class TestLikeness:
    @pytest.mark.parametrize(
        ("known", "seen", "is_one"),
        [
            ({"bank_reference": "B1"}, {"bank_reference": "B1", "text": "other"}, True),
            ({"bank_reference": "B1"}, {"bank_reference": "B2"}, False),
            ({"bank_reference": "B1"}, {"bank_reference": "B2", "family": "mt940"}, True),
            ({"end_to_end_id": "E1"}, {"end_to_end_id": "E1", "family": "mt940"}, True),
            ({"end_to_end_id": "E1"}, {"end_to_end_id": "E2", "family": "mt940"}, False),
            ({"end_to_end_id": "E1-LONG"}, {"end_to_end_id": "E1", "family": "cfonb120"}, True),
            ({"iban": "FR1"}, {"iban": "DE1", "family": "mt940"}, False),
            ({"text": "INVOICE 12 ACME"}, {"text": "INVOICE 12"}, True),
            ({"text": "INVOICE 12"}, {"text": "RENT JUNE"}, False),
            ({"text": "INVOICE 12"}, {"text": "RENT JUNE", "family": "mt940"}, True),
            ({"text": "INVOICE 12"}, {"text": "INVOICE 12", "booking_date": date(2026, 6, 11)}, False),
            ({"end_to_end_id": "E1"}, {"end_to_end_id": "E1", "booking_date": date(2026, 6, 11)}, True),
            ({}, {"text": "INVOICE 12"}, True),
        ],
    )
    def test_references_decide_then_words(self, known: dict[str, str], seen: dict[str, str], is_one: bool) -> None:
        assert (likeness(replace(SEEN, **known), replace(SEEN, id=2, **seen)) > 0) is is_one

    @given(st.permutations(range(4)), st.integers(1, 4))
    def test_each_line_is_paired_once_whatever_the_order(self, order: list[int], known_count: int) -> None:
        known = [replace(SEEN, id=number, text="FEE") for number in range(known_count)]
        seen = [replace(SEEN, id=10 + number, family="mt940", text="FEE") for number in order]
        pairs = paired(known, seen)
        assert len(pairs) == min(4, known_count)
        assert len(set(pairs.values())) == len(pairs)
        assert set(pairs) == set(sorted(10 + number for number in range(4))[: len(pairs)])


def period(number: int, opening: int, closing: int, day: int = 10, *, last: int | None = None) -> Period:
    return Period(number, date(2026, 6, day), date(2026, 6, last or day), opening, closing, 0)


class TestChain:
    def test_statements_follow_where_balances_meet(self) -> None:
        assert follows(period(1, 0, 10), period(2, 10, 30))
        assert not follows(period(1, 0, 10), period(2, 0, 10))
        assert not follows(period(1, 0, 10, 5, last=10), period(2, 10, 30, 8, last=12))

    def test_neighbours_are_the_chain_of_the_day_in_any_order(self) -> None:
        chain = [period(1, 0, 10), period(2, 10, 30), period(3, 30, 35)]
        for first, second, third in permutations(chain):
            assert neighbours(first, [second, third]) == {second.id, third.id}
        assert neighbours(period(9, 35, 40, 12), chain) == set()

    def test_a_gap_is_what_lies_between(self) -> None:
        assert gap_before(period(2, 240, 300, 12), [period(1, 100, 250)]) == (-10, DAY)
        assert gap_before(period(2, 250, 300, 12), [period(1, 100, 250)]) == (0, DAY)
        assert gap_before(period(2, 250, 300, 12), []) is None


class TestAnnounced:
    ADVICE = Announced(1, DAY, number="AV-118", name="Acme", invoices=("F-2026-0412",))

    @pytest.mark.parametrize(
        ("lines", "joined"),
        [
            ([replace(SEEN, id=7, name="ACME SA")], {1: 7}),
            ([replace(SEEN, id=7, name="ACME SA", booking_date=date(2026, 6, 20))], {}),
            ([replace(SEEN, id=7, text="VIR"), replace(SEEN, id=8, text="AV118")], {1: 8}),
            ([replace(SEEN, id=7, text="F20260412"), replace(SEEN, id=8)], {1: 7}),
            ([replace(SEEN, id=7), replace(SEEN, id=8)], {}),
            ([replace(SEEN, id=7)], {1: 7}),
        ],
    )
    def test_number_invoices_account_or_name_decide(self, lines: list[Sighting], joined: dict[int, int]) -> None:
        assert announced([self.ADVICE], lines) == joined

    def test_two_advices_of_one_amount_need_more_than_the_amount(self) -> None:
        assert announced([replace(self.ADVICE, name=""), replace(self.ADVICE, id=2, name="")], [SEEN]) == {}


class TestTellings:
    PART, WHOLE = {"is_day_whole": False}, {"is_day_whole": True}

    @pytest.mark.parametrize(
        ("known", "seen", "is_one"),
        [
            # two formats that each tell a part of the day, and share no word: two movements
            ({"text": "REMISE CHEQUES", **PART}, {"text": "LOYER JUIN", "family": "qif", **PART}, False),
            ({"text": "VIR ACME", **PART}, {"text": "ACME SA INV 12", "family": "qif", **PART}, True),
            ({"text": "", **PART}, {"text": "LOYER JUIN", "family": "qif", **PART}, True),
            # one of them tells the whole day: the other's movement is among its
            ({"text": "REMISE CHEQUES", **WHOLE}, {"text": "LOYER JUIN", "family": "qif", **PART}, True),
            ({"text": "REMISE CHEQUES", **PART}, {"text": "LOYER JUIN", "family": "qif", **WHOLE}, True),
        ],
    )
    def test_silence_across_formats_counts_where_one_tells_the_whole_day(
        self, known: dict[str, Any], seen: dict[str, Any], is_one: bool
    ) -> None:
        assert (likeness(replace(SEEN, **known), replace(SEEN, id=2, **seen)) > 0) is is_one

    TOLD_TWICE = (replace(SEEN, text="INV 12", end_to_end_id="E1"), replace(SEEN, family="mt940", text="ACME"))

    @pytest.mark.parametrize(
        ("seen", "is_one"),
        [
            ({"family": "mt940", "text": "ACME"}, True),
            ({"family": "mt940", "text": "LOYER JUIN"}, False),  # its own format told the line in other words
            ({"family": "mt940", "text": "LOYER JUIN", "end_to_end_id": "E1"}, True),  # a reference proves it
            ({"family": "ofx", "text": "LOYER JUIN"}, True),
        ],
    )
    def test_a_format_that_told_a_line_is_asked_first(self, seen: dict[str, Any], is_one: bool) -> None:
        assert (likeness_to_all(self.TOLD_TWICE, replace(SEEN, id=2, **seen)) > 0) is is_one

    @pytest.mark.parametrize(
        ("first", "last", "family", "more", "is_whole"),
        [
            (10, 10, "qif", {"difference_minor": 0}, True),
            (10, 10, "camt", {}, True),  # a bank's statement, though it gives no balances
            (9, 12, "qif", {}, True),
            (10, 12, "qif", {}, False),  # an export may begin in the midst of its first day
            (10, 12, "camt", {"difference_minor": 7}, False),  # something is missing from it
            (9, 12, "camt", {"difference_minor": 0, "is_interim": True}, False),
            (11, 12, "camt", {"difference_minor": 0}, False),
        ],
    )
    def test_a_statement_tells_a_whole_day_or_a_part(
        self, first: int, last: int, family: str, more: dict[str, Any], is_whole: bool
    ) -> None:
        statement = Period(1, date(2026, 6, first), date(2026, 6, last), None, None, **more)
        assert tells_whole_day(statement, DAY, family=family) is is_whole
