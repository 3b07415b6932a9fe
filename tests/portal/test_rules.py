"""Links by their seal, promises by their limits: no database."""

from datetime import date, timedelta

import pytest

from encours.portal import rules
from encours.portal.rules import Limits, Link, Offer, Part

TODAY = date(2026, 11, 23)
KEY = "one key"
LINK = Link(1, 10482, 7, 0, TODAY + timedelta(days=45))
EMAIL = "lise@acme.example"


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


class TestLink:
    def test_says_again_what_was_put_in(self):
        link, mark = rules.read(rules.secret_of(LINK, email=EMAIL, key=KEY))
        assert link == LINK
        assert rules.is_sealed(link, mark, email=" Lise@ACME.example ", keys=["newer", KEY])

    @pytest.mark.parametrize(
        "change",
        [
            {"organisation_id": 2},
            {"customer_id": 10483},
            {"contact_ref": 8},
            {"generation": 1},
            {"until": TODAY + timedelta(days=46)},
        ],
    )
    def test_no_part_of_it_can_be_changed(self, change):
        mark = rules.seal(LINK, email=EMAIL, key=KEY)
        values = {name: getattr(LINK, name) for name in Link.__slots__}
        assert not rules.is_sealed(Link(**{**values, **change}), mark, email=EMAIL, keys=[KEY])

    def test_is_not_for_another_address_nor_under_another_key(self):
        mark = rules.seal(LINK, email=EMAIL, key=KEY)
        assert not rules.is_sealed(LINK, mark, email="new@acme.example", keys=[KEY])
        assert not rules.is_sealed(LINK, mark, email=EMAIL, keys=["another"])

    @pytest.mark.parametrize("text", ["", "a", "1-2-3", "1-2-3-0-20261399-" + "x" * 43, "1-2-3-0-20261123-" + "x" * 42])
    def test_what_has_not_its_shape_is_none(self, text):
        assert rules.read(text) is None


LIMITS = Limits(days_max=30, parts_max=3)


class TestPromise:
    @pytest.mark.parametrize(
        ("offers", "owed", "why"),
        [
            ([Offer(day(0))], 1000, ""),
            ([Offer(day(30), 1000)], 1000, ""),
            ([Offer(day(1), 400), Offer(day(20))], 1000, ""),
            ([Offer(day(31))], 1000, "too_late"),
            ([Offer(day(-1))], 1000, "past"),
            ([], 1000, "empty"),
            ([Offer(day(1))], 0, "empty"),
            ([Offer(day(1), 0)], 1000, "amount"),
            ([Offer(day(1), 1001)], 1000, "amount"),
            ([Offer(day(1)), Offer(day(2))], 1000, "amount"),
            ([Offer(day(1), 1000), Offer(day(2))], 1000, "amount"),
            ([Offer(day(n), 100) for n in range(4)], 1000, "too_many"),
        ],
    )
    def test_is_taken_within_the_limits(self, offers, owed, why):
        assert rules.unfit(offers, owed_minor=owed, limits=LIMITS, today=TODAY) == why

    @pytest.mark.parametrize(
        ("offers", "parts"),
        [
            ([Offer(day(5))], [Part(7, 300, day(5)), Part(8, 700, day(5))]),
            ([Offer(day(20)), Offer(day(1), 400)],
             [Part(7, 300, day(1)), Part(8, 100, day(1)), Part(8, 600, day(20))]),
            ([Offer(day(1), 200)], [Part(7, 200, day(1))]),
        ],
    )  # fmt: skip
    def test_pays_the_earlier_invoice_first(self, offers, parts):
        assert rules.spread(offers, [(7, 300), (8, 700)]) == parts
