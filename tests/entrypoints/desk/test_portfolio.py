"""Sales and customer success see their own customers, wherever they look: lists, conversation, files, search."""

import datetime as dt

import pytest
from django.urls import reverse

from encours.conversation.models import Answer
from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.invoices import copy_actions as keeping
from encours.invoices.models import Document, DocumentCopy
from encours.messaging import actions as messaging
from encours.messaging.models import Message, Reply
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Sender
from encours.team import actions as team
from tests.entrypoints.desk.conftest import seated

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
OTHERS = "Borealis"


@pytest.fixture
def conversation(company, books):
    """Acme is the reader's; Borealis, somebody else's, was written to, has answered, contests, has a task and a PDF."""
    Customer.objects.filter(pk=company.acme.pk).update(sales_rep=company.collector)
    Customer.objects.exclude(pk=company.acme.pk).update(collector=None)
    organisation_id, by = company.organisation_id, company.by
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    for one in (company.acme, company.borealis):
        messaging.queue_message(
            organisation_id=organisation_id, key=f"m:{one.pk}", kind="reminder", customer_id=one.pk,
            sender=Sender(None, company.entity.pk), to=[Address("x@y.example")], template_key="reminder_1",
            language="fr",
            context=sample.context() | {"customer": {"name": one.name, "number": one.number, "reference_rf": ""}},
            by=by, send_after=NOW,
        )  # fmt: skip
        messaging.record_reply(
            organisation_id=organisation_id, key=f"r:{one.pk}", customer_id=one.pk, from_email="x@y.example",
            from_name=f"Lise {one.name}", subject=f"Re {one.name}", text="Bonjour", now=NOW, by=by,
        )  # fmt: skip
        disputes.open_dispute(
            organisation_id=organisation_id, customer_id=one.pk, today=books.today, by=by, note=f"litige {one.name}"
        )
        team.add_task(
            organisation_id=organisation_id, title=f"appeler {one.name}", due_date=books.today, today=books.today,
            by=by, customer_id=one.pk,
        )  # fmt: skip
    messaging.deliver_due(organisation_id=organisation_id, now=NOW, limit=9, connect=None)
    keeping.keep_copy(Document.objects.get(number="FA-3"), file_name="FA-3.pdf", content=b"%PDF-1.7", by=by)
    Answer.objects.create(
        organisation=company.organisation, reply=Reply.objects.get(customer=company.borealis),
        customer=company.borealis, kind="statement", to_email="x@y.example",
    )  # fmt: skip


LISTS = (
    "/customers", "/items", "/inbox", "/disputes", "/promises", "/tasks?whose=all", "/approvals", "/outbox", "/mailbox",
    "/go?q=borealis", "/notifications", "/deadlines", "/plans",
)  # fmt: skip


@pytest.mark.parametrize("role", ["sales", "customer_success"])
def test_lists_show_their_own_alone(company, conversation, role):
    desk = seated(company, role=role)
    for address in LISTS:
        answer = desk.get(address)
        assert answer.status_code in (200, 403, 404), address
        assert OTHERS not in answer.content.decode(), address


def test_their_own_is_there(company, conversation):
    desk = seated(company, role="sales")
    for address in ("/customers", "/items", "/disputes", "/inbox"):
        assert "Acme" in desk.get(address).content.decode(), address
    assert desk.get("/customers/C001").status_code == 200


def test_nothing_of_others_opens_by_its_address(company, conversation):
    desk = seated(company, role="sales")
    reply, message = Reply.objects.get(customer=company.borealis), Message.objects.get(customer=company.borealis)
    document, copy = Document.objects.get(number="FA-3"), DocumentCopy.objects.get()
    addresses = [
        "/customers/C002", "/customers/C002/documents", "/customers/C002/disputes",
        reverse("desk:document", args=[document.pk]),
        reverse("desk:document_copy", args=[document.pk, copy.pk]),
        reverse("desk:inbox_reply", args=[reply.pk]),
        reverse("desk:message", args=[message.pk]),
        reverse("desk:message_raw", args=[message.pk]),
    ]  # fmt: skip
    for address in addresses:
        answer = desk.get(address)
        assert answer.status_code in (403, 404), address
        assert OTHERS not in answer.content.decode(), address
