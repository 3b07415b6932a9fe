"""Mails of Acme's as they come in, understood, and what follows from them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from encours.access.models import Membership, User
from encours.core.actors import Actor
from encours.customers.models import Contact
from encours.messaging import actions as messaging
from encours.messaging.models import InboundMail, Reply
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books

NOW = datetime.now(UTC).replace(microsecond=0)
LISE = "compta@acme.example"
IBAN = "FR7630006000011234567890189"


@dataclass
class Post:
    """The company's letter box."""

    company: Company

    def comes(
        self,
        text: str,
        *,
        sender: str = LISE,
        subject: str = "Re: Relance",
        headers: dict[str, str] | None = None,
        files: tuple[tuple[str, str, bytes], ...] = (),
        name: str = "",
        to: str = "nadia@brevanne.example",
    ) -> InboundMail:
        """A mail arrives; it is taken in as the mailbox job does."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Lise <{sender}>", to, subject
        mail["Message-ID"] = f"<{name or abs(hash((text, sender, subject)))}@acme.example>"
        mail["Date"] = NOW
        for key, value in (headers or {}).items():
            mail[key] = value
        mail.set_content(text)
        for file_name, kind, content in files:
            main, _, sub = kind.partition("/")
            mail.add_attachment(content, maintype=main, subtype=sub, filename=file_name)
        number = messaging.receive_mail(
            organisation_id=self.company.organisation_id, raw=mail.as_bytes(), now=NOW, by=self.company.by
        )
        return InboundMail.objects.get(pk=number)

    def reply_to(self, mail: InboundMail) -> Reply:
        """The answer a mail became."""
        return Reply.objects.get(key=mail.key)


@pytest.fixture
def post(company: Company) -> Post:
    return Post(company)


@pytest.fixture
def books(company: Company) -> Books:
    """Acme owes 1 200.00 since 40 days and 450.00 since 10."""
    made = Books(company)
    Contact.objects.filter(organisation_id=company.organisation_id).update(recorded_at=NOW - timedelta(days=90))
    made.invoice(company.acme, "FA-2026-4290", 120_000, due=-40)
    made.invoice(company.acme, "FA-2026-4291", 45_000, due=-10)
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    return made


@pytest.fixture
def colleague(company: Company) -> Callable[..., Actor]:
    """Another person of the company, by role."""

    def made(role: str = "cfo") -> Actor:
        person = User.objects.create(email=f"{role}@brevanne.example", first_name="Hugo", last_name="Second")
        Membership.objects.create(organisation=company.organisation, user=person, role=role)
        return Actor(user_id=person.pk, name=person.display_name, channel="desk")

    return made
