"""What a reminder says of penalties, and what it refuses to say."""

import datetime as dt

import pytest

from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.collections.queries.messages import drafts_of
from encours.customers.models import Customer
from encours.messaging import actions as messaging
from encours.messaging.rules import wording
from encours.messaging.rules.context import VariableMissing, VariableWithheld
from encours.messaging.rules.values import Wording
from encours.penalties import actions as penalties
from encours.penalties.queries import notes
from tests.collections import books

# 1 000.00 due on 12 November 2026, 12 days late on the 24th at 12.40: 1 000 x 0.124 x 12 / 365 = 4.0767
LETTER = Wording(
    "en",
    "Late: {{ totals|amounts }}",
    "<mjml><mj-body><mj-section><mj-column><mj-text>{{ penalties.total|amounts }}</mj-text></mj-column></mj-section>"
    "</mj-body></mjml>",
    "Interest {{ penalties.interest|amounts }}, compensation {{ penalties.compensation|amounts }}.",
)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    Customer.objects.filter(pk=company.acme.pk).update(language="en")
    books.post(company, company.acme, "F1", amount=1_000_00)
    return company


def speak_of_penalties(company):
    steps = set(Reminder.objects.values_list("step_key", flat=True))
    for key in steps:
        messaging.save_template_version(
            organisation_id=company.organisation_id, key=key, words=LETTER, tone="firm", by=company.by
        )


def draft(company, today=books.TODAY):
    reminders = Reminder.objects.filter(organisation=company.organisation, customer=company.acme)
    return drafts_of(company.organisation_id, [reminders.latest("pk").pk], today=today)[0]


class TestPenaltiesInALetter:
    def test_say_what_is_left_to_claim_on_the_items_asked_for(self, brevanne):
        books.run(brevanne)
        speak_of_penalties(brevanne)
        found = draft(brevanne)
        assert found.context["penalties"] == {
            "interest": [{"amount": "4.08", "currency": "EUR"}],
            "compensation": [{"amount": "40.00", "currency": "EUR"}],
            "total": [{"amount": "44.08", "currency": "EUR"}],
        }
        letter = wording.render(LETTER, found.context)
        assert "€4.08" in letter.text
        assert "€44.08" in letter.html

    def test_nothing_is_reckoned_for_a_letter_that_does_not_speak_of_them(self, brevanne):
        books.run(brevanne)
        assert draft(brevanne).context["penalties"] == {}

    def test_what_was_waived_is_not_said_again(self, brevanne):
        books.run(brevanne)
        speak_of_penalties(brevanne)
        penalties.decide(
            penalties.Decision(
                brevanne.organisation_id, brevanne.acme.pk, "waived", books.TODAY, "k", why="goodwill",
                kinds=["compensation"], acknowledged=["doubtful_value"],
            ),
            today=books.TODAY,
            by=brevanne.by,
        )  # fmt: skip
        assert draft(brevanne).context["penalties"]["total"] == [{"amount": "4.08", "currency": "EUR"}]

    def test_a_missing_rate_refuses_the_letter_and_says_which(self, brevanne):
        later = dt.date(2027, 1, 12)
        books.run(brevanne, day=later)
        speak_of_penalties(brevanne)
        with pytest.raises(VariableWithheld) as refusal:
            wording.render(LETTER, draft(brevanne, today=later).context)
        assert "2027 S1" in refusal.value.sentence or "2027 S1" in str(refusal.value.data)

    def test_a_private_person_is_never_told_penalties(self, brevanne):
        Customer.objects.filter(pk=brevanne.acme.pk).update(is_natural_person=True)
        books.run(brevanne)
        speak_of_penalties(brevanne)
        with pytest.raises(VariableMissing):
            wording.render(LETTER, draft(brevanne).context)


class TestInsolvency:
    def pause(self, company, **more):
        collections.pause(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, reason="insolvency",
            today=books.TODAY, by=company.by, **more,
        )  # fmt: skip

    def test_stops_penalties_with_the_reminders_from_the_judgment_on(self, brevanne):
        self.pause(brevanne, judgment_date=dt.date(2026, 11, 18), note="tribunal de Nantes")
        (stop,) = notes.suspensions_of(brevanne.acme.pk, organisation_id=brevanne.organisation_id)
        assert (stop.kind, stop.first_date, stop.why) == ("insolvency", dt.date(2026, 11, 18), "tribunal de Nantes")
        # 13 to 17 November: 5 days: 1 000 x 0.124 x 5 / 365 = 1.6986
        (accrual,) = notes.left_of(brevanne.acme.pk, organisation_id=brevanne.organisation_id, day=books.TODAY)
        assert accrual.interest_minor == 1_70

    def test_stops_them_today_where_the_judgment_is_not_known(self, brevanne):
        self.pause(brevanne)
        (stop,) = notes.suspensions_of(brevanne.acme.pk, organisation_id=brevanne.organisation_id)
        assert stop.first_date == books.TODAY
