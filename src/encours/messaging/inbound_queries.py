"""Read what came in: whose it is, what it was understood to say, what waits for a person, how often it was right."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from encours.access.rules import Scope
from encours.core import secrets
from encours.core.errors import NotFound, gettext_noop
from encours.customers.models import Contact, Customer
from encours.customers.queries import in_scope_with_merged
from encours.messaging.channel_models import MessageAttachment
from encours.messaging.models import (
    Filing,
    HoldUntil,
    InboundMail,
    Judgement,
    MailAttachment,
    Mailbox,
    MailClass,
    Message,
    MessageContent,
    ReplyPolicy,
    Scanned,
    StaffMail,
    State,
    Understanding,
)
from encours.messaging.rules.inbound import tokens
from encours.messaging.rules.inbound.mail import Mail
from encours.messaging.rules.understanding import likeness
from encours.messaging.rules.values import Attachment

# a report without our Message-ID is believed about an address we wrote to this lately
REPORT_DAYS_MAX = 30


class InboundMailNotFound(NotFound):
    """No such inbound mail in this organisation."""

    message = gettext_noop("There is no such mail.")


class UnderstandingNotFound(NotFound):
    """No such understanding in this organisation."""

    message = gettext_noop("There is nothing understood by that number.")


@dataclass(frozen=True, slots=True)
class Whose:
    """The customer and message an inbound mail belongs to, or why that is not certain."""

    customer_id: int | None
    message_id: int | None
    why: str


def whose(received: Mail, *, organisation_id: int) -> Whose:
    """Whose mail it is: by the message it answers, by a sealed reply address, by its sender.

    What is doubtful is nobody's: a sender of several customers, a reply address whose seal is not ours, or one that
    names another customer than the thread.
    """
    marked = [one for one in received.recipients if tokens.is_marked(one)]
    claimed = tokens.claimed(marked, organisation_id=organisation_id, keys=reply_keys() if marked else ())
    if any(not one.is_ours for one in claimed):
        return Whose(None, None, "forged_token")
    thread = message_of(received.answers, organisation_id=organisation_id)
    named = _named(claimed, organisation_id=organisation_id)
    if thread is not None and named is not None and _kept(thread.customer) != _kept(named.customer):
        return Whose(None, None, "contradictory")
    message = thread or named
    if message is not None:
        return Whose(_kept(message.customer), message.pk, "")
    found = customers_of(received.from_email, organisation_id=organisation_id)
    if len(found) == 1:
        return Whose(next(iter(found)), None, "")
    return Whose(None, None, "ambiguous_sender" if found else "unknown_sender")


@dataclass(frozen=True, slots=True)
class OfColleague:
    """The mail of ours that a colleague answers, or why the answer is not believed."""

    mail: StaffMail | None
    why: str


def of_colleague(received: Mail, *, organisation_id: int) -> OfColleague | None:
    """Whether a mail answers one of ours to a colleague: believed only under our seal and from that address."""
    kind = tokens.TO_COLLEAGUE
    marked = [one for one in (*received.recipients, *received.answers) if tokens.is_marked(one, kind=kind)]
    if not marked:
        return None
    claimed = tokens.claimed(marked, organisation_id=organisation_id, keys=reply_keys(), kind=kind)
    if any(not one.is_ours for one in claimed):
        return OfColleague(None, "forged_token")
    ids = [one.message_id for one in claimed]
    found = StaffMail.objects.filter(organisation_id=organisation_id, pk__in=ids).first()
    if found is None or found.email.lower() != received.from_email.lower():
        return OfColleague(None, "not_that_colleague")
    return OfColleague(found, "")


def reply_keys() -> list[str]:
    """The keys that seal reply addresses, the sealing one first; made with the installation's first need of them."""
    return secrets.working_keys(settings.ENCOURS_HOME)


def _kept(customer: Customer) -> int:
    return customer.merged_into_id or customer.pk


def message_of(headers: Sequence[str], *, organisation_id: int) -> Message | None:
    """The message of ours that one of the Message-IDs names, the first that does."""
    if not headers:
        return None
    contents = MessageContent.objects.filter(organisation_id=organisation_id, message_id_header__in=headers)
    found = {one.message_id_header: one.message for one in contents.select_related("message__customer")}
    return next((found[header] for header in headers if header in found), None)


def _named(claimed: Sequence[tokens.Claimed], *, organisation_id: int) -> Message | None:
    ids = [one.message_id for one in claimed]
    messages = Message.objects.filter(organisation_id=organisation_id, pk__in=ids)
    return messages.select_related("customer").first() if ids else None


def customers_of(email: str, *, organisation_id: int) -> set[int]:
    """The customers an address belongs to, by their contacts and their own address; merged ones count as the kept."""
    if not email:
        return set()
    contacts = Contact.objects.filter(organisation_id=organisation_id, email__iexact=email)
    owners = Customer.objects.filter(organisation_id=organisation_id).filter(
        Q(email__iexact=email) | Q(pk__in=contacts.values("customer_id"))
    )
    return {merged or pk for pk, merged in owners.values_list("pk", "merged_into_id")}


def wrote_to(email: str, *, organisation_id: int, since: datetime) -> bool:
    """Whether a message of ours went to the address since then: only such a bounce is believed."""
    contents = MessageContent.objects.filter(organisation_id=organisation_id, recorded_at__gte=since)
    return contents.filter(recipients__icontains=f'"{email}"').exists()


def report_is_ours(received_at: datetime) -> datetime:
    """Since when an address must have been written to."""
    return received_at - timedelta(days=REPORT_DAYS_MAX)


def hold_until(organisation_id: int) -> HoldUntil:
    """How long an answer holds reminders in this organisation."""
    found = ReplyPolicy.objects.filter(organisation_id=organisation_id).values_list("hold_until", flat=True).first()
    return HoldUntil(found or HoldUntil.READ)


def sent_file(customer_id: int, *, named: str, organisation_id: int) -> Attachment | None:
    """A PDF or XML sent to this customer before under a name with that number: the copy of an invoice that we hold."""
    sent = MessageAttachment.objects.filter(
        organisation_id=organisation_id, message__customer_id=customer_id, message__state__in=[State.SENT, State.CAUGHT]
    ).filter(media_type__in=["application/pdf", "application/xml", "text/xml"])
    parts = re.compile(rf"(?<![A-Za-z0-9]){re.escape(named)}(?![A-Za-z0-9])", re.IGNORECASE)
    names = sent.filter(name__icontains=named).order_by("-pk").values_list("pk", "name")[:20]
    found = next((pk for pk, name in names if parts.search(name)), None)
    if found is None or not named:
        return None
    row = MessageAttachment.objects.get(organisation_id=organisation_id, pk=found)
    return Attachment(row.name, row.media_type, bytes(row.content))


def mailboxes(organisation_id: int) -> Sequence[Mailbox]:
    """Every mailbox of the organisation, read or stopped."""
    return list(Mailbox.objects.filter(organisation_id=organisation_id).order_by("pk"))


def active_mailboxes(organisation_id: int) -> list[int]:
    """The mailboxes to be read."""
    found = Mailbox.objects.filter(organisation_id=organisation_id, is_active=True, account__is_active=True)
    return list(found.order_by("pk").values_list("pk", flat=True))


# what people taught -------------------------------------------------------------------------------------------------


def examples_of(organisation_id: int) -> likeness.Examples:
    """The product's examples and what people of the organisation corrected or confirmed."""
    judged = (
        Judgement.objects.filter(organisation_id=organisation_id)
        .exclude(sentence="")
        .order_by("-understanding_id", "-pk")
        .distinct("understanding_id")
        .values_list("sentence", "kind")[: likeness.TAUGHT_MAX]
    )
    return _taught(tuple(sorted(judged)))


@lru_cache(maxsize=32)
def _taught(pairs: tuple[tuple[str, str], ...]) -> likeness.Examples:
    return likeness.with_corrections(dict(pairs))


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """How a class fared: how many mails it was given to, how many a person judged, how many were right."""

    kind: str
    understood_count: int
    judged_count: int
    right_count: int
    unsure_count: int = 0  # of those given to "something else", how many because nothing was sure

    @property
    def right_percent(self) -> int | None:
        """The share that was right among the judged; unknown before anybody judged."""
        return 100 * self.right_count // self.judged_count if self.judged_count else None


def accuracy(organisation_id: int) -> list[ClassAccuracy]:
    """How often each class was right, by people's judgements, the most frequent class first."""
    latest = Judgement.objects.filter(organisation_id=organisation_id, understanding_id=OuterRef("pk")).order_by("-pk")
    rows = (
        Understanding.objects.filter(organisation_id=organisation_id)
        .annotate(judged=Subquery(latest.values("kind")[:1]))
        .order_by()
        .values("kind")
        .annotate(
            understood=Count("pk"),
            seen=Count("pk", filter=Q(judged__isnull=False)),
            right=Count("pk", filter=Q(judged=F("kind"))),
            unsure=Count("pk", filter=Q(is_abstaining=True)),
        )
    )
    counted = [ClassAccuracy(row["kind"], row["understood"], row["seen"], row["right"], row["unsure"]) for row in rows]
    return sorted(counted, key=lambda one: (-one.understood_count, one.kind))


# for people ---------------------------------------------------------------------------------------------------------


def triage(scope: Scope, *, limit: int = 100) -> Sequence[InboundMail]:
    """Mails whose customer is not known, the latest first, each with `understood`; who sees a part only sees none."""
    if scope.own_portfolio_only:
        return []
    waiting = InboundMail.objects.filter(organisation_id=scope.organisation_id, filing=Filing.TRIAGE)
    found = list(waiting.defer("raw").order_by("-received_at", "-pk")[:limit])
    _attach(found, Understanding.objects.filter(organisation_id=scope.organisation_id), "mail_id")
    return found


def understood_replies(reply_ids: Sequence[int], *, scope: Scope) -> Mapping[int, Understanding]:
    """What each answer was understood to say, by the answer's id."""
    found = Understanding.objects.filter(organisation_id=scope.organisation_id, reply_id__in=reply_ids)
    if scope.own_portfolio_only:
        found = found.filter(reply__customer_id__in=in_scope_with_merged(scope).values("pk"))
    return {one.reply_id: one for one in found.order_by("pk") if one.reply_id is not None}


def understood_mail(mail_id: int, *, scope: Scope) -> Understanding | None:
    """What a mail was last understood to say."""
    found = Understanding.objects.filter(organisation_id=scope.organisation_id, mail_id=mail_id)
    return found.order_by("-pk").first()


def _attach(mails: Sequence[InboundMail], understandings: QuerySet[Understanding], name: str) -> None:
    by_mail = {one.mail_id: one for one in understandings.filter(**{f"{name}__in": [mail.pk for mail in mails]})}
    for mail in mails:
        mail.understood = by_mail.get(mail.pk)  # type: ignore[attr-defined]  # set for the list


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody who is away, as their own automatic answer says."""

    email: str
    return_date: date
    quote: str


def absences(organisation_id: int, *, today: date) -> dict[str, Absence]:
    """Who is away today, by address, as the latest automatic answer of each says."""
    away = (
        Understanding.objects.filter(organisation_id=organisation_id, kind=MailClass.OUT_OF_OFFICE)
        .exclude(mail=None)
        .filter(fields__return_date__gt=today.isoformat())
        .order_by("pk")
        .values_list("mail__from_email", "fields__return_date", "quote")
    )
    return {email: Absence(email, date.fromisoformat(back), quote) for email, back, quote in away}


def may_open(file: MailAttachment) -> bool:
    """Whether a file may be handed out: found harmless, or nothing scans here and its kind cannot run."""
    if file.state == Scanned.WAITING:
        return not settings.ATTACHMENT_SCANNER
    return file.state == Scanned.CLEAN
