"""Safe answers are prepared for known contacts, and leave alone only where everything allows it."""

from datetime import timedelta

import pytest

from encours.access.models import Entity
from encours.collections import actions as collections
from encours.conversation import actions as conversation
from encours.conversation.actions.answers import AnswerDecided, PolicyUnusable
from encours.conversation.models import Answer, AnswerState
from encours.conversation.queries import answers, written
from encours.conversation.rules import answers as rules
from encours.conversation.rules.answers import Circumstances, Request
from encours.invoices import copy_actions as keeping
from encours.invoices.models import Document
from encours.messaging import actions as messaging
from encours.messaging.models import Message, MessageContent, Reply
from encours.team.models import Task

from .conftest import IBAN, NOW


def intent(name, confidence=0.9, **fields):
    return {"class": name, "confidence": confidence, "quote": "…", "fields": fields}


class TestRequestOf:
    def test_finds_the_safe_request_and_what_else_is_said(self):
        one = rules.request_of([intent("invoice_copy", asked="invoice", invoices=["F1"])])
        assert one == Request("invoice_copy", 90, ("F1",), says_more=False)
        assert rules.request_of([intent("promise"), intent("payment_link", asked="bank_details")]).says_more

    def test_never_where_bank_details_are_named(self):
        said = [intent("invoice_copy", asked="invoice"), intent("bank_detail_change", 0.45)]
        assert rules.request_of(said) is None

    def test_not_what_is_a_guess(self):
        assert rules.request_of([intent("invoice_copy", 0.55, asked="statement")]) is None


def around(**changes):
    usual = {
        "mode": "alone", "daily_cap": 2, "answered_today": 0, "is_known_sender": True, "is_automatic": False,
        "has_file": False, "has_account": True,
    }  # fmt: skip
    return Circumstances(**usual | changes)


STATEMENT = Request("statement", 90, (), says_more=False)


class TestDecided:
    def test_leaves_alone_when_everything_allows_it(self):
        assert rules.decided(STATEMENT, around()).is_alone

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"mode": "confirm"}, "to_confirm"),
            ({"is_automatic": True}, "automatic"),
            ({"answered_today": 2}, "cap_reached"),
            ({"checks_hold": True}, "checks_hold"),
        ],
    )
    def test_waits_for_a_person_and_says_why(self, changes, reason):
        found = rules.decided(STATEMENT, around(**changes))
        assert not found.is_alone
        assert found.reasons == (reason,)

    def test_nothing_for_an_unknown_sender_or_when_off(self):
        assert rules.decided(STATEMENT, around(is_known_sender=False)) is None
        assert rules.decided(STATEMENT, around(mode="off")) is None

    def test_a_copy_we_do_not_hold_is_never_another_answer(self):
        wanted = Request("invoice_copy", 90, ("F1",), says_more=False)
        assert rules.decided(wanted, around()) is None
        assert rules.lacks_file(wanted, around())
        assert rules.decided(wanted, around(has_file=True)).is_alone

    def test_of_several_invoices_of_a_thread_a_person_sees_which(self):
        of_thread = Request("invoice_copy", 90, ("F1", "F2"), says_more=False, is_of_thread=True)
        assert rules.decided(of_thread, around(has_file=True)).reasons == ("of_thread",)
        one = Request("invoice_copy", 90, ("F1",), says_more=False, is_of_thread=True)
        assert rules.decided(one, around(has_file=True)).is_alone

    def test_our_bank_details_come_from_settings_or_not_at_all(self):
        assert rules.decided(Request("payment_details", 90, (), says_more=False), around(has_account=False)) is None


def test_numbers_are_meant_as_people_write_them():
    known = ["FA-2026-4290", "FA-2026-4291", "AV-2025-4291"]
    assert rules.meant(["fa 2026 4290"], known) == ("FA-2026-4290",)
    assert rules.meant(["4290"], known) == ("FA-2026-4290",)
    assert rules.meant(["4291", "F-9"], known) == ("4291", "F-9")
    assert rules.of_thread([{"number": "F1 (1/2)"}, {"number": "F1 (2/2)"}, {"number": "F2"}]) == ("F1", "F2")


ASKS = "Bonjour, pouvez-vous nous envoyer un relevé de compte ? Merci, Lise"


def allow(company, **modes):
    conversation.set_conversation_policy(
        organisation_id=company.organisation_id,
        modes={"statement": "alone", "payment_details": "alone", "invoice_copy": "alone"} | modes,
        daily_cap=1,
        drafts_by_model=False,
        now=NOW,
        by=company.by,
    )


def test_without_a_setting_a_person_sends(company, books, post):
    mail = post.comes(ASKS)
    [made] = Answer.objects.all()
    assert (made.kind, made.state, made.reasons) == ("statement", AnswerState.DRAFT, ["to_confirm"])
    assert not Message.objects.exists()
    conversation.send_answer(
        organisation_id=company.organisation_id, answer_id=made.pk, today=NOW.date(), now=NOW, by=company.by
    )
    made.refresh_from_db()
    reply = post.reply_to(mail)
    assert (made.state, made.message_id) == (AnswerState.SENT, reply.answer_id)
    assert reply.freed_how == "answered"
    assert [row["email"] for row in made.message.to] == ["compta@acme.example"]
    with pytest.raises(AnswerDecided):
        conversation.send_answer(
            organisation_id=company.organisation_id, answer_id=made.pk, today=NOW.date(), now=NOW, by=company.by
        )
    assert Message.objects.count() == 1


def test_allowed_it_leaves_once_in_the_thread_and_marked_as_a_machine_s(company, books, post):
    allow(company)
    mail = post.comes(ASKS)
    [made] = Answer.objects.all()
    assert (made.state, made.is_alone) == (AnswerState.SENT, True)
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=10, connect=None)
    raw = bytes(MessageContent.objects.get(message=made.message).raw).decode()
    assert f"In-Reply-To: {mail.key}" in raw
    assert "Auto-Submitted: auto-replied" in raw
    post.comes(ASKS)  # the same mail again
    assert Message.objects.count() == 1


def test_a_cap_stops_the_second_of_the_day(company, books, post):
    allow(company)
    post.comes(ASKS, name="one")
    post.comes(ASKS, name="two")
    states = list(Answer.objects.order_by("pk").values_list("state", "reasons"))
    assert states == [("sent", []), ("draft", ["cap_reached"])]


def test_a_machine_is_not_answered_alone(company, books, post):
    allow(company)
    post.comes(ASKS, headers={"Precedence": "bulk"})
    assert not Answer.objects.filter(is_alone=True).exists()
    assert not Message.objects.exists()


def test_who_only_writes_in_a_known_thread_gets_nothing_alone(company, books, post):
    """The thread names the customer, but the address is nobody's known contact."""
    allow(company)
    sent = post.comes(ASKS)
    message = Answer.objects.get().message
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=10, connect=None)
    thread = MessageContent.objects.get(message=message).message_id_header
    post.comes(ASKS, sender="voleur@ailleurs.example", headers={"In-Reply-To": thread}, name="stranger")
    assert Reply.objects.count() == 2
    assert Answer.objects.count() == 1
    assert sent.customer_id == company.acme.pk


def test_bank_details_asked_for_come_from_settings_alone(company, books, post):
    allow(company)
    asks = "Sur quel compte devons-nous payer ? Pouvez-vous nous envoyer votre RIB ?"
    post.comes(asks, name="before")
    assert not Answer.objects.exists()
    Entity.objects.filter(pk=company.entity.pk).update(iban=IBAN)
    post.comes(asks, name="after")
    [made] = Answer.objects.all()
    assert made.is_alone
    assert "FR76 3000" in made.message.context["own_paragraphs"][2]["text"]


def test_a_mail_that_names_an_account_is_never_answered_alone(company, books, post):
    allow(company)
    post.comes(f"{ASKS}\nNotre nouveau compte : {IBAN}")
    assert not Answer.objects.exists()


def test_a_pause_keeps_the_answer_for_a_person(company, books, post):
    allow(company)
    collections.pause(
        organisation_id=company.organisation_id,
        customer_id=company.acme.pk,
        reason="agreement",
        today=NOW.date(),
        by=company.by,
    )
    post.comes(ASKS)
    [made] = Answer.objects.all()
    assert made.state == AnswerState.DRAFT
    assert not Message.objects.exists()


def test_a_policy_without_sense_is_refused(company):
    with pytest.raises(PolicyUnusable):
        conversation.set_conversation_policy(
            organisation_id=company.organisation_id,
            modes={"refund": "alone"},
            daily_cap=1,
            drafts_by_model=False,
            now=NOW,
            by=company.by,
        )


def test_we_hold_a_copy_only_of_all_that_was_asked_for(company, books, post):
    mail = post.comes(ASKS)
    assert written.invoice_files(post.reply_to(mail), ["FA-2026-4290"]) == ()


COPY = "Bonjour, pouvez-vous nous renvoyer la facture FA-2026-4290 en PDF ? Merci"
PDF = b"%PDF-1.7 of ours"


def hold_copy(company, number, content=PDF):
    document = Document.objects.get(organisation_id=company.organisation_id, number=number)
    keeping.keep_copy(document, file_name=f"{number}.pdf", content=content, by=company.by)


def test_a_copy_that_is_kept_is_sent_as_it_was_brought_in(company, books, post):
    allow(company)
    hold_copy(company, "FA-2026-4290")
    post.comes(COPY)
    [made] = Answer.objects.all()
    assert (made.kind, made.is_alone, made.invoices) == ("invoice_copy", True, ["FA-2026-4290"])
    [file] = made.message.attachments.all()
    assert (file.name, bytes(file.content)) == ("FA-2026-4290.pdf", PDF)
    assert not Task.objects.exists()


def test_a_copy_that_is_not_kept_is_a_task_once_and_never_an_answer(company, books, post):
    allow(company)
    post.comes(COPY)
    post.comes(COPY)
    assert not Answer.objects.exists()
    [task] = Task.objects.all()
    assert (task.customer_id, "FA-2026-4290" in task.title) == (company.acme.pk, True)


def test_the_copy_of_another_customer_s_invoice_is_never_sent(company, books, post):
    allow(company)
    books.invoice(company.borealis, "FA-2026-9999", 5_000, due=-3)
    hold_copy(company, "FA-2026-9999")
    post.comes("Bonjour, pouvez-vous nous envoyer la facture FA-2026-9999 ?")
    assert not Answer.objects.exists()
    assert Task.objects.count() == 1


def test_a_person_sends_one_at_the_hours_of_its_reader_unless_the_mail_has_just_come(company, books, post):
    silent = [[(NOW - timedelta(days=2)).date().isoformat(), (NOW + timedelta(days=9)).date().isoformat()]]
    collections.set_policy(organisation_id=company.organisation_id, values={"silent_periods": silent}, by=company.by)
    post.comes(ASKS)
    [made] = Answer.objects.all()
    later = NOW + timedelta(hours=3)
    assert not answers.leaving_of(made, now=NOW).waits
    assert answers.leaving_of(made, now=later).waits
    conversation.send_answer(
        organisation_id=company.organisation_id, answer_id=made.pk, today=later.date(), now=later, by=company.by
    )
    assert Message.objects.get().due_at > NOW + timedelta(days=9)
