"""What colleagues say among themselves stays among them; what they write for the customer stands in one thread."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.urls import reverse
from django.utils import timezone

from encours.access.models import AuditEntry
from encours.collections import actions as collections
from encours.collections.models import Call
from encours.conversation import actions as conversation
from encours.conversation.actions.portal_notes import NotOnThePage, PageClosed, PageNoteEmpty, WithdrawnAlready
from encours.conversation.models import PortalNote
from encours.conversation.queries import portal_threads
from encours.customers.models import Contact, Note
from encours.disputes import actions as disputes
from encours.entrypoints.portal import customer_urls
from encours.messaging import actions as messaging
from encours.messaging.models import Reply
from encours.team import actions as team
from tests.entrypoints.desk.conftest import seated

from .conftest import KEY

pytestmark = pytest.mark.django_db

OURS = "entre nous seulement"


@pytest.fixture
def at(company, open_portal):
    return open_portal.handle(company.acme)


@pytest.fixture
def browser(company, open_portal):
    return open_portal.browser(open_portal.link(company.acme))


def write(company, text="Votre avoir part demain.", **more):
    given = {"customer_id": company.acme.pk, "key": "note-1", "now": timezone.now(), "by": company.by}
    return conversation.write_portal_note(organisation_id=company.organisation_id, text=text, **{**given, **more})


def said_among_colleagues(company, open_portal):
    """The same words wherever a colleague may write some about this customer."""
    today, now, by = open_portal.today, timezone.now(), company.by
    of = {"organisation_id": company.organisation_id, "customer_id": company.acme.pk}
    for kind, subject in (("", ""), ("document", "FA-1"), ("dispute", "1")):
        Note.objects.create(**of, text=OURS, author_name="Nadia", subject_kind=kind, subject=subject)
    claim = disputes.open_dispute(
        **of, item_id=open_portal.item("FA-1").pk, amount_minor=10_000, reason="price", note=OURS, key="d1",
        today=today, by=by,
    )  # fmt: skip
    Note.objects.create(**of, text=OURS, author_name="Nadia", subject_kind="dispute", subject=str(claim.pk))
    closed = disputes.open_dispute(
        **of, item_id=open_portal.item("FA-2").pk, amount_minor=None, reason="price", note=OURS, key="d2",
        today=today, by=by,
    )  # fmt: skip
    disputes.close_dispute(
        organisation_id=company.organisation_id,
        dispute_id=closed.pk,
        outcome="unfounded",
        note=OURS,
        today=today,
        by=by,
    )
    collections.pause(**of, reason="other", until=today + timedelta(days=9), note=OURS, today=today, by=by)
    collections.record_promise(
        **of, amount_minor=45_000, currency="EUR", promised_date=today + timedelta(days=3), note=OURS, today=today,
        by=by, item_id=open_portal.item("FA-2").pk,
    )  # fmt: skip
    Call.objects.create(
        **of, called_at=now, call_date=today, outcome="reached", note=OURS, author_name="Nadia", contact_name=OURS
    )
    team.add_task(**of, title=OURS, note=OURS, due_date=today, today=today, by=by)


class TestComments:
    def test_are_on_no_page_and_in_no_file_of_the_customer(self, company, open_portal, browser, at):
        said_among_colleagues(company, open_portal)
        item = open_portal.item("FA-1").pk
        looked_at = 0
        # what streams ends the connection: the sheet comes last
        for pattern in sorted(customer_urls.urlpatterns, key=lambda one: str(one.pattern).endswith(".xlsx")):
            route = str(pattern.pattern)
            if "<str:secret>" in route:
                continue
            address = at + route.removeprefix(customer_urls.OF).replace("<int:item_id>", str(item))
            answer = browser.get(address.replace("<int:dispute_id>", "1"))
            if answer.status_code != 200:
                continue
            looked_at += 1
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if answer.streaming:
                answer.close()
                with ZipFile(BytesIO(content)) as sheet:
                    content = b"".join(sheet.read(name) for name in sheet.namelist())
            assert OURS.encode() not in content, route
        assert looked_at >= 9

    def test_are_not_read_by_what_the_page_reads(self, company, open_portal):
        said_among_colleagues(company, open_portal)
        email = Contact.objects.get(customer=company.acme).email
        assert (
            portal_threads.threads_with(email, customer_id=company.acme.pk, organisation_id=company.organisation_id)
            == []
        )


class TestANote:
    def test_is_announced_read_and_taken_back(self, company, open_portal, browser, at):
        desk = seated(company, role="collector")
        there = f"/customers/{company.acme.number}/portal"
        assert desk.post(f"{there}/notes", {"text": "Votre avoir part demain.", "key": KEY}).status_code == 302
        assert desk.post(f"{there}/notes", {"text": "Votre avoir part demain.", "key": KEY}).status_code == 302
        note = PortalNote.objects.get()
        for page in ("", "exchanges"):
            assert "Votre avoir part demain." in browser.get(f"{at}{page}").content.decode()
        assert "sur l’espace client" in desk.get(f"/customers/{company.acme.number}").content.decode()
        assert desk.post(f"{there}/notes/{note.pk}/withdraw").status_code == 302
        for page in ("", "exchanges"):
            assert "Votre avoir" not in browser.get(f"{at}{page}").content.decode()
        assert "retirée" in desk.get(there).content.decode()
        verbs = set(AuditEntry.objects.values_list("verb", flat=True))
        assert {"portal_note_written", "portal_note_withdrawn"} <= verbs

    def test_answers_in_the_thread_and_frees_the_reminders(self, company, open_portal, browser, at):
        browser.post(f"{at}write", {"subject": "Avoir", "text": "Où est mon avoir ?", "key": KEY})
        reply = Reply.objects.get()
        desk = seated(company, role="collector")
        assert "Répondre sur leur espace" in desk.get(reverse("desk:inbox_reply", args=[reply.pk])).content.decode()
        sent = {"text": "Il part demain.", "reply": reply.pk, "key": KEY}
        assert desk.post(f"/customers/{company.acme.number}/portal/notes", sent).status_code == 302
        reply.refresh_from_db()
        assert (reply.freed_how, reply.answer_id) == ("answered", None)
        (thread,) = portal_threads.threads_with(
            reply.from_email, customer_id=company.acme.pk, organisation_id=company.organisation_id
        )
        assert [(one.is_ours, one.text.strip()) for one in thread.exchanges] == [
            (False, "Où est mon avoir ?"), (True, "Il part demain."),
        ]  # fmt: skip
        page = browser.get(f"{at}exchanges").content.decode()
        assert "2 messages" in page
        assert browser.get(f"{at}write?subject=Avoir").content.decode().count('value="Avoir"') == 1

    def test_in_answer_to_one_person_is_read_by_nobody_else(self, company, open_portal, browser, at):
        browser.post(f"{at}write", {"subject": "Avoir", "text": "Où est mon avoir ?", "key": KEY})
        other = Contact.objects.create(
            organisation=company.organisation, customer=company.acme, name="Chantier", email="chantier@acme.example"
        )
        write(company, "Il part demain.", reply_id=Reply.objects.get().pk)
        theirs = {"customer_id": company.acme.pk, "organisation_id": company.organisation_id}
        assert portal_threads.threads_with(other.email, **theirs) == []
        write(company, "Nos bureaux ferment le 24.", key="note-2")
        assert [one.opening for one in portal_threads.threads_with(other.email, **theirs)] == [
            "Nos bureaux ferment le 24."
        ]
        borealis = Contact.objects.get(customer=company.borealis)
        assert (
            portal_threads.threads_with(
                borealis.email, customer_id=company.borealis.pk, organisation_id=company.organisation_id
            )
            == []
        )

    def test_refuses_what_nobody_would_read(self, company, open_portal):
        with pytest.raises(PageNoteEmpty):
            write(company, "  ")
        reply_id = messaging.record_reply(
            organisation_id=company.organisation_id, key="<x@y.example>", customer_id=company.acme.pk,
            from_email="x@elsewhere.example", subject="Q", text="?", now=timezone.now(), by=company.by,
        )  # fmt: skip
        with pytest.raises(NotOnThePage):
            write(company, reply_id=reply_id)
        made = write(company)
        taken = {"organisation_id": company.organisation_id, "note_id": made.pk, "now": timezone.now()}
        conversation.withdraw_portal_note(**taken, by=company.by)
        with pytest.raises(WithdrawnAlready):
            conversation.withdraw_portal_note(**taken, by=company.by)
        open_portal.policy(is_on=False)
        with pytest.raises(PageClosed):
            write(company, key="note-3")

    def test_is_for_those_who_may_write_to_customers(self, company, open_portal):
        auditor = seated(company, role="auditor")
        there = f"/customers/{company.acme.number}/portal/notes"
        assert auditor.post(there, {"text": "x", "key": KEY}).status_code == 403
        desk = seated(company, role="collector")
        assert desk.post(there, {"text": "", "key": KEY}).status_code == 422
        assert not PortalNote.objects.exists()


class TestAThread:
    @pytest.mark.parametrize(
        ("written", "threads"),
        [
            # (ours, subject) in their order -> how many conversations
            ([(True, "Relance FA-1"), (False, "Re: Relance FA-1"), (True, "Re: Relance FA-1")], 1),
            ([(True, "Relance"), (True, "Relance")], 2),
            ([(True, "Relance"), (True, "Relance"), (False, "RE: relance")], 2),
            ([(False, "Question"), (False, "Autre question")], 2),
            ([(False, ""), (False, "")], 2),
        ],
    )
    def test_goes_on_under_its_subject(self, written, threads):
        start = timezone.now()
        found = {
            str(place): portal_threads.Exchange(start + timedelta(hours=place), ours, False, subject, "x")
            for place, (ours, subject) in enumerate(written)
        }
        assert len(list(portal_threads._together(found, []))) == threads

    def test_is_held_together_by_what_answers_what(self):
        now = timezone.now()
        found = {key: portal_threads.Exchange(now, key == "m1", False, key, "x") for key in ("m1", "r1", "n1", "r2")}
        made = portal_threads._together(found, [("r1", "m1"), ("n1", "r1")])
        assert sorted(sorted(keys) for keys in made) == [["m1", "n1", "r1"], ["r2"]]
