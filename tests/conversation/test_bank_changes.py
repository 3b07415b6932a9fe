"""New bank details in a mail: warned of, called back about on a known number, confirmed by another person."""

import pytest
from django.db import IntegrityError, transaction

from encours.conversation import actions as conversation
from encours.conversation.models import BankChange
from encours.conversation.queries import bank_changes as reading
from encours.conversation.rules import bank_changes as rules
from encours.customers.models import Contact, Customer
from encours.team.models import Task

from .conftest import IBAN, NOW

KNOWN = "01 40 50 60 70"


class TestCheckCall:
    def test_only_a_number_known_before(self):
        standing = rules.Standing("open", None, (IBAN,))
        rules.check_call(standing, number="+33 1 40 50 60 70", known_numbers=[KNOWN])
        with pytest.raises(rules.NumberNotKnown):
            rules.check_call(standing, number="06 00 00 00 00", known_numbers=[KNOWN])
        with pytest.raises(rules.NumberNotKnown):
            rules.check_call(standing, number="", known_numbers=["", KNOWN])


class TestCheckConfirmation:
    @pytest.mark.parametrize(
        ("state", "by", "iban", "refusal"),
        [
            ("open", 2, IBAN, rules.NotCalledYet),
            ("called", 1, IBAN, rules.SamePerson),
            ("called", None, IBAN, rules.SamePerson),
            ("called", 2, "FR1420041010050500013M02606", rules.IbanNotOfTheMail),
            ("confirmed", 2, IBAN, rules.ChangeDecided),
        ],
    )
    def test_refuses(self, state, by, iban, refusal):
        with pytest.raises(refusal):
            rules.check_confirmation(rules.Standing(state, 1, (IBAN,)), by_id=by, iban=iban)


@pytest.fixture
def change(company, books, post) -> BankChange:
    Contact.objects.filter(customer=company.acme).update(phone=KNOWN)
    post.comes(
        f"Madame, Monsieur,\nMerci de noter nos nouvelles coordonnées bancaires : {IBAN}\n"
        "Pour confirmer appelez le 06 66 66 66 66."
    )
    return BankChange.objects.get()


def call(company, change, number=KNOWN, by=None):
    conversation.note_call_back(
        organisation_id=company.organisation_id,
        change_id=change.pk,
        number=number,
        name="Compta",
        now=NOW,
        by=by or company.by,
    )


def confirm(company, change, by):
    conversation.confirm_bank_change(
        organisation_id=company.organisation_id, change_id=change.pk, iban=IBAN, today=NOW.date(), now=NOW, by=by
    )


def test_a_mail_changes_nothing_and_makes_a_task(company, change):
    assert Customer.objects.get(pk=company.acme.pk).iban == ""
    assert (change.state, change.ibans) == ("open", [IBAN])
    [task] = Task.objects.all()
    assert task.customer_id == company.acme.pk
    assert [one.pk for one in reading.warnings_of(company.acme.pk, organisation_id=company.organisation_id)] == [
        change.pk
    ]


def test_two_persons_after_a_call_make_it_so(company, change, colleague):
    call(company, change)
    with pytest.raises(rules.SamePerson):
        confirm(company, change, company.by)
    confirm(company, change, colleague("cfo"))
    change.refresh_from_db()
    assert (change.state, change.iban) == ("confirmed", IBAN)
    assert Customer.objects.get(pk=company.acme.pk).iban == IBAN
    assert reading.warnings_of(company.acme.pk, organisation_id=company.organisation_id) == []
    assert Task.objects.get().state == "done"


def test_the_mail_s_own_number_proves_nothing(company, change):
    assert [number for _, number in reading.known_numbers(change)] == [KNOWN]
    with pytest.raises(rules.NumberNotKnown):
        call(company, change, "06 66 66 66 66")


def test_a_contact_added_after_the_mail_proves_nothing(company, change):
    Contact.objects.create(
        organisation_id=company.organisation_id, customer=company.acme, name="Faux", phone="06 77 77 77 77"
    )
    with pytest.raises(rules.NumberNotKnown):
        call(company, change, "06 77 77 77 77")


def test_refused_it_goes_on_warning(company, change):
    conversation.refuse_bank_change(
        organisation_id=company.organisation_id,
        change_id=change.pk,
        why="Ils n’ont rien envoyé",
        today=NOW.date(),
        now=NOW,
        by=company.by,
    )
    assert len(reading.warnings_of(company.acme.pk, organisation_id=company.organisation_id)) == 1
    with pytest.raises(rules.ChangeDecided):
        call(company, change)


def test_the_database_keeps_four_eyes_by_itself(company, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        BankChange.objects.filter(pk=change.pk).update(state="confirmed", called_by_id=7, decided_by_id=7)
