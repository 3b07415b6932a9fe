"""Read templates, accounts and messages for screens, the API and the worker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from typing import Any

import nh3
from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext

from encours.access.rules import Scope
from encours.core import secrets
from encours.core.errors import EncoursError, NotFound, Refused, Unavailable, gettext_noop
from encours.customers.queries import in_scope_with_merged
from encours.messaging.models import (
    ChannelSwitch,
    Gateway,
    MailAccount,
    MailProvider,
    Message,
    MessageAttachment,
    MessageContent,
    MessageEvent,
    MessageReport,
    OAuthClient,
    Reply,
    SignIn,
    State,
    Suppression,
    Template,
    TemplateVersion,
)
from encours.messaging.rules import wording
from encours.messaging.rules.channels import EMAIL, REGISTERED_LETTER, SMS
from encours.messaging.rules.gateway import GatewayAccess
from encours.messaging.rules.letters import BLOCKS
from encours.messaging.rules.oauth import OAuthAccess
from encours.messaging.rules.server import Server
from encours.messaging.rules.values import Attachment, Json, Letter, Wording

WAITING_FOR_END = timedelta(days=3)  # networks try no longer
WAITING_MAX = 500
NEEDS_A_PERSON = (State.IN_DOUBT, State.REFUSED, State.HANDING_OVER)


class MessageNotFound(NotFound):
    """No such message, or none the reader may see."""

    message = gettext_noop("There is no such message.")


class ConnectionLost(Unavailable):
    """A mailbox connected by OAuth has to be connected again by its owner."""

    message = gettext_noop("The mailbox {email} is no longer connected: its owner connects it again in the settings.")


class OAuthClientMissing(Refused):
    """No application is registered with the provider."""

    message = gettext_noop("No application is registered with {provider}: an administrator adds it in the settings.")


class TemplateNotFound(NotFound):
    """No such template in this language."""

    message = gettext_noop("There is no template “{key}” in this language.")


# templates ----------------------------------------------------------------------------------------------------------


def current_version_ids(organisation_id: int) -> dict[tuple[str, str], int]:
    """The version in force of each template and language, by key and language."""
    latest = (
        TemplateVersion.objects.filter(organisation_id=organisation_id)
        .order_by("template_id", "language", "-pk")
        .distinct("template_id", "language")
    )
    return {(key, language): pk for key, language, pk in latest.values_list("template__key", "language", "pk")}


def template_channels(organisation_id: int) -> dict[str, str]:
    """What each template is written for, by its key: email, sms or letter."""
    return dict(Template.objects.filter(organisation_id=organisation_id).values_list("key", "channel"))


def templates_naming(paths: Iterable[str], *, organisation_id: int) -> set[str]:
    """The keys of the templates whose wording in force, in any language, names one of these variables."""
    ids = current_version_ids(organisation_id).values()
    holds = Q()
    for path in paths:
        holds |= Q(subject__contains=path) | Q(mjml__contains=path) | Q(text__contains=path)
    rows = TemplateVersion.objects.filter(holds, organisation_id=organisation_id, pk__in=list(ids))
    return set(rows.values_list("template__key", flat=True))


def wording_of(version: TemplateVersion) -> Wording:
    """What a version says, as a value."""
    return Wording(version.language, version.subject, version.mjml, version.text, version.template.channel)


def current_version(key: str, *, organisation_id: int, language: str) -> TemplateVersion:
    """The version of a template in force in a language."""
    found = (
        TemplateVersion.objects.filter(organisation_id=organisation_id, template__key=key, language=language)
        .select_related("template")
        .order_by("-pk")
        .first()
    )
    if found is None:
        raise TemplateNotFound(key=key)
    return found


def templates(organisation_id: int) -> Sequence[Template]:
    """The organisation's templates, each with `latest`: its versions in force, one a language."""
    found = list(Template.objects.filter(organisation_id=organisation_id).order_by("pk"))
    ids = current_version_ids(organisation_id).values()
    versions: dict[int, list[TemplateVersion]] = {}
    for version in TemplateVersion.objects.filter(pk__in=ids).order_by("-language"):
        versions.setdefault(version.template_id, []).append(version)
    for template in found:
        template.latest = versions.get(template.pk, [])  # type: ignore[attr-defined]  # set for the list
    return found


def template_versions(key: str, *, organisation_id: int, language: str) -> QuerySet[TemplateVersion]:
    """Everything a template said in a language, the latest first."""
    return TemplateVersion.objects.filter(
        organisation_id=organisation_id, template__key=key, language=language
    ).order_by("-pk")


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as its reader would get it, or what keeps it from being written."""

    letter: Letter | None
    problem: EncoursError | None


def preview(words: Wording, context: Json) -> Preview:
    """Try a text on a context, real or the sample of `rules.sample`; nothing is written."""
    try:
        wording.variables(words)
        return Preview(wording.render(words, context), None)
    except EncoursError as error:
        return Preview(None, error)


# accounts -----------------------------------------------------------------------------------------------------------


def accounts(organisation_id: int) -> QuerySet[MailAccount]:
    """The organisation's mail accounts with their owners; the organisation's own comes first."""
    found = MailAccount.objects.filter(organisation_id=organisation_id).select_related("user", "entity")
    return found.order_by("user_id", "entity_id")


def server_of(account: MailAccount) -> Server:
    """The account's server with its password in clear, for signing in."""
    password = ""
    if account.password_encrypted:
        keys = secrets.configured_keys(settings.ENCOURS_HOME)
        password = secrets.decrypt(account.password_encrypted, keys=keys)
    return Server(account.host, account.port, account.security, account.username, password, token_of(account))


def token_of(account: MailAccount) -> str:
    """The account's token in clear, empty for one that signs in by password; refuses when its owner must connect."""
    if account.sign_in == SignIn.PASSWORD:
        return ""
    if account.token_problem or not account.access_token_encrypted:
        raise ConnectionLost(retry=False, email=account.from_email)
    keys = secrets.configured_keys(settings.ENCOURS_HOME)
    return secrets.decrypt(account.access_token_encrypted, keys=keys)


def oauth_clients(organisation_id: int) -> dict[str, OAuthClient]:
    """The applications registered with providers, by provider."""
    return {one.provider: one for one in OAuthClient.objects.filter(organisation_id=organisation_id)}


def oauth_access(provider: str, *, organisation_id: int) -> OAuthAccess:
    """The application registered with a provider, its secret in clear; refuses when there is none."""
    client = oauth_clients(organisation_id).get(provider)
    if client is None:
        raise OAuthClientMissing(provider=provider.capitalize())
    keys = secrets.configured_keys(settings.ENCOURS_HOME)
    secret = secrets.decrypt(client.client_secret_encrypted, keys=keys)
    return OAuthAccess(provider, client.client_id, secret, client.tenant)


def gateways(organisation_id: int) -> dict[str, Gateway]:
    """The provider in use for each channel that goes through one."""
    found = Gateway.objects.filter(organisation_id=organisation_id, is_active=True)
    return {gateway.channel: gateway for gateway in found}


def gateways_of(organisation_id: int) -> dict[str, Gateway]:
    """The provider of each channel, in use or not, for the settings."""
    return {gateway.channel: gateway for gateway in Gateway.objects.filter(organisation_id=organisation_id)}


def mail_provider(provider: str, *, organisation_id: int) -> MailProvider | None:
    """What is known of a provider that reports by webhook, while it is in use."""
    found = MailProvider.objects.filter(organisation_id=organisation_id, provider=provider, is_active=True)
    return found.first()


def mail_providers(organisation_id: int) -> list[MailProvider]:
    """The providers that may report, by name."""
    return list(MailProvider.objects.filter(organisation_id=organisation_id).order_by("provider"))


def secret_of(provider: MailProvider) -> str:
    """The provider's secret in clear."""
    keys = secrets.configured_keys(settings.ENCOURS_HOME)
    return secrets.decrypt(provider.secret_encrypted, keys=keys)


def without_end(channel: str, *, organisation_id: int, now: datetime) -> list[str]:
    """References of messages that a provider took in the last days and of which no end is known, the latest first."""
    ends = ["delivered", "undeliverable", "bounced_hard"]
    ended = MessageReport.objects.filter(organisation_id=organisation_id, message_id=OuterRef("pk"), kind__in=ends)
    waiting = Message.objects.filter(
        organisation_id=organisation_id, channel=channel, state=State.SENT, state_at__gte=now - WAITING_FOR_END
    ).exclude(Exists(ended))
    return list(waiting.order_by("-pk").values_list("content__message_id_header", flat=True)[:WAITING_MAX])


def access_of(gateway: Gateway) -> GatewayAccess:
    """How to get in at a provider, its secret in clear."""
    secret = ""
    if gateway.secret_encrypted:
        keys = secrets.configured_keys(settings.ENCOURS_HOME)
        secret = secrets.decrypt(gateway.secret_encrypted, keys=keys)
    return GatewayAccess(gateway.channel, gateway.adapter, gateway.settings, secret, gateway.sender)


def attachments_of(message_ids: Sequence[int], *, organisation_id: int) -> dict[int, list[Attachment]]:
    """The files that go with messages, in their order."""
    found: dict[int, list[Attachment]] = {}
    rows = MessageAttachment.objects.filter(organisation_id=organisation_id, message_id__in=message_ids)
    for row in rows.order_by("message_id", "position"):
        found.setdefault(row.message_id, []).append(Attachment(row.name, row.media_type, bytes(row.content)))
    return found


def print_order(letter: Message) -> tuple[bool, str, str, int]:
    """Where a letter stands in a batch: registered ones first, then by the last line of the address and the name."""
    to = letter.to[0]
    lines = to.get("lines") or [""]
    return letter.channel != REGISTERED_LETTER, lines[-1], to.get("name", ""), letter.pk


def is_channel_open(channel: str, *, organisation_id: int) -> bool:
    """Whether the channel may send, as its switch says; without a switch it may."""
    return not ChannelSwitch.objects.filter(organisation_id=organisation_id, channel=channel, is_open=False).exists()


def switches(organisation_id: int) -> QuerySet[ChannelSwitch]:
    """The switches that were ever used, with who used them and why."""
    return ChannelSwitch.objects.filter(organisation_id=organisation_id).order_by("channel")


def suppressed(emails: Sequence[str], *, organisation_id: int) -> set[str]:
    """Those of the addresses that must not be written to, in lower case."""
    lowered = {email.lower() for email in emails}
    found = Suppression.objects.filter(organisation_id=organisation_id, email__in=lowered)
    return set(found.values_list("email", flat=True))


def suppressions(organisation_id: int) -> QuerySet[Suppression]:
    """The addresses not to write to, the latest first."""
    return Suppression.objects.filter(organisation_id=organisation_id).order_by("-pk")


# messages -----------------------------------------------------------------------------------------------------------


def messages(
    scope: Scope,
    *,
    states: Sequence[str] = (),
    account_ids: Sequence[int] = (),
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[Message]:
    """Messages a person may see, the latest first, with their customer and subject; the next page begins `before_id`.

    Each has `subject` (empty until it is written) and `reason`, the detail of its last event.
    """
    found = visible_messages(scope).select_related("customer", "template_version__template").defer("context")
    if states:
        found = found.filter(state__in=states)
    if account_ids:
        found = found.filter(customer_id__in=account_ids)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    last = MessageEvent.objects.filter(organisation_id=scope.organisation_id, message_id=OuterRef("pk"))
    return list(
        found.annotate(
            subject=Subquery(Message.objects.filter(pk=OuterRef("pk")).values("content__subject")[:1]),
            reason=Subquery(last.order_by("-pk").values("detail")[:1]),
        ).order_by("-pk")[:limit]
    )


def visible_messages(scope: Scope) -> QuerySet[Message]:
    """The messages a person may see."""
    found = Message.objects.filter(organisation_id=scope.organisation_id)
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=in_scope_with_merged(scope).values("pk"))
    if scope.entity_ids:
        found = found.filter(Q(sender_entity_id__in=scope.entity_ids) | Q(sender_entity_id__isnull=True))
    return found


def state_counts(scope: Scope) -> dict[str, int]:
    """How many messages are in each state, for the tabs of the list."""
    counted = visible_messages(scope).order_by().values_list("state").annotate(count=Count("pk"))
    return dict(counted)


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in full: what was sent byte for byte, and everything that happened to it."""

    message: Message
    events: Sequence[MessageEvent]
    subject: str
    html: str
    text: str
    raw: bytes
    headers: Sequence[tuple[str, str]]
    attachments: Sequence[Attachment] = ()
    reports: Sequence[MessageReport] = ()


def message_in_full(message_id: int, *, scope: Scope) -> MessageView:
    """One message with its events; before it is written, what it would say today.

    The HTML is made safe to show, yet belongs in a sandboxed frame all the same.
    """
    message = (
        visible_messages(scope)
        .select_related("customer", "template_version__template", "content__account")
        .filter(pk=message_id)
        .first()
    )
    if message is None:
        raise MessageNotFound
    events = list(MessageEvent.objects.filter(organisation_id=scope.organisation_id, message=message).order_by("pk"))
    files = attachments_of([message_id], organisation_id=scope.organisation_id).get(message_id, [])
    reports = list(MessageReport.objects.filter(organisation_id=scope.organisation_id, message=message).order_by("at"))
    raw = bytes(message.content.raw) if hasattr(message, "content") else b""
    if not raw or message.channel != EMAIL:
        shown = preview(wording_of(message.template_version), message.context)
        letter = shown.letter or Letter("", "", "")
        text = raw.decode() if raw and message.channel == SMS else plain_text(letter.text)
        return MessageView(
            message, events, letter.subject, safe_html(letter.html), text, raw, (), attachments=files, reports=reports
        )
    parsed = message_from_bytes(raw, policy=default_policy)
    headers = [(name, str(value)) for name, value in parsed.items()]
    return MessageView(
        message,
        events,
        message.content.subject,
        safe_html(_body(parsed, "html")),
        _body(parsed, "plain"),
        raw,
        headers,
        files,
        reports,
    )


def texts_of(message_ids: Sequence[int], *, organisation_id: int) -> dict[int, str]:
    """What messages say, in plain words: the text part of e-mails, the text of SMS; of letters their subject."""
    found = MessageContent.objects.filter(organisation_id=organisation_id, message_id__in=message_ids)
    texts = {}
    for message_id, raw, media_type, subject in found.values_list("message_id", "raw", "media_type", "subject"):
        if media_type == "message/rfc822":
            texts[message_id] = _body(message_from_bytes(bytes(raw), policy=default_policy), "plain")
        else:
            texts[message_id] = bytes(raw).decode() if media_type == "text/plain" else subject
    return texts


def plain_text(text: str) -> str:
    """A letter's text without the marks that stand for its tables."""
    return BLOCKS.sub("", text)


def _body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


_TAGS = nh3.ALLOWED_TAGS | {"html", "head", "body", "style", "title", "meta", "center", "font"}
_ATTRIBUTES: dict[str, set[str]] = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"style", "class", "align", "valign", "width", "height", "bgcolor", "role", "lang", "dir", "title"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}


def safe_html(html: str) -> str:
    """The HTML of a letter without anything that could run or call home: scripts, forms, event handlers."""
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, clean_content_tags={"script", "style"} - _TAGS, url_schemes=_SCHEMES
    )


_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}


def states_of(keys: Sequence[str], *, organisation_id: int) -> Mapping[str, str]:
    """The state of each message by its key; a key never queued is absent."""
    found = Message.objects.filter(organisation_id=organisation_id, key__in=keys)
    return dict(found.values_list("key", "state"))


def states_of_keys_like(start: str, *, organisation_id: int) -> dict[str, int]:
    """How many of the messages whose key begins so are in each state."""
    found = Message.objects.filter(organisation_id=organisation_id, key__startswith=start).order_by()
    return dict(found.values_list("state").annotate(count=Count("pk")))


def unread_replies(organisation_id: int) -> Mapping[int, int]:
    """How many answers nobody has read yet, by customer."""
    unread = Reply.objects.filter(organisation_id=organisation_id, read_at=None).order_by()
    return dict(unread.values_list("customer_id").annotate(count=Count("pk")))


def replies(scope: Scope, *, account_ids: Sequence[int] = (), limit: int = 50) -> Sequence[Reply]:
    """Customers' answers a person may see, unread first, then the latest."""
    found = Reply.objects.filter(organisation_id=scope.organisation_id).select_related("customer")
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=in_scope_with_merged(scope).values("pk"))
    if account_ids:
        found = found.filter(customer_id__in=account_ids)
    return list(found.order_by(F("read_at").desc(nulls_first=True), "-received_at")[:limit])


def mailbox(scope: Scope, *, before_id: int | None = None, limit: int = 50) -> Sequence[Message]:
    """What the sandbox caught of the messages a person may see, the latest first: the demo's mailbox page."""
    found = visible_messages(scope).filter(state=State.CAUGHT).select_related("customer", "content")
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.defer("context", "content__raw").order_by("-pk")[:limit])


def reason_in_words(detail: Mapping[str, Any]) -> str:
    """What an event's detail says, in the reader's language: a refusal, a person's reason, or the server's answer."""
    if says := detail.get("says"):
        return gettext(str(says)).format_map({key: str(value) for key, value in detail.get("data", {}).items()})
    if reason := detail.get("reason"):
        return gettext(str(reason))
    return str(detail.get("why") or detail.get("answer") or "")
