"""Delivery reports, bounces of every make, complaints and automatic answers are told from what people write."""

from datetime import date

import pytest

from encours.messaging.rules.inbound import failures, mail, reports
from encours.messaging.rules.understanding import reading
from encours.messaging.rules.understanding.facts import Kind

TODAY = date(2026, 11, 19)

STANDARD = """Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: nadia@brevanne.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

<lise@client.example>: host mx.client.example said: {words}
    (in reply to RCPT TO command)
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; lise@client.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b
Content-Type: message/rfc822

Message-ID: <m1@brevanne.example>
From: nadia@brevanne.example
To: lise@client.example
Subject: Relance

Bonjour
--b--
"""


def read(text: str) -> mail.Mail:
    return mail.read(text.encode())


class TestReport:
    @pytest.mark.parametrize(
        ("words", "status", "action", "reason", "is_hard"),
        [
            ("550 5.1.1 <lise@client.example>... User unknown", "5.1.1", "failed", "user_unknown", True),
            ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10", "failed", "user_unknown", True),
            ("550 5.4.1 Recipient address rejected: Access denied", "5.4.1", "failed", "user_unknown", True),
            ("452 4.2.2 The mailbox is over quota", "4.2.2", "delayed", "mailbox_full", False),
            ("552 5.2.2 Mailbox full", "5.2.2", "failed", "mailbox_full", False),
            ("550 5.7.1 Service unavailable, client host blocked using Spamhaus", "5.7.1", "failed", "blocked", False),
            ("550 5.7.26 This mail is unauthenticated (SPF, DKIM)", "5.7.26", "failed", "authentication", False),
            ("556 5.1.10 Domain does not accept mail (nullMX)", "5.1.10", "failed", "not_accepting", True),
            ("550 5.1.2 Host unknown", "5.1.2", "failed", "host_unknown", True),
            ("550 5.1.6 Recipient has moved", "5.1.6", "failed", "moved", True),
            ("421 4.4.2 Connection timed out", "4.4.2", "delayed", "expired", False),
            ("550 5.5.0 Adresse destinataire inconnue", "5.5.0", "failed", "user_unknown", True),
            ("550 5.1.1 User unknown (in reply to end of DATA command)", "5.1.1", "failed", "rejected", False),
        ],
    )
    def test_reads_delivery_status(self, words, status, action, reason, is_hard):
        told = reports.report(read(STANDARD.format(words=words, status=status, action=action)))
        [row] = told.recipients
        assert (told.kind, row.email, row.reason, row.is_hard) == ("bounce", "lise@client.example", reason, is_hard)
        assert told.original_message_id == "<m1@brevanne.example>"

    def test_a_delivered_message_is_no_bounce(self):
        told = reports.report(read(STANDARD.format(words="250 2.1.5 Ok", status="2.1.5", action="delivered")))
        assert told.kind == "delivered"

    @pytest.mark.parametrize(
        ("sender", "subject", "text", "is_hard"),
        [
            (
                "MAILER-DAEMON@mx.example",
                "failure notice",
                "Hi. This is the qmail-send program at mx.example.\nI wasn't able to deliver your message.\n\n"
                "<lise@client.example>:\n550 Unknown user\n\n--- Below this line is a copy of the message.\n\n"
                "Message-ID: <m1@brevanne.example>\nTo: lise@client.example\n",
                True,
            ),
            (
                "Administrateur système <postmaster@client.example>",
                "Non remis : Relance",
                "Votre message n'a pas pu être remis aux destinataires suivants :\n\nlise@client.example\n"
                "La boîte aux lettres du destinataire est pleine.\n",
                False,
            ),
            (
                "postmaster@web.example",
                "Unzustellbar: Mahnung",
                "Ihre Nachricht konnte nicht zugestellt werden:\nlise@client.example\nEmpfänger unbekannt\n",
                True,
            ),
            (
                "System Administrator <postmaster@client.example>",
                "Undeliverable: Relance",
                "Your message did not reach some or all of the intended recipients.\n\n"
                "lise@client.example on 19/11/2026 10:00\n    The recipient name is not recognized\n",
                True,
            ),
            (
                "Mail Delivery System <Mailer-Daemon@mx.example>",
                "Mail delivery failed: returning message to sender",
                "A message that you sent could not be delivered.\n\n  lise@client.example\n"
                "    mailbox is full: retry timeout exceeded\n",
                False,
            ),
        ],
    )
    def test_reads_bounces_that_follow_no_standard(self, sender, subject, text, is_hard):
        told = reports.report(read(f"From: {sender}\nTo: nadia@brevanne.example\nSubject: {subject}\n\n{text}"))
        assert told.kind == "bounce"
        assert [(row.email, row.is_hard) for row in told.recipients] == [("lise@client.example", is_hard)]

    def test_reads_a_provider_s_json(self):
        body = (
            '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":'
            '"lise@client.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{}}'
        )
        told = reports.report(read(f"From: no-reply@sns.example\nSubject: AWS Notification Message\n\n{body}"))
        assert [(row.email, row.is_hard) for row in told.recipients] == [("lise@client.example", True)]

    def test_reads_complaints(self):
        told = reports.report(
            read(
                'From: fbl@isp.example\nSubject: Complaint\nContent-Type: multipart/report; boundary="b"\n\n'
                "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
                "Original-Rcpt-To: lise@client.example\n--b--\n"
            )
        )
        assert (told.kind, told.recipients[0].email) == ("complaint", "lise@client.example")

    @pytest.mark.parametrize(
        "text",
        [
            "L'adresse jean@client.example n'existe plus, écrivez à lise@client.example.",
            "Your message was returned to us by post, please check our address.",
            "Merci de ne plus écrire à postmaster@client.example.",
        ],
    )
    def test_what_a_person_writes_is_no_bounce(self, text):
        assert reports.report(read(f"From: Lise <lise@client.example>\nSubject: Re: Relance\n\n{text}")) is None


class TestFailure:
    def test_words_of_the_sender_s_domain_do_not_kill_the_address(self):
        found = failures.failure("550 5.1.7 No such domain (after MAIL FROM:<nadia@brevanne.example>)")
        assert not found.is_hard

    def test_an_unknown_reason_is_soft(self):
        assert not failures.failure("554 5.0.0 Something else").is_hard


def understood(text: str, subject: str = "Re: Relance", headers: str = ""):
    raw = f"From: Lise <lise@client.example>\nSubject: {subject}\n{headers}\n{text}"
    return reading.understand(read(raw), today=TODAY)


class TestAutomatic:
    @pytest.mark.parametrize(
        ("text", "subject", "headers", "kind", "back"),
        [
            (
                "Je suis absente du 16 au 27 novembre inclus.", "Réponse automatique : Relance",
                "Auto-Submitted: auto-replied\n", Kind.OUT_OF_OFFICE, "2026-11-30",
            ),
            (
                "I am out of the office until 30 November.", "Automatic reply: Reminder", "",
                Kind.OUT_OF_OFFICE, "2026-11-30",
            ),
            (
                "Absente, de retour le 1er décembre.", "Absence du bureau Re: Relance", "X-Autoreply: yes\n",
                Kind.OUT_OF_OFFICE, "2026-12-01",
            ),
            ("Ich bin bis 27.11.2026 nicht im Büro.", "Abwesend: Mahnung", "", Kind.OUT_OF_OFFICE, "2026-11-27"),
            (
                "Nous avons bien reçu votre demande, ticket n° 4521.", "Re: Relance", "Auto-Submitted: auto-replied\n",
                Kind.AUTO_REPLY, None,
            ),
            (
                "Merci de confirmer votre adresse pour que votre e-mail soit remis : https://filtre.example/a",
                "Vérification", "", Kind.AUTO_REPLY, None,
            ),
        ],
    )  # fmt: skip
    def test_tells_absence_from_acknowledgement(self, text, subject, headers, kind, back):
        found = understood(text, subject, headers)
        assert found.main.kind == kind
        assert found.main.fields.get("return_date") == back

    def test_an_advice_sent_by_a_program_is_still_an_advice(self):
        found = understood(
            "Nous vous informons du virement de 3 200,00 EUR effectué le 18/11/2026.",
            "Avis de virement",
            "Auto-Submitted: auto-generated\n",
        )
        assert found.main.kind == Kind.REMITTANCE
        assert found.main.fields["amount"] == {"amount": "3200.00", "currency": "EUR"}

    def test_a_person_who_mentions_a_colleague_s_absence_still_promises(self):
        found = understood("Notre comptable est absente, le virement partira le 30 novembre.")
        assert found.main.kind == Kind.PROMISE
