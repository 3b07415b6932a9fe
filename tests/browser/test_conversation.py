"""The conversation in a real browser, with a real SMTP and a real IMAP server: reminder out, answer in, and back."""

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator
from email import message_from_string
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page

from encours.access.models import Membership, Organisation, User
from encours.collections import actions as collections
from encours.collections.models import Promise, Reminder
from encours.collections.queries import facts
from encours.collections.queries.promised import covered
from encours.collections.rules.calendar import next_sending_instant
from encours.connectors.smtp import client as smtp
from encours.conversation.models import Proposal
from encours.core.dates import business_date
from encours.customers.models import Contact
from encours.entrypoints.jobs import notices
from encours.messaging import actions as messaging
from encours.messaging.models import MailAccount, Reply, Suppression
from tests.browser.conftest import NARROW, barriers, settled
from tests.browser.imap_box import Box, imap_box
from tests.cast import Company
from tests.collections import books
from tests.messaging import conftest as mail
from tests.messaging.conftest import Postbox

pytestmark = pytest.mark.browser

postbox = mail.postbox  # a fixture

DAY = dt.timedelta(days=1)
PICTURES = os.environ.get("ENCOURS_PICTURES", "")


@pytest.fixture
def box() -> Iterator[Box]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, imap_box(Path(folder)) as made:
        yield made


@pytest.fixture
def sender(committed_company: Company, postbox: Postbox) -> Company:
    """A company whose messages leave by the SMTP server, from an account whose server knows plus-addresses."""
    company = committed_company
    organisation_id, by = company.organisation_id, company.by
    collections.install_default_scenarios(organisation_id=organisation_id, language="fr", now=now(), by=by)
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    Organisation.objects.filter(pk=organisation_id).update(sandbox=False)
    form = messaging.AccountForm(
        "127.0.0.1", postbox.port, "none", "nadia@brevanne.example", "Nadia Ferrand", has_plus_addresses=True
    )
    messaging.save_mail_account(organisation_id=organisation_id, form=form, by=by)
    return company


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """Where the company is, it is tomorrow an hour or two before it is so at Greenwich."""
    return business_date(now(), timezone="Europe/Paris")


def owes(company: Company, customer, number: str, *, late: int) -> None:
    """An invoice overdue since so many days of the real calendar."""
    books.post(company, customer, number, late=late + (books.TODAY - today()).days, amount=1_200_00)


def morning(company: Company, day: dt.date) -> list[tuple[str, str, str]]:
    """The run of a day, at this hour."""
    collections.state_bank_date(organisation_id=company.organisation_id, known=day, today=day, by=company.by)
    moment = now() + (day - today())
    made = collections.run_dunning(organisation_id=company.organisation_id, today=day, now=moment, by=company.by)
    return books.decisions(company, made)


def letters_of(company: Company, postbox: Postbox, *, by_day: dt.date | None = None) -> list[Message]:
    """What really left by SMTP, a week after the day at the latest."""
    until = now() + ((by_day or today()) - today()) + 7 * DAY
    messaging.deliver_due(organisation_id=company.organisation_id, now=until, limit=20, connect=smtp.connect)
    return [message_from_string(str(one["raw"]), policy=default) for one in postbox.letters()]


def answer(letter: Message, text: str, *, sender: str = "compta@acme.example") -> bytes:
    """What the customer's mail program sends back."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = (
        f"Compta <{sender}>",
        str(letter["Reply-To"]),
        f"Re: {letter['Subject']}",
    )
    made["Message-ID"], made["In-Reply-To"] = f"<{abs(hash(text))}@acme.example>", str(letter["Message-ID"])
    made["Date"] = now()
    quoted = "Le lun. 23 nov. 2026 à 09:12, Nadia Ferrand <nadia@brevanne.example> a écrit :\n> Sauf erreur"
    made.set_content(f"{text}\n\n{quoted}\n")
    return made.as_bytes()


def checks_of(step_key: str, day: dt.date) -> set[str]:
    """The checks that hold the latest decision of a step."""
    row = Reminder.objects.filter(step_key=step_key, decided_date=day).latest("pk")
    return {check["code"] for check in row.checks if check["outcome"] == "held"}


def read_the_mailbox(page: Page, box: Box) -> None:
    """The settings page: the account's mailbox is filled in, tested and read."""
    page.goto("/settings/mailboxes")
    if not page.locator("text=Relever maintenant").count():
        page.click("[data-row] a[data-open]")
        page.fill("#id_host", "127.0.0.1")
        page.fill("#id_port", str(box.port))
        page.select_option("#id_security", "none")
        page.fill("#id_username", box.user)
        page.fill("#id_password", box.password)
        page.click("button:has-text('Enregistrer')")
        page.click("button:has-text('Tester la connexion')")
        page.wait_for_selector("text=Le dossier INBOX est lisible")
        assert barriers(page) == []
    page.click("button:has-text('Relever maintenant')")
    page.wait_for_selector(".en-toast")
    picture(page, "mailboxes")


def picture(page: Page, name: str) -> None:
    """Kept where ENCOURS_PICTURES says, for who wants to look."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


def test_a_promise_by_mail_holds_the_scenario_until_it_is_broken(
    sender: Company,
    seat: Callable[..., Page],
    postbox: Postbox,
    box: Box,
):
    company = sender
    owes(company, company.acme, "FA-2026-4290", late=3)
    assert morning(company, today()) == [("Acme", "reminder_1", "due")]
    [letter] = letters_of(company, postbox)
    assert "+e" in str(letter["Reply-To"])

    promised = today() + 9 * DAY
    box.put(answer(letter, f"Bonjour,\nLa facture FA-2026-4290 sera payée le {promised:%d/%m/%Y} par virement."))
    page = seat(address="/settings/mailboxes")
    read_the_mailbox(page, box)
    assert Reply.objects.get().message.kind == "reminder"

    later = today() + 7 * DAY
    assert morning(company, later) == [("Acme", "reminder_2", "held")]
    assert "reply" in checks_of("reminder_2", later)

    page.goto("/inbox")
    assert "Promet un règlement" in page.inner_text("main")
    assert "1\u202f200,00" in page.input_value("[name$=-amount]").replace(" ", "\u202f") or page.input_value(
        "[name$=-amount]"
    ).startswith("1200")
    assert barriers(page) == []
    picture(page, "inbox")
    page.keyboard.press("a")
    page.wait_for_selector(".en-toast")
    assert Promise.objects.get().promised_date == promised
    page.goto("/inbox")
    page.keyboard.press("x")
    page.wait_for_selector("text=Tout est lu")

    assert morning(company, later) == [("Acme", "reminder_2", "held")]
    assert checks_of("reminder_2", later) == {"item_promise"}

    after = promised + 3 * DAY
    assert morning(company, after) == [("Acme", "reminder_2", "due")]
    [found] = covered(company.organisation_id, customer_ids=[company.acme.pk], today=after).values()
    assert found.received_minor == 0
    [_, second] = letters_of(company, postbox, by_day=after)
    assert second["To"] == letter["To"]
    assert "FA-2026-4290" in second.get_body(("plain",)).get_content()

    small = seat(NARROW, address="/inbox?tab=all")
    assert small.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert barriers(small) == []
    picture(small, "inbox390")
    small.click(".en-queuetable a[data-open]")
    small.wait_for_load_state()
    settled(small)
    assert barriers(small) == []
    picture(small, "reply390")


BOUNCE = """From: MAILER-DAEMON@relais.example
To: nadia@brevanne.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-1@relais.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.example

Final-Recipient: rfc822; compta@borealis.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b
Content-Type: message/rfc822

Message-ID: {message_id}
To: compta@borealis.example
Subject: x

--b--
"""


def test_a_returned_mail_marks_the_contact_and_a_stranger_is_sorted(
    sender: Company,
    seat: Callable[..., Page],
    postbox: Postbox,
    box: Box,
):
    company = sender
    owes(company, company.borealis, "FA-2026-5001", late=3)
    morning(company, today())
    [letter] = letters_of(company, postbox)
    box.put(BOUNCE.format(message_id=letter["Message-ID"]).encode())
    forged = answer(letter, "La facture FA-2026-5001 est contestée : le prix est faux.", sender="jean@ailleurs.example")
    box.put(forged.replace(b"+e", b"+e9"))
    page = seat(address="/settings/mailboxes")
    read_the_mailbox(page, box)

    assert Suppression.objects.get().email == "compta@borealis.example"
    assert Contact.objects.get(email="compta@borealis.example").bounced_at is not None
    page.goto("/customers/C002")
    assert "Adresse en erreur" in page.inner_text("main")
    page.goto("/inbox?tab=triage")
    assert "une marque qui n’est pas la nôtre" in page.inner_text("main")
    assert "FA-2026-5001" in page.inner_text("main")
    assert barriers(page) == []
    picture(page, "triage")
    page.keyboard.press("a")
    page.wait_for_selector("text=Classé chez Borealis")
    assert Proposal.objects.filter(customer=company.borealis, kind="dispute").exists()
    for address, word in (("/inbox/accuracy", "Justesse"), ("/settings/conversation", "sans jugement")):
        page.goto(address)
        assert word in page.inner_text("main") + page.inner_text("header")
        assert barriers(page) == []
        picture(page, address.rpartition("/")[2])
    assert MailAccount.objects.get().mailbox.problem == ""


def test_a_mention_is_answered_by_mail(
    sender: Company,
    seat: Callable[..., Page],
    postbox: Postbox,
    box: Box,
):
    company = sender
    paul = User.objects.create(email="paul@brevanne.example", first_name="Paul", last_name="Brun", language="fr")
    Membership.objects.create(organisation=company.organisation, user=paul, role="sales")
    page = seat(address="/customers/C001")
    page.fill("form.en-actions [name=text]", "@paul connais-tu leur chef comptable ?")
    page.keyboard.press("Escape")  # the list of colleagues
    page.click("form.en-actions button[type=submit]")
    page.wait_for_selector(".en-toast")

    # who is named is told in working hours only
    hours = facts.calendar_of(facts.policy_of(company.organisation_id))
    notices.pass_on_now(Organisation.objects.get(pk=company.organisation_id), next_sending_instant(now(), hours))
    [told] = [message_from_string(str(one["raw"]), policy=default) for one in postbox.letters()]
    assert (told["To"], told["Subject"]) == ("paul@brevanne.example", "Nadia Ferrand: Acme")
    box.put(answer(told, "Oui, Mme Roy ; je l’appelle demain.", sender="paul@brevanne.example"))
    read_the_mailbox(page, box)

    page.goto("/customers/C001?feed=notes")
    said = page.inner_text("main")
    assert "Mme Roy" in said
    assert "Paul Brun" in said
    page.goto("/notifications")
    assert "Paul Brun" in page.inner_text("main")
    page.goto("/inbox?tab=triage")
    assert "Rien à trier" in page.inner_text("main")
