"""Mail to colleagues by a real server: once, never from the sandbox, and answered under our seal alone."""

import datetime as dt
import re
from email import message_from_string, policy
from email.message import EmailMessage

import pytest

from encours.access.models import Organisation
from encours.connectors.smtp import client
from encours.core import events
from encours.messaging import actions as messaging
from encours.messaging.actions import staff
from encours.messaging.events import ColleagueAnswered
from encours.messaging.models import InboundMail, MailAccount, StaffMail
from encours.messaging.rules.staff import letter
from tests.messaging.conftest import ready_to_send

NOW = dt.datetime(2026, 11, 23, 8, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def company(committed_company, postbox):
    ready_to_send(committed_company, postbox)
    MailAccount.objects.update(has_plus_addresses=True)
    return committed_company


def queue(company, key="note:1", *, email="", **more):
    mail = staff.NewStaffMail(
        key=key, user_id=company.collector.pk, email=email or company.collector.email,
        subject="Paul: Acme\nBcc: x@y.example", text="Regarde <ceci>",
        send_after=NOW, about_kind="note", about_id=7, **more,
    )  # fmt: skip
    return staff.queue_staff_mails(organisation_id=company.organisation_id, mails=[mail], by=company.by)


def send(company, *, now=NOW, connect=client.connect):
    return staff.send_staff_mails(organisation_id=company.organisation_id, now=now, connect=connect)


def sent(postbox) -> list[EmailMessage]:
    return [message_from_string(row["raw"], policy=policy.default) for row in postbox.letters()]


class TestSend:
    def test_leaves_once_however_often_it_is_asked_for(self, company, postbox):
        assert [queue(company), queue(company)] == [1, 0]
        assert [send(company), send(company)] == [1, 0]
        (mail,) = sent(postbox)
        assert mail["To"] == company.collector.email
        assert mail["Subject"] == "Paul: Acme Bcc: x@y.example"
        assert "Regarde <ceci>" in mail.get_body(("plain",)).get_content()
        assert "&lt;ceci&gt;" in mail.get_body(("html",)).get_content()
        assert mail["Auto-Submitted"]

    def test_the_sandbox_catches_it(self, company, postbox):
        Organisation.objects.filter(pk=company.organisation_id).update(sandbox=True)
        queue(company)
        send(company)
        assert postbox.letters() == []
        assert StaffMail.objects.get().state == "caught"

    def test_an_answer_that_never_came_is_a_doubt_and_no_second_mail(self, company, postbox):
        queue(company, email="drop@brevanne.example")
        send(company)
        assert StaffMail.objects.get().state == "in_doubt"
        send(company, now=NOW + 60 * MINUTE)
        assert len(postbox.letters()) == 1

    def test_a_worker_that_died_while_sending_leaves_a_doubt(self, company, postbox):
        queue(company)
        StaffMail.objects.update(state="leaving", state_at=NOW, attempts=1)
        send(company, now=NOW + 20 * MINUTE)
        assert StaffMail.objects.get().state == "in_doubt"
        assert postbox.letters() == []

    def test_a_busy_server_is_tried_again_and_given_up_in_the_end(self, company, postbox):
        queue(company, email="later@brevanne.example")
        for turn in range(8):
            send(company, now=NOW + turn * 120 * MINUTE)
        found = StaffMail.objects.get()
        assert (found.state, found.attempts) == ("failed", 5)

    def test_without_an_account_of_the_company_it_waits_and_says_so(self, company, postbox):
        MailAccount.objects.update(is_active=False)
        queue(company)
        send(company)
        found = StaffMail.objects.get()
        assert found.state == "queued"
        assert "mail account" in found.problem


@pytest.fixture
def heard(monkeypatch) -> list[ColleagueAnswered]:
    """What is told to the rooms above."""
    found: list[ColleagueAnswered] = []
    monkeypatch.setattr(events, "_reactions", lambda: {ColleagueAnswered: [found.append]})
    return found


def answered(company, mail: EmailMessage, *, sender=None, to=None, thread=True) -> InboundMail:
    reply = EmailMessage()
    reply["From"] = sender or company.collector.email
    reply["To"] = to or mail["Reply-To"]
    reply["Subject"] = f"Re: {mail['Subject']}"
    reply["Message-ID"] = "<answer-1@brevanne.example>"
    if thread:
        reply["In-Reply-To"] = mail["Message-ID"]
    reply.set_content("Oui, je l’appelle demain.\n\nLe 23/11/2026, Encours a écrit :\n> Regarde <ceci>\n")
    pk = messaging.receive_mail(organisation_id=company.organisation_id, raw=reply.as_bytes(), now=NOW, by=company.by)
    return InboundMail.objects.get(pk=pk)


def _other_letter(found: re.Match[str]) -> str:
    return f"-{'b' if found[1] == 'a' else 'a'}{found[2]}@"


class TestAnswer:
    @pytest.mark.parametrize("thread", [True, False])
    def test_reaches_the_room_that_wrote(self, company, postbox, heard, thread):
        queue(company)
        send(company)
        kept = answered(company, sent(postbox)[0], thread=thread)
        assert (kept.filing, kept.why) == ("machine", "colleague")
        assert [(one.about_kind, one.about_id, one.user_id, one.text) for one in heard] == [
            ("note", 7, company.collector.pk, "Oui, je l’appelle demain.")
        ]

    def test_of_somebody_else_goes_to_triage(self, company, postbox, heard):
        queue(company)
        send(company)
        kept = answered(company, sent(postbox)[0], sender="eve@evil.example")
        assert (kept.filing, kept.why, heard) == ("triage", "not_that_colleague", [])

    def test_under_a_forged_seal_goes_to_triage(self, company, postbox, heard):
        queue(company)
        send(company)
        mail = sent(postbox)[0]
        forged = re.sub(r"-(\w)(\w{15})@", _other_letter, mail["Reply-To"])
        kept = answered(company, mail, to=forged, thread=False)
        assert (kept.filing, kept.why, heard) == ("triage", "forged_token", [])


def test_a_link_can_be_pressed_and_markup_stays_text():
    html = letter("x", "Voir https://x.example/a?b=1&c=2.\n\n<script>alert(1)</script>").html
    assert '<a href="https://x.example/a?b=1&amp;c=2">' in html
    assert "<script>" not in html
