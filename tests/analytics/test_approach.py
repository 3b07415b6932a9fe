"""What is suggested and what is not: tables that can be reckoned by hand, and the books they are read from."""

from datetime import timedelta
from typing import Any

import pytest

from encours.analytics.queries import approach as queries
from encours.analytics.rules import approach as rules
from encours.analytics.rules.approach import Aspect, Tried
from encours.collections import actions as collections
from encours.collections.actions import holdouts as trials
from encours.collections.holdout_models import SuggestionTrial
from encours.customers.models import Customer
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY


def tried(option: str, worked: int, of: int, start: int, *, band: int = 2) -> list[Tried]:
    return [Tried(start + at, Aspect.CHANNEL, band, option, at < worked) for at in range(of)]


class TestFindings:
    def test_what_is_ahead_beyond_chance_is_suggested(self):
        found = rules.findings(tried("call", 24, 40, 0) + tried("email", 8, 40, 100))[Aspect.CHANNEL, 2]
        assert (found.missing, found.best and found.best.option) == (0, "call")
        best = found.best
        assert best is not None
        assert (best.share, best.rest_share) == (0.6, 0.2)
        assert best.low == pytest.approx(0.4 - 0.203, abs=0.01)

    @pytest.mark.parametrize(
        ("one", "other", "missing"),
        [  # worked, of
            ((12, 24), (10, 24), 0),
            ((19, 19), (0, 40), 1),
            ((20, 20), (0, 5), 15),
        ],
    )
    def test_what_chance_could_give_or_too_few_show_is_not(self, one, other, missing):
        found = rules.findings(tried("call", *one, 0) + tried("email", *other, 100))[Aspect.CHANNEL, 2]
        assert (found.best, found.missing) == (None, missing)

    def test_customers_are_compared_with_those_as_late(self):
        found = rules.findings(tried("call", 30, 30, 0, band=1) + tried("email", 0, 30, 100, band=3))
        assert [one.best for one in found.values()] == [None, None]

    def test_a_customer_with_many_contacts_counts_once(self):
        many = [Tried(1, Aspect.CHANNEL, 2, "call", True)] * 500
        found = rules.findings([*many, *tried("call", 0, 19, 2), *tried("email", 0, 20, 100)])[Aspect.CHANNEL, 2]
        assert found.options[0].share == pytest.approx(1 / 20)
        assert found.best is None

    @pytest.mark.parametrize(("days", "band"), [(-3, 0), (0, 0), (1, 1), (15, 1), (16, 2), (45, 2), (46, 3)])
    def test_lateness_falls_into_a_band(self, days, band):
        assert rules.band_of(days) == band

    @pytest.mark.parametrize(
        ("calls", "expected"),
        [
            ([(14, True), (15, True), (14, True), (15, False), (9, False)], (3, 3, 4)),
            ([(14, True), (15, True), (9, True)], None),
            ([], None),
        ],
    )
    def test_when_a_customer_answers(self, calls, expected):
        assert rules.answered_part(calls) == expected


def call(company: Any, customer: Customer, outcome: str, *, days_ago: int, hour: int) -> None:
    at = (NOW - timedelta(days=days_ago)).replace(hour=hour)
    collections.record_call(
        organisation_id=company.organisation_id, customer_id=customer.pk, outcome=outcome, contact_id=None,
        key=f"{customer.pk}:{days_ago}:{hour}", today=at.date(), now=at, by=company.by,
    )  # fmt: skip


class TestTheBooks:
    def test_calls_are_read_with_hour_lateness_and_what_followed(self, company):
        books.post(company, company.acme, "F1", late=40, amount=100_00)
        call(company, company.acme, "reached", days_ago=20, hour=9)
        books.pay(company, company.acme, "P1", 10_00, day=TODAY - timedelta(days=16))
        call(company, company.acme, "no_answer", days_ago=3, hour=9)
        found = queries.what_works(company.organisation_id, today=TODAY)
        assert set(found) == {(Aspect.HOUR, 0), (Aspect.CHANNEL, 2)}
        (paid,) = found[Aspect.CHANNEL, 2].options
        assert (paid.option, paid.share) == ("call", 1.0)
        (answered,) = found[Aspect.HOUR, 0].options
        assert (answered.option, answered.share) == ("1", 1.0)  # 9:00 UTC is 10:00 in Paris
        with cast.company("dora") as dora:
            assert queries.what_works(dora.organisation_id, today=TODAY) == {}


class TestTrials:
    def start(self, company, **more):
        given = {"share_permille": 500, "why": "worth it?", "today": TODAY, "by": company.by, **more}
        return trials.start_trial(organisation_id=company.organisation_id, **given)

    def test_one_at_a_time_and_ended_once(self, company):
        self.start(company)
        with pytest.raises(trials.TrialRunsAlready):
            self.start(company)
        trials.end_trial(organisation_id=company.organisation_id, today=TODAY, by=company.by)
        with pytest.raises(trials.TrialUnknown):
            trials.end_trial(organisation_id=company.organisation_id, today=TODAY, by=company.by)
        with pytest.raises(trials.ShareOutOfBounds):
            self.start(company, share_permille=501)
        with cast.company("dora"):
            assert not SuggestionTrial.objects.exists()

    def test_both_sides_are_measured_from_the_day_they_are_late(self, company):
        Customer.objects.bulk_create(
            Customer(organisation=company.organisation, number=f"T{at:03}", name=f"T{at}") for at in range(60)
        )
        trial = self.start(company, today=TODAY - timedelta(days=60))
        for at, customer in enumerate(Customer.objects.filter(number__startswith="T").order_by("pk")):
            item = books.post(company, customer, f"F{at}", late=60, amount=100_00)
            days = 40 if queries.is_without(customer.pk, trial) else 30
            books.pay(company, customer, f"P{at}", 100_00, day=item.due_date + timedelta(days=days), on=item)
        found = queries.effect_of_trial(trial, today=TODAY)
        assert (found.written_to.mean_days, found.kept_aside.mean_days) == (15, 25)
        assert found.gained_days == 10
        assert not queries.is_without(company.acme.pk, None)
