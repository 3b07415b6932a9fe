"""A person's own words for one message: they hold for that one, before it leaves, and for no other."""

import pytest

from encours.collections import actions as collections
from encours.collections.actions.rewording import WordsMissing
from encours.collections.models import Reminder, StepWords, Withdrawal
from encours.collections.queries import decisions, rewording
from encours.collections.rules.rewording import own_template
from encours.messaging.models import Message
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY


def leaving(company):
    return Reminder.objects.filter(organisation=company.organisation, outcome="due").exclude(message_key="")


def reword(company, reminder, subject="Un mot", text="Bonjour,\n\nPouvez-vous regarder ?"):
    return collections.reword(
        organisation_id=company.organisation_id, reminder_id=reminder.pk, subject=subject, text=text, today=TODAY,
        now=NOW, by=company.by,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("email", "own_words"), ("sms", "sms_own_words"), ("registered_letter", "letter_own_words")],
)
def test_each_channel_has_its_frame(channel, expected):
    assert own_template(channel) == expected


@pytest.mark.django_db
class TestOneMessage:
    @pytest.fixture
    def due(self, company):
        books.set_up(company)
        books.post(company, company.acme, "F1", late=12)
        books.post(company, company.borealis, "F2", late=12)
        books.run(company)
        return leaving(company).get(customer=company.acme)

    def test_is_made_anew_with_the_words_and_the_reckoned_items(self, company, due):
        made = reword(company, due, subject="Un mot")
        assert "Un mot" not in Withdrawal.objects.get(reminder=due).why
        states = dict(Message.objects.filter(organisation=company.organisation).values_list("key", "state"))
        assert states[due.message_key] == "cancelled"
        assert states[made.message_key] != "cancelled"
        draft = decisions.draft_of(made, today=TODAY)
        assert draft.template_key == "own_words"
        assert [item["number"] for item in draft.context["items"]] == ["F1"]
        assert [part["text"] for part in draft.context["own_paragraphs"]] == ["Bonjour,", "Pouvez-vous regarder ?"]
        other = leaving(company).get(customer=company.borealis)
        assert decisions.draft_of(other, today=TODAY).template_key != "own_words"

    def test_begins_with_what_the_template_says_and_nothing_of_its_frame(self, company, due):
        draft = decisions.draft_of(due, today=TODAY)
        subject, text = rewording.words_of_template(
            draft.context, template_key=draft.template_key, channel="email", language=draft.language,
            organisation_id=company.organisation_id,
        )  # fmt: skip
        assert subject
        assert text
        assert "F1" not in text
        assert "Nadia" not in text

    def test_can_be_given_back_to_the_template(self, company, due):
        made = reword(company, due)
        again = reword(company, made, subject="", text="")
        assert decisions.draft_of(again, today=TODAY).template_key == due_template(company, due)

    def test_words_are_spent_by_the_message_that_leaves(self, company, due):
        reword(company, due)
        place = {"customer_id": company.acme.pk, "entity_id": company.entity.pk, "step_key": due.step_key}
        assert rewording.next_words(organisation_id=company.organisation_id, **place) is None
        collections.reword_step(
            organisation_id=company.organisation_id, subject="Plus tard", text="x", by=company.by, **place
        )
        assert rewording.next_words(organisation_id=company.organisation_id, **place).subject == "Plus tard"

    def test_half_of_it_is_refused(self, company, due):
        with pytest.raises(WordsMissing):
            reword(company, due, text=" ")
        # what had been decided leaves as it was
        assert leaving(company).filter(pk=due.pk, withdrawal__isnull=True).exists()

    def test_the_other_tenant_has_none_of_them(self, company, due):
        reword(company, due)
        with cast.company("dora"):
            assert not StepWords.objects.exists()


def due_template(company, reminder):
    return decisions.draft_of(reminder, today=TODAY, as_the_template=True).template_key
