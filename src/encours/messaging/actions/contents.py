"""Make the bytes of a message once, before anything leaves: an e-mail, the text of an SMS, the PDF of a letter."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from encours.access.models import Entity
from encours.core.errors import Refused, gettext_noop
from encours.messaging import queries
from encours.messaging.inbound_queries import reply_keys
from encours.messaging.models import Gateway, MailAccount, Message, MessageContent
from encours.messaging.rules import letters, postal, sms, wording
from encours.messaging.rules.channels import EMAIL, PAPER, SMS
from encours.messaging.rules.inbound import tokens
from encours.messaging.rules.mime import Envelope, build, wire_address
from encours.messaging.rules.phones import e164
from encours.messaging.rules.values import Address, Attachment, Letter

NO_RECIPIENT = gettext_noop("None of the recipients may be written to any more.")
# these report under a number of their own, and give back what this header holds
MARKS = {"postmark": "X-PM-Metadata-encours", "mailjet": "X-MJ-CustomID"}
SANDBOX_ADDRESS = "sandbox@encours.invalid"


class NoRecipientLeft(Refused):
    """Every recipient of the message is on the list of addresses not to write to."""

    message = NO_RECIPIENT


@dataclass(slots=True)
class Making:
    """What the contents of one delivery share; companies and files are read as they are needed."""

    organisation_id: int
    now: datetime
    suppressed: set[str]
    gateways: Mapping[str, Gateway]
    files: Mapping[int, Sequence[Attachment]]  # by message
    _companies: dict[int, Entity] = field(default_factory=dict)
    _marks: list[str] | None = None

    def company(self, message: Message) -> Entity:
        """The company in whose name a letter goes: the message's, else the organisation's first."""
        if not self._companies:
            found = Entity.objects.filter(organisation_id=self.organisation_id).order_by("pk")
            self._companies.update({entity.pk: entity for entity in found})
        first = next(iter(self._companies.values()))
        return self._companies.get(message.sender_entity_id or 0, first)

    def _mark_names(self) -> list[str]:
        """The headers that the providers in use want to tell us again of which message they report."""
        if self._marks is None:
            used = {one.provider for one in queries.mail_providers(self.organisation_id) if one.is_active}
            self._marks = [name for provider, name in MARKS.items() if provider in used]
        return self._marks

    def content(self, message: Message, account: MailAccount | None) -> MessageContent:
        """The message as it will leave; refuses what cannot be written or reaches nobody."""
        letter = wording.render(queries.wording_of(message.template_version), message.context)
        if message.channel == EMAIL:
            return self._email(message, account, letter)
        if message.channel == SMS:
            return self._sms(message, letter)
        return self._paper(message, letter)

    def _email(self, message: Message, account: MailAccount | None, letter: Letter) -> MessageContent:
        to, cc = self._allowed(message.to), self._allowed(message.cc)
        if not to:
            raise NoRecipientLeft
        sender = _sender(message, account)
        envelope = Envelope(
            sender=sender,
            to=to,
            cc=cc,
            reply_to=_reply_to(message, account),
            in_reply_to=str((message.context.get("thread") or {}).get("in_reply_to", "")),
            is_automatic=bool((message.context.get("thread") or {}).get("is_automatic")),
            message_id=f"<{secrets.token_hex(16)}@{wire_address(sender.email).rpartition('@')[2]}>",
            date=self.now,
            marks=[(name, f"m{message.pk}") for name in self._mark_names()],
        )
        return _stored(
            message,
            build(letter, envelope, self.files.get(message.pk, ())),
            account=account,
            reference=envelope.message_id,
            sender=wire_address(sender.email),
            recipients=envelope.recipients,
            subject=letter.subject,
        )

    def _sms(self, message: Message, letter: Letter) -> MessageContent:
        gateway = self.gateways.get(SMS)
        home = self.company(message).country
        return _stored(
            message,
            letter.text.encode(),
            reference=_reference("sms"),
            sender=gateway.sender if gateway else "",
            recipients=list(dict.fromkeys(e164(one["phone"], home) for one in message.to)),
            subject="",
            media_type="text/plain",
            facts=sms.measure(letter.text).as_json(),
        )

    def _paper(self, message: Message, letter: Letter) -> MessageContent:
        company, to = self.company(message), Address.of_json(message.to[0])
        made = letters.paper(
            letter,
            message.context,
            to=to,
            head=letterhead(company),
            language=message.template_version.language,
            channel=message.channel,
            day=date.fromisoformat(message.context["sent_on"]),
        )
        enclosed = [one.content for one in self.files.get(message.pk, ()) if one.media_type == "application/pdf"]
        made = letters.with_annexes(made, enclosed)
        gateway = self.gateways.get(message.channel)
        is_paper = message.channel in PAPER
        return _stored(
            message,
            made.pdf,
            reference=_reference("letter"),
            sender=gateway.sender if gateway else "",
            recipients=postal.window(to.name, to.lines) if is_paper else [wire_address(to.email)],
            subject=letter.subject,
            media_type="application/pdf",
            facts={"pages": made.page_count, "name": to.name},
        )

    def _allowed(self, addresses: Sequence[Mapping[str, str]]) -> list[Address]:
        return [Address.of_json(one) for one in addresses if one["email"].lower() not in self.suppressed]


def letterhead(company: Entity) -> letters.Letterhead:
    """The company as the head of its letters tells it."""
    street = [line.strip() for line in company.street.split("\n") if line.strip()]
    city = f"{company.postcode} {company.city}".strip()
    lines = [*street, *([city] if city else [])]
    return letters.Letterhead(company.name, lines, company.city, company.phone, company.email)


def _reference(kind: str) -> str:
    """A name for ever; that of an SMS is short enough to be the mark that providers give back."""
    if kind == "sms":
        return f"{kind}-{secrets.token_hex(8)}"
    return f"{kind}-{secrets.token_hex(16)}"


def _stored(
    message: Message,
    raw: bytes,
    *,
    reference: str,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    account: MailAccount | None = None,
    media_type: str = "message/rfc822",
    facts: Mapping[str, Any] | None = None,
) -> MessageContent:
    return MessageContent(
        organisation_id=message.organisation_id,
        message=message,
        account=account,
        message_id_header=reference,
        sender_email=sender,
        recipients=list(recipients),
        subject=subject,
        media_type=media_type,
        facts=dict(facts or {}),
        raw=raw,
        sha256=hashlib.sha256(raw).digest(),
    )


def _reply_to(message: Message, account: MailAccount | None) -> str:
    """Where answers go: an address that names the message, if the account's server delivers such addresses."""
    if account is None:
        return ""
    plain = account.reply_to or account.from_email
    if not account.has_plus_addresses:
        return account.reply_to
    return tokens.address_for(
        wire_address(plain), message.pk, organisation_id=message.organisation_id, key=reply_keys()[0]
    )


def _sender(message: Message, account: MailAccount | None) -> Address:
    written = message.context.get("sender") or {}
    if account is not None:
        return Address(account.from_email, account.from_name or str(written.get("name") or ""))
    return Address(str(written.get("email") or SANDBOX_ADDRESS), str(written.get("name") or ""))
