"""What a customer does on the portal: the deeds a colleague would note, by the same actions, in the customer's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext, override

from encours.access.models import Membership, Organisation, Role
from encours.collections import actions as collections
from encours.collections.models import Promise, PromiseSource
from encours.conversation.actions.telling import DISPUTE_KEY
from encours.conversation.queries import portal as reading
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.core.ids import check_email
from encours.customers.actions import lock_one
from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.disputes.models import Dispute, DisputeOutcome, DisputeReason
from encours.messaging import actions as messaging
from encours.messaging.rules.inbound import attachments
from encours.messaging.rules.understanding import facts
from encours.messaging.rules.values import Attachment
from encours.portal import rules
from encours.portal.queries import policy_of
from encours.team.actions.notices import Notice, notify
from encours.team.models import NoticeKind

FILES_MAX, FILES_BYTES_MAX, TEXT_LETTERS_MAX = 5, 25_000_000, 5_000
# promised that often on the portal and not paid, an invoice needs a talk
TIMES_MAX = 2


class NotOffered(Refused):
    """The organisation does not take this on the portal."""

    message = gettext_noop("This is not offered here: write to us, or call us.")


class ItemNotYours(NotFound):
    """No such invoice on this account, or nothing is open on it."""

    message = gettext_noop("There is no such invoice to pay on your account.")


class PromiseUnfit(Refused):
    """The dates or amounts do not fit what is taken without talking."""

    message = gettext_noop("Choose at least one invoice, a day and an amount.")


class PromiseTooLate(PromiseUnfit):
    """The day is past or further away than is taken here."""

    message = gettext_noop("Choose a day from today to {last}; for a later one, write to us.")


class PromiseInTooManyParts(PromiseUnfit):
    """More payments than are taken here."""

    message = gettext_noop("At most {parts_max} payments can be agreed here; for more, write to us.")


class PromiseOfTooMuch(PromiseUnfit):
    """The amounts do not add up to what is owed or less."""

    message = gettext_noop("The amounts must be above zero and together at most what is to be paid.")


class PromisedAlready(Conflict):
    """A day is agreed already, or too many were let pass."""

    message = gettext_noop("A day was agreed for {document_number} already: write to us to change it.")


class ReasonOrWordsMissing(Refused):
    """A claim says what is wrong."""

    message = gettext_noop("Choose what is wrong; if nothing fits, tell us in a few words.")


class ContestedAlready(Conflict):
    """All of it is contested already."""

    message = gettext_noop("{document_number} is with us already: we are looking into it.")


class WordsMissing(Refused):
    """A message says something."""

    message = gettext_noop("Write your message first.")


class FilesUnusable(Refused):
    """Files of a kind or size that is not taken."""

    message = gettext_noop("{name} is not taken: send at most 5 files, 25 MB in all, no programs.")


class DetailsUnusable(Refused):
    """A person to reach has a name and an address that is one."""

    message = gettext_noop("Give a name and a valid e-mail address.")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever acts by a person's link: on which account, as whom, and what keeps a form from counting twice."""

    organisation_id: int
    customer_id: int
    name: str
    email: str
    key: str

    @property
    def actor(self) -> Actor:
        """The author of what is done, as the audit trail keeps it."""
        return Actor(user_id=None, name=self.name[:200], channel="portal")


@transaction.atomic
def promise(
    visitor: Visitor, *, item_ids: Sequence[int], offers: Sequence[rules.Offer], today: date, now: datetime
) -> list[Promise]:
    """Note what the customer says it will pay, and by when, on the invoices it chose; reminders wait for those days.

    Refused outside the organisation's limits, for another account's invoice, where a day was agreed already. The same
    form twice is one promise.
    """
    _hold(visitor)
    known = Promise.objects.filter(organisation_id=visitor.organisation_id, key__startswith=f"{visitor.key}:")
    if known.exists():
        return list(known.order_by("pk"))
    policy = policy_of(visitor.organisation_id)
    if not (policy.is_on and policy.may_promise):
        raise NotOffered
    owed = reading.account_of(visitor.customer_id, organisation_id=visitor.organisation_id, today=today)
    chosen = [row for row in owed.rows if row.item.pk in set(item_ids)]
    if len(chosen) != len(set(item_ids)):
        raise ItemNotYours
    if len({row.item.currency for row in chosen}) > 1:
        raise PromiseUnfit
    for row in chosen:
        if row.promised is not None or row.promised_count >= TIMES_MAX:
            raise PromisedAlready(document_number=row.item.document_number)
    limits = rules.Limits(policy.promise_days_max, policy.promise_parts_max)
    _check(offers, sum(row.free_minor for row in chosen), limits, today)
    parts = rules.spread(offers, [(row.item.pk, row.free_minor) for row in chosen])
    by_item = {row.item.pk: row.item for row in chosen}
    series = str(uuid4()) if len(parts) > 1 else ""
    made = [
        collections.record_promise(
            organisation_id=visitor.organisation_id,
            customer_id=by_item[part.item_id].customer_id,
            item_id=part.item_id,
            amount_minor=part.amount_minor,
            currency=by_item[part.item_id].currency,
            promised_date=part.day,
            today=today,
            by=visitor.actor,
            source=PromiseSource.PORTAL.value,
            key=f"{visitor.key}:{at}",
            series=series,
        )
        for at, part in enumerate(parts, start=1)
    ]
    numbers = ", ".join(dict.fromkeys(row.item.document_number for row in chosen))
    _tell(visitor, NoticeKind.REPLY, gettext_noop("{name} promises on the portal to pay {what}"), numbers, now=now)
    return made


def _hold(visitor: Visitor) -> Customer:
    """The customer, held to the end of the deed: a form sent twice at once waits, and finds it done."""
    return lock_one(organisation_id=visitor.organisation_id, customer_id=visitor.customer_id)


def _check(offers: Sequence[rules.Offer], owed_minor: int, limits: rules.Limits, today: date) -> None:
    match rules.unfit(offers, owed_minor=owed_minor, limits=limits, today=today):
        case "":
            return
        case "past" | "too_late":
            raise PromiseTooLate(last=rules.last_day(limits, today=today))
        case "too_many":
            raise PromiseInTooManyParts(parts_max=limits.parts_max)
        case "amount":
            raise PromiseOfTooMuch
        case _:
            raise PromiseUnfit


@transaction.atomic
def contest(
    visitor: Visitor,
    *,
    item_id: int,
    amount_minor: int | None,
    reason: str,
    text: str,
    files: Sequence[Attachment] = (),
    line: disputes.InvoiceLine = disputes.NO_LINE,
    today: date,
    now: datetime,
) -> Dispute:
    """Open a dispute on an invoice, a part or a line of it: that part is no longer chased, its owner is told at once.

    What the customer writes and the files stand in the conversation, unread. The same form twice is one dispute.
    """
    _hold(visitor)
    found = Dispute.objects.filter(organisation_id=visitor.organisation_id, key=visitor.key).first()
    if found is not None:
        return found
    policy = policy_of(visitor.organisation_id)
    if not (policy.is_on and policy.may_dispute):
        raise NotOffered
    account = reading.account_of(visitor.customer_id, organisation_id=visitor.organisation_id, today=today)
    row = account.row(item_id)
    if row is None:
        raise ItemNotYours
    if row.free_minor <= 0:
        raise ContestedAlready(document_number=row.item.document_number)
    with override(_language(visitor.organisation_id)):
        labels = dict(reading.reasons(visitor.organisation_id))
    if reason not in labels or (reason == DisputeReason.OTHER and not text.strip()):
        raise ReasonOrWordsMissing
    if amount_minor is not None and not 0 < amount_minor <= row.free_minor:
        raise disputes.DisputeAmountUnusable
    if line.is_named and amount_minor is None:
        raise disputes.LineUnusable
    whole = row.free_minor if row.contested_minor else None
    made = disputes.open_dispute(
        organisation_id=visitor.organisation_id,
        customer_id=row.item.customer_id,
        item_id=item_id,
        amount_minor=whole if not line.is_named and amount_minor in (None, row.item.open_minor) else amount_minor,
        line=line,
        reason=reason,
        note=text.strip()[:TEXT_LETTERS_MAX],
        key=visitor.key,
        today=today,
        by=visitor.actor,
    )
    number = made.document_number
    parts = (f"{number}: {labels[reason]}", f"{line.number} {line.text}".strip(), text.strip()[:TEXT_LETTERS_MAX])
    body = "\n\n".join(part for part in parts if part)
    said = facts.Intent(
        facts.Kind.DISPUTE, 100, text.strip()[:1_000] or labels[reason], {"invoices": [number], "reason": reason}
    )
    reply_id = _receive(visitor, number, body, files, now=now, said=said, is_told=False)
    title = gettext_noop("{name} contests {what} on the portal")
    _tell(visitor, NoticeKind.DISPUTE, title, number, now=now, dispute=made, reply_id=reply_id)
    return made


@transaction.atomic
def withdraw(visitor: Visitor, *, dispute_id: int, today: date, now: datetime) -> Dispute:
    """Close a dispute that was opened on the portal: the customer takes it back, what is open is chased again."""
    accounts = reading.accounts_of(visitor.customer_id, organisation_id=visitor.organisation_id)
    found = Dispute.objects.filter(
        organisation_id=visitor.organisation_id, customer_id__in=accounts, pk=dispute_id, key__startswith="portal:"
    ).first()
    if found is None:
        raise disputes.DisputeUnknown
    if found.closed_date is not None and found.outcome == DisputeOutcome.WITHDRAWN:
        return found
    made = disputes.close_dispute(
        organisation_id=visitor.organisation_id,
        dispute_id=found.pk,
        outcome=DisputeOutcome.WITHDRAWN.value,
        today=today,
        by=visitor.actor,
    )
    title = gettext_noop("{name} takes the claim about {what} back")
    _tell(visitor, NoticeKind.DISPUTE, title, found.document_number, now=now, dispute=found)
    return made


@transaction.atomic
def write(visitor: Visitor, *, subject: str, text: str, files: Sequence[Attachment] = (), now: datetime) -> int:
    """Take in what the customer writes as an answer: unread, it holds reminders, and it is understood as a mail is."""
    policy = policy_of(visitor.organisation_id)
    if not (policy.is_on and policy.may_write):
        raise NotOffered
    if not text.strip() and not files:
        raise WordsMissing
    reply_id = _receive(visitor, subject, text.strip()[:TEXT_LETTERS_MAX], files, now=now)
    title = gettext_noop("{name} writes on the portal: {what}")
    _tell(visitor, NoticeKind.REPLY, title, subject or text, now=now, reply_id=reply_id)
    return reply_id


@transaction.atomic
def propose_details(visitor: Visitor, *, name: str, email: str, phone: str, text: str, now: datetime) -> int:
    """Take in whom the customer wants us to reach: a proposal in the inbox, which a person accepts or not."""
    name, email, phone = name.strip()[:200], email.strip()[:254], phone.strip()[:40]
    if not name or not check_email(email).is_right:
        raise DetailsUnusable
    lines = [name, email, phone, text.strip()[:TEXT_LETTERS_MAX]]
    said = facts.Intent(
        facts.Kind.CONTACT_CHANGE, 100, " · ".join(line for line in lines[:3] if line),
        {"name": name, "emails": [email], "phones": [phone] if phone else []},
    )  # fmt: skip
    with override(_language(visitor.organisation_id)):
        subject = gettext("Person to reach")
    return _receive(visitor, subject, "\n".join(line for line in lines if line), (), now=now, said=said)


def _receive(
    visitor: Visitor,
    subject: str,
    text: str,
    files: Sequence[Attachment],
    *,
    now: datetime,
    said: facts.Intent | None = None,
    is_told: bool = True,
) -> int:
    _hold(visitor)
    _check_files(files)
    understood = None
    if said is not None:
        understood = facts.Understanding(intents=(said,), text=text, language="", is_abstaining=False)
    return messaging.receive_from_portal(
        organisation_id=visitor.organisation_id,
        customer_id=visitor.customer_id,
        key=visitor.key,
        raw=_mail(visitor, subject, text, files, now=now),
        now=now,
        by=visitor.actor,
        understood=understood,
        is_told=is_told,
    )


def _check_files(files: Sequence[Attachment]) -> None:
    if len(files) > FILES_MAX or sum(len(file.content) for file in files) > FILES_BYTES_MAX:
        raise FilesUnusable(name=files[-1].name)
    for file in files:
        if attachments.verdict(file.name, file.media_type, len(file.content)).is_refused:
            raise FilesUnusable(name=attachments.shown_name(file.name, file.media_type, position=1))


def _mail(visitor: Visitor, subject: str, text: str, files: Sequence[Attachment], *, now: datetime) -> bytes:
    """What was written as a mail, so that it is kept, searched, answered and erased as every other one."""
    mail = EmailMessage()
    mail["From"] = formataddr((" ".join(visitor.name.split()), visitor.email))
    mail["Subject"] = " ".join(subject.split())[:200]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{visitor.key.replace(':', '.')}@portal.invalid>"
    mail.set_content(text)
    for position, file in enumerate(files, 1):
        main, _, sub = (file.media_type if "/" in file.media_type else "application/octet-stream").partition("/")
        name = attachments.shown_name(file.name, file.media_type, position=position)
        mail.add_attachment(file.content, maintype=main, subtype=sub or "octet-stream", filename=name)
    return mail.as_bytes()


def _language(organisation_id: int) -> str:
    return Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)


def _tell(
    visitor: Visitor,
    kind: NoticeKind,
    title: str,
    what: str,
    *,
    now: datetime,
    dispute: Dispute | None = None,
    reply_id: int | None = None,
) -> None:
    """Tell whoever it is for: the owner, else the collector, else the credit managers, else the administrators.

    Under the key of `telling`, which finds the same each few minutes: nobody is told twice.
    """
    customer = _hold(visitor)
    owner_id = dispute.owner_id if dispute else None
    active = Membership.objects.filter(organisation_id=visitor.organisation_id, is_active=True)
    told = list(active.filter(user_id=owner_id or customer.collector_id or 0).values_list("user_id", flat=True))
    for role in (Role.CREDIT_MANAGER, Role.ADMIN):
        told = told or list(active.filter(role=role).values_list("user_id", flat=True))
    with override(_language(visitor.organisation_id)):
        words = gettext(title).format(name=f"{visitor.name} ({customer.name})", what=" ".join(what.split())[:80])
    key = f"reply:{reply_id}" if reply_id else f"{visitor.key}:{kind.value}"
    if dispute is not None and reply_id and owner_id and owner_id != customer.collector_id:
        key = f"{DISPUTE_KEY}{dispute.pk}:{owner_id}"
    notice = Notice(kind=kind.value, title=words, key=key, customer_id=customer.pk)
    notify(organisation_id=visitor.organisation_id, user_ids=told, notice=notice, by=visitor.actor, now=now)
