"""Answers are brought in from a real IMAP server: once, in order, unmarked; what fails is told and taken up again."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from encours.connectors.imap import client
from encours.customers.models import Contact
from encours.messaging import actions as messaging
from encours.messaging.actions.accounts import PasswordInClear
from encours.messaging.models import Filing, InboundMail, MailAccount, Mailbox, Reply
from encours.messaging.rules.server import Server

from .conftest import NOW
from .imap_server import PASSWORD, USER

HERE = Path(__file__).parent


@dataclass
class Folder:
    """The server's folder on disk."""

    port: int
    path: Path

    def put(self, number: int, text: str, *, sender: str = "lise@acme.example", name: str = "") -> None:
        (self.path / f"{number}.eml").write_text(
            f"From: {sender}\nSubject: Re: Relance\nMessage-ID: <{name or number}@acme.example>\n"
            f"Date: Mon, 23 Nov 2026 09:00:00 +0100\nContent-Type: text/plain; charset=utf-8\n\n{text}",
            encoding="utf-8",
        )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    path = tmp_path / "inbox"
    path.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(HERE / "imap_server.py"), str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield Folder(int(process.stdout.readline()), path)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.fixture
def mailbox(company, folder) -> Mailbox:
    Contact.objects.create(
        organisation_id=company.organisation_id, customer=company.acme, name="Lise", email="lise@acme.example"
    )
    account = MailAccount.objects.create(
        organisation_id=company.organisation_id, host="127.0.0.1", port=25, security="none", from_email="n@b.example"
    )
    form = messaging.MailboxForm("127.0.0.1", folder.port, "none", USER, PASSWORD)
    return messaging.save_mailbox(
        organisation_id=company.organisation_id, account_id=account.pk, form=form, by=company.by
    )


def pull(company, mailbox: Mailbox, **more) -> messaging.Pulled:
    return messaging.pull_mailbox(
        organisation_id=company.organisation_id,
        mailbox_id=mailbox.pk,
        open_folder=client.open_mailbox,
        now=NOW,
        by=company.by,
        **more,
    )


def test_brings_in_what_is_new_once(company, mailbox, folder):
    folder.put(3, "Le virement partira vendredi.")
    folder.put(7, "Qui êtes-vous ?", sender="inconnu@ailleurs.example")
    assert len(pull(company, mailbox).mail_ids) == 2
    assert pull(company, mailbox).mail_ids == ()
    folder.put(9, "Payé hier.")
    assert len(pull(company, mailbox).mail_ids) == 1
    filings = list(InboundMail.objects.order_by("pk").values_list("filing", flat=True))
    assert filings == [Filing.FILED, Filing.TRIAGE, Filing.FILED]
    assert Reply.objects.count() == 2
    assert bytes(InboundMail.objects.order_by("pk").first().raw) == (folder.path / "3.eml").read_bytes()


def test_goes_on_where_a_broken_line_stopped_it(company, mailbox, folder):
    for number in (1, 2, 3):
        folder.put(number, "Payé hier.")
    drop = folder.path / "2.drop"
    drop.touch()
    broken = pull(company, mailbox)
    assert len(broken.mail_ids) == 1
    assert "127.0.0.1" in broken.problem
    mailbox.refresh_from_db()
    assert mailbox.problem == broken.problem
    drop.unlink()
    assert len(pull(company, mailbox).mail_ids) == 2
    mailbox.refresh_from_db()
    assert (mailbox.last_uid, mailbox.problem) == (3, "")
    assert Reply.objects.count() == 3


def test_numbers_that_lost_their_meaning_bring_no_mail_twice(company, mailbox, folder):
    folder.put(5, "Payé hier.", name="same")
    pull(company, mailbox)
    (folder.path / "validity").write_text("2")
    (folder.path / "5.eml").rename(folder.path / "1.eml")
    folder.put(2, "Le virement partira vendredi.")
    pull(company, mailbox)
    assert InboundMail.objects.count() == Reply.objects.count() == 2


def test_takes_so_many_a_turn(company, mailbox, folder):
    for number in range(1, 6):
        folder.put(number, "Payé hier.")
    assert [len(pull(company, mailbox, limit=2).mail_ids) for _ in range(4)] == [2, 2, 1, 0]


def test_a_wrong_password_is_told(company, mailbox, folder):
    form = messaging.MailboxForm("127.0.0.1", folder.port, "none", USER, "wrong")
    messaging.save_mailbox(
        organisation_id=company.organisation_id, account_id=mailbox.account_id, form=form, by=company.by
    )
    assert "wrong password" in pull(company, mailbox).problem


def test_a_password_does_not_travel_in_clear(company, mailbox):
    form = messaging.MailboxForm("imap.example", 143, "none", USER, PASSWORD)
    with pytest.raises(PasswordInClear):
        messaging.save_mailbox(
            organisation_id=company.organisation_id, account_id=mailbox.account_id, form=form, by=company.by
        )


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(client.MailboxUnreachable) as refused:
        client.open_mailbox(Server("127.0.0.1", 1, "none", USER, PASSWORD), "INBOX")
    assert refused.value.retry
