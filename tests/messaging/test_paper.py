"""Letters on paper: printed once, posted under their numbers, put back or come back; nothing out of a sandbox."""

from datetime import date
from io import BytesIO

import pytest
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from encours.access.models import AuditEntry, Organisation
from encours.access.rules import Scope
from encours.messaging import actions as messaging
from encours.messaging import paper_queries as paper
from encours.messaging.actions.paper import (
    LetterNotPrinted,
    NothingToPrint,
    RegisteredNumberMissing,
    RegisteredNumberTaken,
    ReturnUnknown,
    SandboxPrints,
)
from encours.messaging.models import Message, MessageEvent, MessageReport, PrintBatch, State
from encours.messaging.rules import sample
from encours.messaging.rules.postal import PostalAddressIncomplete
from encours.messaging.rules.registered import RegisteredNumberUnusable
from encours.messaging.rules.values import Address, Sender
from tests import cast

from .conftest import NOW, state

TODAY = date(2026, 11, 23)


@pytest.fixture
def post(company):
    """An organisation out of the sandbox, with templates."""
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Organisation.objects.filter(pk=company.organisation_id).update(sandbox=False)
    return company


def queue(company, name="Acme", *, city="59000 LILLE", channel="letter", lines=None):
    message_id = messaging.queue_message(
        organisation_id=company.organisation_id,
        key=f"{name}:{channel}:{city}",
        kind="reminder",
        customer_id=company.acme.pk,
        sender=Sender(company.collector.pk, company.entity.pk),
        to=[Address(name=name, lines=("1 rue A", city) if lines is None else lines)],
        template_key="letter_reminder",
        language="fr",
        context=sample.context(),
        by=company.by,
        send_after=NOW,
        channel=channel,
    )
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=10, connect=lambda server: None)
    return message_id


def scope(company):
    return Scope(company.organisation_id, None, "admin")


def ask(company, **more):
    return {"organisation_id": company.organisation_id, "by": company.by, "now": NOW, **more}


def printed(company, *ids):
    return messaging.make_print_batch(**ask(company, message_ids=ids))


class TestALetter:
    def test_is_written_and_waits_for_a_person(self, post):
        message_id = queue(post)
        assert state(message_id) == "rendered"
        assert [letter.pk for letter in paper.waiting(scope(post))] == [message_id]
        assert (
            messaging.deliver_due(
                organisation_id=post.organisation_id, now=NOW, limit=10, connect=lambda server: None
            ).states
            == {}
        )
        assert state(message_id) == "rendered"

    def test_without_a_whole_address_is_refused_before_it_is_queued(self, post):
        with pytest.raises(PostalAddressIncomplete):
            queue(post, lines=())

    def test_is_caught_by_the_sandbox_and_cannot_be_printed(self, post):
        Organisation.objects.filter(pk=post.organisation_id).update(sandbox=True)
        caught = queue(post)
        assert state(caught) == "caught"
        Organisation.objects.filter(pk=post.organisation_id).update(sandbox=False)
        waiting = queue(post, "Other")
        Organisation.objects.filter(pk=post.organisation_id).update(sandbox=True)
        with pytest.raises(SandboxPrints):
            printed(post, waiting)
        with pytest.raises(DatabaseError, match="sandbox"), transaction.atomic():
            MessageEvent.objects.create(organisation=post.organisation, message_id=waiting, state=State.PRINTED)

    def test_is_never_handed_over_like_an_e_mail(self, post):
        message_id = queue(post)
        with pytest.raises(DatabaseError, match="letter"), transaction.atomic():
            MessageEvent.objects.create(organisation=post.organisation, message_id=message_id, state="handing_over")


class TestABatch:
    def test_holds_registered_letters_first_and_each_kind_by_city(self, post):
        lille, ajaccio = queue(post, "Zoe"), queue(post, "Abel", city="20000 AJACCIO")
        registered = queue(post, "Acme", channel="registered_letter")
        batch = printed(post, lille, ajaccio, registered)
        _, rows = paper.batch(batch.pk, scope=scope(post))
        assert [row.message.pk for row in rows] == [registered, ajaccio, lille]
        assert [row.printed.postage for row in rows] == ["registered", "ordinary", "ordinary"]
        assert (batch.letter_count, batch.page_count) == (3, 3)
        assert {state(pk) for pk in (lille, ajaccio, registered)} == {"printed"}
        assert AuditEntry.objects.filter(verb="letters_printed").count() == 1

    def test_is_one_file_with_a_cover_sheet_and_each_letter_on_its_own_sheet(self, post):
        batch = printed(post, queue(post, "Acme"), queue(post, "Zoe", channel="registered_letter"))
        pages = PdfReader(BytesIO(paper.batch_pdf(batch.pk, scope=scope(post)))).pages
        said = [page.extract_text() for page in pages]
        assert len(pages) == 6
        assert "Acme" in said[0]
        assert "59000 LILLE" in said[0]
        assert "Zoe" in said[2]
        assert [said[1].strip(), said[3].strip(), said[5].strip()] == ["", "", ""]
        assert "Lettre recommandée" in said[2]

    def test_takes_a_letter_only_once(self, post):
        message_id = queue(post)
        printed(post, message_id)
        with pytest.raises(NothingToPrint):
            printed(post, message_id)
        assert PrintBatch.objects.count() == 1

    def test_leaves_out_what_the_checks_withdraw_at_the_last_moment(self, post):
        paid, due = queue(post, "Paid"), queue(post, "Due")
        batch = messaging.make_print_batch(
            **ask(post, message_ids=[paid, due], recheck=lambda ids: {paid: "paid this morning"} if paid in ids else {})
        )
        assert (state(paid), state(due), batch.letter_count) == ("cancelled", "printed", 1)

    def test_is_not_seen_by_another_organisation(self, post):
        batch = printed(post, queue(post))
        with cast.company("dora") as dora, pytest.raises(paper.BatchUnknown):
            paper.batch(batch.pk, scope=scope(dora))


class TestPosting:
    def test_keeps_the_registered_number_as_proof(self, post):
        plain, registered = queue(post), queue(post, "Reg", channel="registered_letter")
        printed(post, plain, registered)
        numbers = {registered: "1a 123 456 7890 1"}
        assert messaging.post_letters(**ask(post, message_ids=[plain, registered], numbers=numbers, day=TODAY)) == 2
        assert (state(plain), state(registered)) == ("sent", "sent")
        reports = dict(MessageReport.objects.values_list("message_id", "registered_number"))
        assert reports == {plain: "", registered: "1A12345678901"}

    def test_refuses_a_registered_letter_without_its_number(self, post):
        registered = queue(post, channel="registered_letter")
        printed(post, registered)
        with pytest.raises(RegisteredNumberMissing):
            messaging.post_letters(**ask(post, message_ids=[registered], numbers={}, day=TODAY))
        with pytest.raises(RegisteredNumberUnusable):
            messaging.post_letters(**ask(post, message_ids=[registered], numbers={registered: "12"}, day=TODAY))
        assert state(registered) == "printed"

    def test_refuses_a_number_that_another_letter_has(self, post):
        one, other = (queue(post, name, channel="registered_letter") for name in ("One", "Other"))
        printed(post, one, other)
        number = "1A12345678901"
        messaging.post_letters(**ask(post, message_ids=[one], numbers={one: number}, day=TODAY))
        with pytest.raises(RegisteredNumberTaken):
            messaging.post_letters(**ask(post, message_ids=[other], numbers={other: number}, day=TODAY))
        assert state(other) == "printed"

    def test_refuses_what_is_not_printed_or_posted_already(self, post):
        message_id = queue(post)
        posting = {"message_ids": [message_id], "numbers": {}, "day": TODAY}
        with pytest.raises(LetterNotPrinted):
            messaging.post_letters(**ask(post, **posting))
        printed(post, message_id)
        messaging.post_letters(**ask(post, **posting))
        with pytest.raises(LetterNotPrinted):
            messaging.post_letters(**ask(post, **posting))
        assert MessageReport.objects.count() == 1

    def test_of_a_bad_print_is_not_done_and_the_letter_is_printed_again(self, post):
        message_id = queue(post)
        first = printed(post, message_id)
        messaging.put_back_letters(**ask(post, message_ids=[message_id], why="paper jam"))
        assert state(message_id) == "rendered"
        second = printed(post, message_id)
        _, [row] = paper.batch(first.pk, scope=scope(post))
        assert not row.is_here
        assert len(PdfReader(BytesIO(paper.batch_pdf(first.pk, scope=scope(post)))).pages) == 2
        _, [row] = paper.batch(second.pk, scope=scope(post))
        assert row.is_here


class TestAReturnedLetter:
    def test_stays_posted_and_says_why_it_came_back(self, post):
        message_id = queue(post)
        printed(post, message_id)
        messaging.post_letters(**ask(post, message_ids=[message_id], numbers={}, day=TODAY))
        note = {"message_id": message_id, "day": TODAY, "note": "box full"}
        with pytest.raises(ReturnUnknown):
            messaging.note_returned(**ask(post, reason="dog", **note))
        messaging.note_returned(**ask(post, reason="moved", **note))
        assert state(message_id) == "sent"
        report = MessageReport.objects.get(kind="undeliverable")
        assert report.detail == {"reason": "moved", "note": "box full"}

    def test_cannot_have_come_back_before_it_was_posted(self, post):
        message_id = queue(post)
        with pytest.raises(LetterNotPrinted):
            messaging.note_returned(**ask(post, message_id=message_id, reason="moved", day=TODAY))
        assert Message.objects.get(pk=message_id).state == "rendered"
