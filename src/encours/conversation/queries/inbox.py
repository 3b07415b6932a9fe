"""The list of what customers wrote, and one mail in full, with what it seems to ask."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.conversation.models import Answer, AnswerState, BankChange, ChangeState
from encours.core.errors import EncoursError, NotFound, gettext_noop
from encours.customers import queries as customers
from encours.messaging import inbound_queries as inbound
from encours.messaging import queries as messaging
from encours.messaging.models import Filing, HoldUntil, InboundMail, MailAttachment, Reply
from encours.messaging.rules.inbound import mail as mails
from encours.messaging.rules.inbound import quoting

TABS = ("unread", "open", "drafts", "all")
SHOWN_LETTERS_MAX = 40_000


class ReplyNotFound(NotFound):
    """No such answer, or not one this person sees."""

    message = gettext_noop("There is no such mail.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is looked at: the tab, whose customers, words in it, and from where on."""

    tab: str = "unread"
    # whose customers alone: a person's, and those of whom they stand in for; empty: everybody's
    owner_ids: tuple[int, ...] = ()
    text: str = ""
    before: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wait in each tab."""

    unread: int
    open: int
    drafts: int
    triage: int
    bank: int


def _replies(scope: Scope, owner_ids: Collection[int] = ()) -> QuerySet[Reply]:
    found = Reply.objects.filter(organisation_id=scope.organisation_id)
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return found.filter(customer__collector_id__in=owner_ids) if owner_ids else found


def listed(wanted: Wanted, *, scope: Scope, limit: int) -> Sequence[Reply]:
    """The answers of a tab, the latest first."""
    found = _of_tab(_replies(scope, wanted.owner_ids), wanted.tab, scope)
    for word in wanted.text.split()[:6]:
        found = found.filter(
            Q(subject__icontains=word)
            | Q(text__icontains=word)
            | Q(from_email__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(customer__number__icontains=word)
        )
    if wanted.before is not None:
        at, pk = wanted.before
        found = found.filter(Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk))
    return list(found.select_related("customer").order_by("-received_at", "-pk")[:limit])


def _of_tab(found: QuerySet[Reply], tab: str, scope: Scope) -> QuerySet[Reply]:
    if tab == "unread":
        return found.filter(read_at=None)
    if tab == "open":
        return found.filter(freed_at=None)
    if tab == "drafts":
        waiting = Answer.objects.filter(organisation_id=scope.organisation_id, state=AnswerState.DRAFT)
        return found.filter(pk__in=waiting.values("reply_id"))
    return found


def counts(scope: Scope, *, owner_ids: Collection[int] = ()) -> Counts:
    """How many wait in each tab; the triage is everybody's but for those who see a part only."""
    found = _replies(scope, owner_ids)
    whole = not scope.own_portfolio_only
    changes = BankChange.objects.filter(
        organisation_id=scope.organisation_id, state__in=[ChangeState.OPEN, ChangeState.CALLED]
    )
    if not whole:
        changes = changes.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    triage = InboundMail.objects.filter(organisation_id=scope.organisation_id, filing=Filing.TRIAGE)
    holds_longer = inbound.hold_until(scope.organisation_id) == HoldUntil.ANSWERED
    return Counts(
        unread=found.filter(read_at=None).count(),
        open=found.filter(freed_at=None).count() if holds_longer else 0,
        drafts=_of_tab(found, "drafts", scope).count(),
        triage=triage.count() if whole else 0,
        bank=changes.count(),
    )


def reply(reply_id: int, *, scope: Scope) -> Reply:
    """One answer a person may see."""
    found = _replies(scope).select_related("customer__collector", "message", "answer").filter(pk=reply_id).first()
    if found is None:
        raise ReplyNotFound
    return found


def mail_of(one: Reply) -> InboundMail | None:
    """The mail an answer came as; None for one that was typed in."""
    return InboundMail.objects.filter(organisation_id=one.organisation_id, key=one.key).first()


def mail(mail_id: int, *, scope: Scope) -> InboundMail:
    """One mail a person may see: their customers' mails; the triage only for those who see everything."""
    found = InboundMail.objects.filter(organisation_id=scope.organisation_id, pk=mail_id)
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    row = found.select_related("customer", "message").first()
    if row is None:
        raise ReplyNotFound
    return row


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail to be read: what was newly written, how it is signed, what it quotes, its HTML and its files."""

    text: str
    signature: str
    quoted: str
    has_html: bool
    files: Sequence[MailAttachment]
    may_show_source: bool


def opened(one: InboundMail) -> Opened:
    """The mail in parts, read within limits; one that cannot be read shows nothing but its source."""
    files = list(MailAttachment.objects.filter(organisation_id=one.organisation_id, mail=one).order_by("position"))
    # the source carries every file in it
    is_harmless = all(inbound.may_open(file) for file in files if file.state != "refused") and not any(
        file.state == "infected" for file in files
    )
    try:
        received = mails.read(bytes(one.raw))
    except EncoursError:
        return Opened("", "", "", False, files, is_harmless)
    folded = quoting.fold(received.text[:SHOWN_LETTERS_MAX])
    return Opened(
        folded.text or received.text[:SHOWN_LETTERS_MAX],
        folded.signature,
        folded.quoted,
        bool(mails.html_of(received)),
        files,
        is_harmless,
    )


def html_of(one: InboundMail) -> str:
    """The mail's HTML without anything that could run, be sent or call home."""
    return messaging.safe_html(mails.html_of(mails.read(bytes(one.raw))))


def file_content(one: InboundMail, position: int) -> tuple[MailAttachment, bytes] | None:
    """A file of a mail that may be handed out, with its bytes; None for any other."""
    file = MailAttachment.objects.filter(organisation_id=one.organisation_id, mail=one, position=position).first()
    if file is None or not inbound.may_open(file):
        return None
    content = mails.attachment_content(bytes(one.raw), file.sha256)
    return (file, content) if content is not None else None
