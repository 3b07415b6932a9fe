"""A mention told by e-mail, answered by e-mail; a digest once a day; a chat channel told once."""

import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import EmailMessage

import pytest
from django.conf import settings

from encours.access.models import Membership, Organisation, User
from encours.core import secrets
from encours.customers.models import Note
from encours.disputes import actions as disputes
from encours.entrypoints.jobs import notices as job
from encours.messaging import actions as messaging
from encours.messaging.models import MailAccount, StaffMail
from encours.team import actions as team
from encours.team.actions import hooks
from encours.team.actions.comments import comment
from encours.team.actions.notices import Notice, mark_read, notify
from encours.team.models import ChatHook, Notification
from tests.messaging import conftest as mail
from tests.messaging.conftest import ready_to_send

postbox = mail.postbox  # the mail server of messaging's tests

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)  # a Monday, half past ten in Paris
NIGHT = NOW.replace(hour=21)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def company(committed_company, postbox):
    ready_to_send(committed_company, postbox)
    MailAccount.objects.update(has_plus_addresses=True)
    return committed_company


@pytest.fixture
def paul(company) -> User:
    user = User.objects.create(email="paul@brevanne.example", first_name="Paul", last_name="Brun", language="fr")
    Membership.objects.create(organisation=company.organisation, user=user, role="sales")
    return user


def name_paul(company) -> Note:
    note, _ = comment(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, text="@paul tu peux l’appeler ?",
        link="/customers/C001?feed=notes", now=NOW, by=company.by,
    )  # fmt: skip
    return note


def tell_paul(company, paul, key):
    notice = Notice(kind="rule", title=f"Promesse rompue {key}", key=key, link="/promises")
    notify(organisation_id=company.organisation_id, user_ids=[paul.pk], notice=notice, by=company.by, now=NOW)


def pass_on(company, now=NOW):
    organisation = Organisation.objects.get(pk=company.organisation_id)
    job.pass_on_now(organisation, now)


def mails(postbox) -> list[EmailMessage]:
    return [message_from_string(row["raw"], policy=policy.default) for row in postbox.letters()]


class TestByMail:
    def test_a_mention_is_answered_by_replying(self, company, paul, postbox):
        asked = name_paul(company)
        pass_on(company)
        pass_on(company)
        (mail,) = mails(postbox)
        assert mail["To"] == paul.email
        assert mail["Subject"] == "Nadia Ferrand: Acme"
        text = mail.get_body(("plain",)).get_content()
        assert "tu peux l’appeler" in text
        assert "/customers/C001?feed=notes" in text
        assert "Répondez à cet e-mail" in text
        reply = EmailMessage()
        reply["From"], reply["To"] = paul.email, mail["Reply-To"]
        reply["Subject"], reply["Message-ID"] = f"Re: {mail['Subject']}", "<a1@brevanne.example>"
        reply.set_content("Oui, demain matin.\n\n> @paul tu peux l’appeler ?\n")
        messaging.receive_mail(
            organisation_id=company.organisation_id, raw=reply.as_bytes(), now=NOW + HOUR, by=company.by
        )
        answer = Note.objects.order_by("pk").last()
        assert (answer.text, answer.answers, answer.author, answer.customer) == (
            "Oui, demain matin.",
            asked,
            paul,
            company.acme,
        )
        assert Notification.objects.get(user=company.collector).kind == "answer"

    def test_a_dispute_is_told_to_its_owner_and_answered_by_replying(self, company, paul, postbox):
        disputes.open_dispute(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, today=NOW.date(), by=company.by,
            reason="price", note="Remise oubliée ?", owner_id=paul.pk,
        )  # fmt: skip
        pass_on(company)
        pass_on(company)
        (mail,) = mails(postbox)
        assert mail["To"] == paul.email
        assert "Acme" in mail["Subject"]
        assert "Remise oubliée" in mail.get_body(("plain",)).get_content()
        reply = EmailMessage()
        reply["From"], reply["To"] = paul.email, mail["Reply-To"]
        reply["Subject"], reply["Message-ID"] = "Re: litige", "<d1@brevanne.example>"
        reply.set_content("Oui, 5 % accordés en juin.\n")
        messaging.receive_mail(
            organisation_id=company.organisation_id, raw=reply.as_bytes(), now=NOW + HOUR, by=company.by
        )
        kept = Note.objects.get()
        assert (kept.text, kept.author, kept.subject_kind) == ("Oui, 5 % accordés en juin.", paul, "dispute")
        assert Notification.objects.get(user=company.collector).kind == "answer"

    def test_each_is_told_once_what_became_theirs(self, company, paul, postbox):
        team.add_task(
            organisation_id=company.organisation_id, title="Voir le dirigeant", due_date=NOW.date(), today=NOW.date(),
            by=company.by, customer_id=company.acme.pk, assignee_id=paul.pk,
        )  # fmt: skip
        team.add_task(
            organisation_id=company.organisation_id, title="Pour moi", due_date=NOW.date(), today=NOW.date(),
            by=company.by, customer_id=company.acme.pk, assignee_id=company.collector.pk,
        )  # fmt: skip
        messaging.record_reply(
            organisation_id=company.organisation_id, key="r1", customer_id=company.acme.pk, subject="Re: facture",
            from_email="c@acme.example", from_name="Lise", text="Bonjour", now=NOW, by=company.by,
        )  # fmt: skip
        for _ in range(2):
            job.tell_what_is_theirs(organisation_id=company.organisation_id, now=NOW, by=job.BY)
        told = sorted(Notification.objects.values_list("user_id", "kind", "title"))
        assert told == sorted([
            (paul.pk, "task", "Nadia Ferrand: Voir le dirigeant"),
            (company.collector.pk, "reply", "Acme a répondu"),
        ])  # fmt: skip

    def test_the_rest_comes_once_a_day_all_together(self, company, paul, postbox):
        tell_paul(company, paul, "1")
        tell_paul(company, paul, "2")
        pass_on(company)
        tell_paul(company, paul, "3")
        pass_on(company, NOW + HOUR)
        (mail,) = mails(postbox)
        assert mail["Subject"] == "2 choses à savoir"
        pass_on(company, NOW + 24 * HOUR)
        assert [one["Subject"] for one in mails(postbox)] == ["2 choses à savoir", "1 chose à savoir"]

    def test_at_night_nothing_leaves(self, company, paul, postbox):
        name_paul(company)
        pass_on(company, NIGHT)
        assert mails(postbox) == []
        pass_on(company, NOW + 24 * HOUR)
        assert len(mails(postbox)) == 1

    def test_what_was_read_is_not_mailed(self, company, paul, postbox):
        name_paul(company)
        mark_read(organisation_id=company.organisation_id, user_id=paul.pk, now=NOW)
        pass_on(company)
        assert mails(postbox) == []
        assert not Notification.objects.filter(passed_on_at=None).exists()

    def test_the_sandbox_keeps_it_back(self, company, paul, postbox):
        Organisation.objects.update(sandbox=True)
        name_paul(company)
        pass_on(company)
        assert mails(postbox) == []
        assert StaffMail.objects.get().state == "caught"


@pytest.fixture
def chat() -> Iterator[tuple[str, list[str]]]:
    """A small server that takes what a chat service takes: a JSON document with a text."""
    said: list[str] = []

    class Room(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said.append(body["text"])
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Room)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", said
    server.shutdown()
    server.server_close()
    thread.join()


def open_channel(company, address) -> ChatHook:
    made = hooks.add_chat_hook(
        organisation_id=company.organisation_id, name="Recouvrement", address="https://chat.example/hook",
        kinds=["rule"], now=NOW, by=company.by,
    )  # fmt: skip
    # the settings refuse this machine, on which the chat of the tests runs
    made.address_encrypted = secrets.encrypt(address, keys=secrets.working_keys(settings.ENCOURS_HOME))
    made.save(update_fields=["address_encrypted"])
    return made


class TestChat:
    def test_is_told_each_thing_once(self, company, paul, chat):
        address, said = chat
        tell_paul(company, paul, "before")
        open_channel(company, f"{address}/hook")
        tell_paul(company, paul, "1")
        name_paul(company)  # a mention is between colleagues
        pass_on(company)
        pass_on(company)
        assert len(said) == 1
        assert said[0].startswith("*Promesse rompue 1*")
        assert ChatHook.objects.get().problem == ""

    def test_a_channel_that_fails_says_why_and_is_not_told_again(self, company, paul, chat):
        address, said = chat
        open_channel(company, f"{address}/broken")
        tell_paul(company, paul, "1")
        pass_on(company)
        pass_on(company)
        assert len(said) == 1
        assert "HTTP 500" in ChatHook.objects.get().problem

    def test_the_sandbox_tells_nobody(self, company, paul, chat):
        address, said = chat
        Organisation.objects.update(sandbox=True)
        open_channel(company, f"{address}/hook")
        tell_paul(company, paul, "1")
        pass_on(company)
        assert said == []
