"""Reading the steps of a scenario from plain data."""

import pytest

from encours.collections.rules.defaults import standard_steps
from encours.collections.rules.letter import Company, greeting, legal_line
from encours.collections.rules.promises import PromiseState, state_of
from encours.collections.rules.steps import ROLES, ScenarioInvalid, StepsAlike, StepsMissing, read_steps
from encours.customers.models import ContactRole
from tests.collections.cases import TODAY

GOOD = {"key": "r1", "name": "Reminder 1", "days": 3, "template_key": "reminder_1"}


class TestReadSteps:
    def test_puts_steps_in_the_order_of_their_days(self):
        steps = read_steps([{**GOOD, "key": "b", "days": 10}, {**GOOD, "key": "a", "days": -7}, GOOD])
        assert [(step.key, step.position) for step in steps] == [("a", 1), ("r1", 2), ("b", 3)]

    def test_reads_back_what_it_writes(self):
        steps = standard_steps("fr")
        assert read_steps([step.as_json() for step in steps]) == steps

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"days": "3"}, "days"),
            ({"days": True}, "days"),
            ({"days": 5000}, "days"),
            ({"key": ""}, "key"),
            ({"name": None}, "name"),
            ({"channel": "pigeon"}, "channel"),
            ({"tone": "shouting"}, "tone"),
            ({"mode": "sometimes"}, "mode"),
            ({"to_roles": []}, "to_roles"),
            ({"cc_roles": ["nobody"]}, "cc_roles"),
            ({"minimum_minor": -1}, "minimum_minor"),
            ({"minimum_minor": 1.5}, "minimum_minor"),
            ({"template_key": ""}, "template_key"),
            ({"surprise": 1}, "surprise"),
        ],
    )
    def test_refuses_what_makes_no_sense_and_says_where(self, change, field):
        with pytest.raises(ScenarioInvalid) as refused:
            read_steps([GOOD, {**GOOD, "key": "r2", **change}])
        assert (refused.value.data["step"], refused.value.data["field"]) == (2, field)

    def test_refuses_none_and_twins(self):
        with pytest.raises(StepsMissing):
            read_steps([])
        with pytest.raises(StepsAlike):
            read_steps([GOOD, GOOD])

    def test_a_call_needs_no_template(self):
        assert read_steps([{"key": "call", "name": "Call", "days": 15, "channel": "call"}])[0].template_key == ""

    def test_roles_are_those_of_contacts(self):
        assert set(ContactRole.values) == ROLES


class TestStandardSteps:
    def test_are_what_a_credit_manager_would_keep(self):
        found = [(step.key, step.days, step.mode.value, step.basis.value) for step in standard_steps("fr")]
        assert found == [
            ("notice_before_due", -7, "auto", "due"),
            ("reminder_1", 3, "auto", "due"),
            ("reminder_2", 10, "auto", "due"),
            ("reminder_3", 30, "to_confirm", "due"),
            ("last_notice", 45, "to_confirm", "due"),
            ("thanks", 0, "auto", "paid"),
        ]


class TestLetter:
    def test_says_who_writes_as_the_law_wants_it(self):
        seat = ("14 rue des Forges", "44000", "Nantes")
        company = Company("Brévanne Équipement", "SAS", "552100554", "Nantes", 1_200_000_00, "EUR", *seat)
        assert legal_line(company).replace("\u202f", " ").replace("\u00a0", " ") == (
            "Brévanne Équipement, SAS au capital de 1 200 000 €, 552 100 554 RCS Nantes, "
            "14 rue des Forges, 44000 Nantes"
        )
        assert legal_line(Company("Brévanne")) == "Brévanne"

    @pytest.mark.parametrize(
        ("name", "language", "words"),
        [
            ("Lise Marchal", "fr", "Bonjour Lise Marchal"),
            ("", "fr", "Bonjour"),
            ("Lise Marchal", "en", "Dear Lise Marchal"),
            ("", "en", "Dear Sir or Madam"),
        ],
    )
    def test_greets_by_name_where_there_is_one(self, name, language, words):
        assert greeting(name, language) == words


@pytest.mark.parametrize(
    ("promised_in", "received", "withdrawn", "state"),
    [
        (0, 0, False, PromiseState.RUNNING),
        (3, 0, False, PromiseState.RUNNING),
        (3, 100, False, PromiseState.KEPT),
        (-1, 99, False, PromiseState.PARTLY_KEPT),
        (-1, 100, False, PromiseState.KEPT),
        (-1, 0, True, PromiseState.WITHDRAWN),
    ],
)
def test_a_promise_is_kept_by_cash_alone(promised_in, received, withdrawn, state):
    from datetime import timedelta

    day = TODAY + timedelta(days=promised_in)
    assert state_of(100, promised_date=day, received_minor=received, today=TODAY, is_withdrawn=withdrawn) is state
