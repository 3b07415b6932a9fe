"""What people may ask: a whole copy, their erasure, and what stays all the same."""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.db import DatabaseError, transaction

from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.customers import actions as customers
from encours.customers.models import Contact
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from encours.privacy import actions, queries
from encours.privacy.models import Erasure, LegalHold
from encours.privacy.rules import archive, kept_until
from tests.collections import books

TODAY = books.TODAY


@pytest.fixture
def written_to(company):
    """Acme's accounts contact has been written to, and has answered."""
    books.set_up(company)
    books.post(company, company.acme, "F1")
    books.run(company)
    messaging.deliver_due(organisation_id=company.organisation_id, now=books.NOW, limit=10, connect=None)
    messaging.record_reply(
        organisation_id=company.organisation_id, key="r1", customer_id=company.acme.pk,
        from_email="compta@acme.example", from_name="Compta Acme", subject="Re", text="Vu", now=books.NOW,
        by=company.by,
    )  # fmt: skip
    return Contact.objects.get(customer=company.acme)


def erase(company, contact):
    return actions.erase_person(
        organisation_id=company.organisation_id, customer_id=contact.customer_id, contact_id=contact.pk,
        why="asked by letter", today=TODAY, by=company.by,
    )  # fmt: skip


def hold(company, why="Assignation prévue"):
    return actions.hold(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, why=why, today=TODAY, by=company.by
    )


class TestErase:
    def test_the_person_goes_and_what_stays_is_told(self, company, written_to):
        made = erase(company, written_to)
        assert not Contact.objects.filter(pk=written_to.pk).exists()
        assert made.kept == [{"code": "exchanges", "count": 2, "until": "2031-11-24"}]

    def test_the_trail_says_it_and_names_nobody(self, company, written_to):
        before = AuditEntry.objects.count()
        erase(company, written_to)
        told = list(AuditEntry.objects.order_by("sequence")[before:])
        assert [one.verb for one in told] == ["erase_contact", "erase_person"]
        assert "acme.example" not in json.dumps([one.details for one in told])

    def test_nobody_writes_to_the_person_any_more(self, company, written_to):
        erase(company, written_to)
        books.post(company, company.acme, "F2", late=45)
        made = books.run(company, TODAY + dt.timedelta(days=14))
        assert [row[2] for row in books.decisions(company, made)] == ["blocked"]

    def test_under_a_legal_hold_it_is_refused(self, company, written_to):
        hold(company)
        with pytest.raises(actions.HoldStands, match="Assignation"):
            erase(company, written_to)
        actions.lift_hold(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, why="payé", today=TODAY, by=company.by
        )
        erase(company, written_to)

    def test_twice_is_refused(self, company, written_to):
        erase(company, written_to)
        with pytest.raises(actions.PersonUnknown):
            erase(company, written_to)

    def test_the_register_cannot_be_rewritten(self, company, written_to):
        erase(company, written_to)
        with pytest.raises(DatabaseError), transaction.atomic():
            Erasure.objects.all().delete()


class TestHold:
    def test_one_at_a_time_and_never_without_a_reason(self, company):
        hold(company)
        with pytest.raises(actions.HeldAlready):
            hold(company)
        with pytest.raises(actions.HoldWithoutReason):
            hold(company, " ")
        assert LegalHold.objects.count() == 1


class TestCopy:
    def test_holds_all_that_names_the_person(self, company, written_to):
        files = queries.data_of(written_to)
        assert json.loads(files["person.json"])["email"] == "compta@acme.example"
        message = Message.objects.get()
        assert b"compta@acme.example" in files[f"sent/{message.pk}.eml"]
        assert [one["text"] for one in json.loads(files["answers.json"])] == ["Vu"]

    def test_of_a_customer_holds_every_exchange(self, company, written_to):
        customers.add_note(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, text="À revoir", now=books.NOW,
            by=company.by,
        )  # fmt: skip
        scope = Scope(company.organisation_id, None, "credit_manager")
        files = queries.exchanges_of(company.acme, scope=scope)
        index = json.loads(files["index.json"])
        assert [one["file"] for one in index["exchanges"]] == [f"sent/{Message.objects.get().pk}.eml"]
        assert json.loads(files["notes.json"])[0]["text"] == "À revoir"

    def test_the_same_files_give_the_same_bytes(self):
        files = {"b.json": b"2", "a.json": b"1"}
        assert archive(files) == archive(dict(sorted(files.items())))
        assert zipfile.ZipFile(io.BytesIO(archive(files))).namelist() == ["a.json", "b.json"]


@pytest.mark.parametrize(
    ("code", "last", "until"),
    [
        ("exchanges", dt.date(2026, 11, 22), dt.date(2031, 11, 22)),
        ("exchanges", dt.date(2028, 2, 29), dt.date(2033, 2, 28)),
        ("contacts", dt.date(2026, 1, 1), dt.date(2029, 1, 1)),
    ],
)
def test_what_is_kept_until_when(code, last, until):
    assert kept_until(code, last) == until
