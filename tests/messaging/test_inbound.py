"""Mails that come in are kept, understood, filed or left to a person; a dead address is written to no more."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from encours.access.rules import Scope
from encours.connectors.smtp import client
from encours.customers.models import Contact
from encours.messaging import actions as messaging
from encours.messaging import inbound_queries as inbound
from encours.messaging import queries
from encours.messaging.models import Filing, InboundMail, MailClass, MessageContent, Reply, Suppression, Understanding
from encours.messaging.rules.understanding.facts import Kind

from .conftest import NOW, queue

LISE = "lise@acme.example"


@pytest.fixture
def lise(sender):
    return Contact.objects.create(organisation_id=sender.organisation_id, customer=sender.acme, name="Lise", email=LISE)


def mail(text: str, *, sender: str = LISE, name: str = "r1", headers: str = "", subject: str = "Re: Relance") -> bytes:
    return (
        f"From: Lise <{sender}>\nTo: nadia@brevanne.example\nSubject: {subject}\nMessage-ID: <{name}@acme.example>\n"
        f"Date: Mon, 23 Nov 2026 09:00:00 +0100\n{headers}Content-Type: text/plain; charset=utf-8\n\n{text}"
    ).encode()


def receive(company, raw: bytes) -> InboundMail:
    mail_id = messaging.receive_mail(organisation_id=company.organisation_id, raw=raw, now=NOW, by=company.by)
    return InboundMail.objects.get(pk=mail_id)


def scope(company, **more) -> Scope:
    values = {"role": "credit_manager", "entity_ids": (), "own_portfolio_only": False, **more}
    return Scope(organisation_id=company.organisation_id, user_id=company.collector.pk, **values)


def sent(company, postbox, to: str = LISE) -> MessageContent:
    queue(company, f"acme:{to}", to=to)
    messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=10, connect=client.connect)
    return MessageContent.objects.get(organisation_id=company.organisation_id, message__key=f"acme:{to}")


def bounce(about: str, *, to: str = LISE, status: str = "5.1.1", words: str = "550 5.1.1 User unknown") -> bytes:
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: nadia@brevanne.example\nSubject: Undelivered Mail\n"
        f"Message-ID: <b{abs(hash((about, to, status)))}@mx.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n<{to}>: {words}\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {to}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {words}\n\n--b\nContent-Type: message/rfc822\n\n"
        f"Message-ID: {about}\nTo: {to}\n\nx\n--b--\n"
    ).encode()


class TestReceive:
    def test_files_a_known_sender_s_answer_and_holds_reminders(self, lise, sender):
        kept = receive(sender, mail("Le virement de 1 234,50 € partira vendredi."))
        assert (kept.filing, kept.customer_id) == (Filing.FILED, sender.acme.pk)
        [reply] = Reply.objects.all()
        [understood] = Understanding.objects.all()
        assert (understood.kind, understood.reply_id, understood.mail_id) == ("promise", reply.pk, kept.pk)
        assert understood.fields["date"] == "2026-11-27"
        assert understood.quote == "Le virement de 1 234,50 € partira vendredi."
        assert queries.unread_replies(sender.organisation_id) == {sender.acme.pk: 1}

    def test_takes_the_same_mail_once(self, lise, sender):
        assert receive(sender, mail("Payé hier.")).pk == receive(sender, mail("Payé hier.")).pk
        assert Understanding.objects.count() == Reply.objects.count() == 1

    def test_finds_the_customer_by_the_message_answered(self, sender, postbox):
        content = sent(sender, postbox)
        kept = receive(
            sender,
            mail("Payé hier.", sender="autre@ailleurs.example", headers=f"In-Reply-To: {content.message_id_header}\n"),
        )
        assert (kept.customer_id, kept.message_id) == (sender.acme.pk, content.message_id)

    def test_leaves_an_unknown_sender_to_a_person(self, sender):
        kept = receive(sender, mail("Payé hier.", sender="inconnu@ailleurs.example"))
        assert (kept.filing, kept.why) == (Filing.TRIAGE, "unknown_sender")
        [waiting] = inbound.triage(scope(sender))
        assert waiting.understood.kind == "remittance"
        assert Reply.objects.count() == 0
        assert inbound.triage(scope(sender, own_portfolio_only=True)) == []

    def test_leaves_a_shared_address_to_a_person(self, lise, sender):
        Contact.objects.create(organisation_id=sender.organisation_id, customer=sender.borealis, email=LISE.upper())
        assert receive(sender, mail("Payé hier.")).why == "ambiguous_sender"

    def test_keeps_what_cannot_be_read(self, sender):
        nested = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(3000))
        kept = receive(sender, f"Content-Type: multipart/mixed; boundary=b0\n\n{nested}".encode())
        assert (kept.filing, kept.why) == (Filing.TRIAGE, "mail_unreadable")

    def test_an_absence_is_noted_and_holds_nothing(self, lise, sender):
        raw = mail("Je suis absente jusqu'au 30 novembre.", headers="Auto-Submitted: auto-replied\n")
        assert receive(sender, raw).filing == Filing.MACHINE
        assert queries.unread_replies(sender.organisation_id) == {}
        away = inbound.absences(sender.organisation_id, today=date(2026, 11, 25))
        assert away[LISE].return_date == date(2026, 11, 30)
        assert inbound.absences(sender.organisation_id, today=date(2026, 12, 1)) == {}

    def test_nothing_follows_from_other_bank_details(self, lise, sender):
        before = sender.acme.iban
        receive(sender, mail("Merci de noter notre nouveau RIB : FR76 3000 6000 0112 3456 7890 189"))
        [understood] = Understanding.objects.all()
        assert understood.needs_person
        sender.acme.refresh_from_db()
        assert sender.acme.iban == before


class TestBounce:
    def test_a_dead_address_is_written_to_no_more(self, lise, sender, postbox):
        content = sent(sender, postbox)
        kept = receive(sender, bounce(content.message_id_header))
        assert (kept.filing, kept.message_id) == (Filing.MACHINE, content.message_id)
        lise.refresh_from_db()
        assert lise.bounced_at == NOW
        assert Suppression.objects.get().email == LISE

    def test_a_full_mailbox_is_not_dead(self, lise, sender, postbox):
        content = sent(sender, postbox)
        receive(sender, bounce(content.message_id_header, status="5.2.2", words="552 5.2.2 Mailbox full"))
        lise.refresh_from_db()
        assert lise.bounced_at is None
        assert not Suppression.objects.exists()

    def test_a_forged_report_about_somebody_never_written_to_changes_nothing(self, lise, sender):
        kept = receive(sender, bounce("<made-up@elsewhere.example>"))
        assert (kept.filing, kept.why) == (Filing.TRIAGE, "not_about_ours")
        lise.refresh_from_db()
        assert lise.bounced_at is None

    def test_a_report_about_an_old_mail_is_not_believed_without_its_number(self, lise, sender, postbox):
        sent(sender, postbox)
        later = NOW + timedelta(days=60)
        mail_id = messaging.receive_mail(
            organisation_id=sender.organisation_id, raw=bounce("<unknown@x.example>"), now=later, by=sender.by
        )
        assert InboundMail.objects.get(pk=mail_id).filing == Filing.TRIAGE


class TestTriage:
    def test_a_person_files_a_mail_with_its_customer(self, sender):
        kept = receive(sender, mail("Payé hier.", sender="inconnu@ailleurs.example"))
        messaging.file_mail(
            organisation_id=sender.organisation_id, mail_id=kept.pk, customer_id=sender.acme.pk, by=sender.by, now=NOW
        )
        kept.refresh_from_db()
        assert (kept.filing, kept.customer_id, kept.filed_by_name) == (Filing.FILED, sender.acme.pk, sender.by.name)
        assert queries.unread_replies(sender.organisation_id) == {sender.acme.pk: 1}
        with pytest.raises(inbound.InboundMailNotFound):
            messaging.file_mail(
                organisation_id=sender.organisation_id,
                mail_id=kept.pk,
                customer_id=sender.acme.pk,
                by=sender.by,
                now=NOW,
            )

    def test_a_person_sets_a_mail_aside(self, sender):
        kept = receive(sender, mail("Soldes !", sender="pub@ailleurs.example"))
        messaging.set_mail_aside(
            organisation_id=sender.organisation_id, mail_id=kept.pk, why="publicité", by=sender.by, now=NOW
        )
        assert inbound.triage(scope(sender)) == []
        assert InboundMail.objects.get().raw


class TestJudgement:
    def test_a_correction_is_counted_and_learnt(self, lise, sender):
        odd = "La référence du lot figure sur la palette du bas."
        receive(sender, mail(odd))
        [understood] = Understanding.objects.all()
        assert understood.is_abstaining
        messaging.judge_understanding(
            organisation_id=sender.organisation_id,
            understanding_id=understood.pk,
            kind=Kind.REMITTANCE,
            sentence=odd,
            by=sender.by,
        )
        [counted] = inbound.accuracy(sender.organisation_id)
        assert (counted.kind, counted.understood_count, counted.judged_count, counted.right_percent) == (
            "other",
            1,
            1,
            0,
        )
        receive(sender, mail(odd, name="r2"))
        assert Understanding.objects.order_by("pk").last().kind == "remittance"

    def test_the_latest_judgement_counts(self, lise, sender):
        receive(sender, mail("Payé hier."))
        understood = Understanding.objects.get()
        for kind in ("promise", "remittance"):
            messaging.judge_understanding(
                organisation_id=sender.organisation_id, understanding_id=understood.pk, kind=kind, by=sender.by
            )
        [counted] = inbound.accuracy(sender.organisation_id)
        assert counted.right_percent == 100

    def test_what_was_understood_is_never_changed(self, lise, sender):
        receive(sender, mail("Payé hier."))
        for table in ("messaging_understanding", "messaging_inboundmail"):
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"delete from {table}")


def test_an_answer_noted_by_hand_is_understood_too(sender):
    reply_id = messaging.record_reply(
        organisation_id=sender.organisation_id,
        key="phone:1",
        customer_id=sender.acme.pk,
        from_email=LISE,
        subject="Re: Relance",
        text="Nous contestons la facture FA-12345, le prix ne correspond pas au devis.",
        now=NOW,
        by=sender.by,
    )
    found = inbound.understood_replies([reply_id], scope=scope(sender))
    assert (found[reply_id].kind, found[reply_id].fields["reason"]) == ("dispute", "price")


def test_classes_are_named_alike_in_rules_and_tables():
    assert {kind.value for kind in Kind} == set(MailClass.values)
