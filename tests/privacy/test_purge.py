"""What is past its term goes, word for word; what is owed, held or young stays, and so do the facts of money."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from encours.access.models import AuditEntry
from encours.collections.models import Reminder
from encours.conversation.models import PortalNote
from encours.customers import actions as customers
from encours.customers.models import Contact, Note
from encours.entrypoints.jobs import upkeep
from encours.ledger.models import OpenItem
from encours.messaging import actions as messaging
from encours.messaging import invariants
from encours.messaging.models import InboundMail, Message, MessageContent, Reply, Understanding
from encours.privacy import actions, queries
from encours.privacy.models import Purge
from encours.privacy.rules import let_go_before
from tests import cast
from tests.collections import books

# the database keeps the term by its own clock
TODAY = min(books.TODAY, dt.datetime.now(dt.UTC).date())
NOW = books.NOW
MAIL = (
    b"From: Lise <compta@acme.example>\r\nTo: nadia@brevanne.example\r\nSubject: Re: Relance\r\n"
    b"Message-ID: <a@acme.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour, le virement partira vendredi. Lise\r\n"
)


@pytest.fixture
def written_to(company):
    """Acme was reminded, has answered by mail and paid since; somebody noted something."""
    books.set_up(company)
    Contact.objects.exclude(customer=company.acme).delete()
    item = books.post(company, company.acme, "F1")
    books.run(company)
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=10, connect=None)
    messaging.receive_mail(organisation_id=company.organisation_id, raw=MAIL, now=NOW, by=company.by)
    customers.add_note(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, text="Lise est malade", now=NOW,
        by=company.by,
    )  # fmt: skip
    PortalNote.objects.create(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, key="1", text="Votre avoir part.",
        author_name="Nadia", written_at=NOW,
    )  # fmt: skip
    return item


def ask_for(company, *, years):
    """The row that lets go what is older, past the action and its checks."""
    before = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=365 * years)
    Purge.objects.create(organisation_id=company.organisation_id, before_date=before, author_name="x", purged_at=NOW)


def settle(company, item):
    books.pay(company, company.acme, "P1", item.amount_minor, on=item)


def years_go_by(company, years=6):
    """What happened, happened so many years before."""
    moves = {
        "messaging_message": ["created_at"], "messaging_messagecontent": ["recorded_at"],
        "messaging_reply": ["received_at"], "messaging_inboundmail": ["received_at"],
        "customers_note": ["recorded_at"], "conversation_portalnote": ["written_at"],
        "collections_reminder": ["decided_at"],
        "customers_contact": ["recorded_at"], "ledger_openitem": ["item_date"],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("set local role none")
        for table, columns in moves.items():
            said = ", ".join(f"{one} = {one} - interval '{years} years'" for one in columns)
            cursor.execute(f"update {table} set {said} where organisation_id = %s", [company.organisation_id])
        cursor.execute("set local role encours_app")


def let_go(company, today=TODAY):
    return actions.let_go(organisation_id=company.organisation_id, today=today, now=NOW, by=company.by)


def words(company):
    """Everything that still names somebody or says something."""
    return [
        *(bytes(one.raw) for one in MessageContent.objects.all()),
        *(bytes(one.raw) for one in InboundMail.objects.all()),
        *(one.text for one in Reply.objects.all()), *(one.text for one in Note.objects.all()),
        *(one.quote for one in Understanding.objects.all()), *(one.text for one in PortalNote.objects.all()),
    ]  # fmt: skip


class TestLettingGo:
    def test_takes_the_words_and_names_and_leaves_that_it_was(self, company, written_to):
        settle(company, written_to)
        years_go_by(company)
        before = queries.past_term(company.organisation_id, today=TODAY)
        assert before == {"message": 1, "answer": 1, "mail": 1, "note": 1, "page_note": 1, "reminder": 1, "contact": 1}
        made = let_go(company)
        assert made.counts == before
        assert not any(words(company))
        message = Message.objects.get()
        assert (message.to, message.context, message.state) == ([], {}, "caught")
        assert MessageContent.objects.get().sha256
        assert Reminder.objects.get().recipients == {"to": [], "cc": []}
        assert OpenItem.objects.filter(document_number="F1").exists()
        assert not Contact.objects.filter(customer=company.acme).exists()
        assert all(finding.is_kept for finding in invariants.check(company.organisation_id))

    def test_twice_takes_nothing_more_and_the_trail_says_how_many_and_why(self, company, written_to):
        settle(company, written_to)
        years_go_by(company)
        let_go(company)
        assert let_go(company) is None
        assert Purge.objects.count() == 1
        told = AuditEntry.objects.get(verb="data_let_go")
        assert (told.why, told.details["counts"]["mail"]) == ("retention", 1)

    def test_leaves_what_is_young(self, company, written_to):
        settle(company, written_to)
        years_go_by(company, years=4)
        made = let_go(company)
        assert made is None or set(made.counts) == {"contact"}
        assert all(words(company))

    def test_leaves_all_that_is_younger_than_an_open_debt(self, company, written_to):
        years_go_by(company)
        assert let_go(company) is None
        assert all(words(company))
        assert Contact.objects.filter(customer=company.acme).exists()

    def test_leaves_what_is_held(self, company, written_to):
        settle(company, written_to)
        years_go_by(company)
        actions.hold(
            organisation_id=company.organisation_id,
            customer_id=company.acme.pk,
            why="Procès",
            today=TODAY,
            by=company.by,
        )
        assert let_go(company) is None
        assert all(words(company))
        assert Contact.objects.filter(customer=company.acme).exists()

    def test_of_another_organisation_is_out_of_reach(self, company, written_to):
        settle(company, written_to)
        years_go_by(company)
        with cast.company("dora") as dora:
            assert let_go(dora) is None
            with pytest.raises(DatabaseError), transaction.atomic():
                ask_for(company, years=9)

    def test_the_database_refuses_to_let_go_before_the_term(self, company, written_to):
        with pytest.raises(DatabaseError, match="kept for five years"), transaction.atomic():
            ask_for(company, years=4)


class TestByNight:
    def test_goes_only_where_somebody_said_so(self, company, written_to):
        settle(company, written_to)
        years_go_by(company)
        upkeep.let_go(company.organisation)
        assert all(words(company))
        actions.set_retention(organisation_id=company.organisation_id, lets_go_by_night=True, now=NOW, by=company.by)
        upkeep.let_go(company.organisation)
        assert not any(words(company))


def test_the_day_before_which_something_is_past_its_term():
    assert let_go_before("exchanges", dt.date(2031, 11, 22)) == dt.date(2026, 11, 22)
    assert let_go_before("contacts", dt.date(2028, 2, 29)) == dt.date(2025, 2, 28)
