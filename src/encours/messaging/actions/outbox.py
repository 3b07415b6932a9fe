"""Queue messages, and settle by hand what only a person can: cancel, try again, say what became of a doubt."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import Conflict, EncoursError, NotFound, gettext_noop
from encours.messaging import queries
from encours.messaging.actions.templates import TemplateUnknown
from encours.messaging.models import Message, MessageAttachment, MessageContent, MessageEvent, State
from encours.messaging.rules import context as contexts
from encours.messaging.rules import postal
from encours.messaging.rules.channels import EMAIL, PAPER, SMS, ChannelUnfit, kind_of
from encours.messaging.rules.delivery import NEXT
from encours.messaging.rules.mime import AddressUnusable, HeaderUnsafe, is_safe, wire_address
from encours.messaging.rules.phones import e164
from encours.messaging.rules.values import Address, Attachment, Draft, Json, Sender


class MessageUnknown(NotFound):
    """No such message in this organisation."""

    message = gettext_noop("There is no such message.")


class MessageMoved(Conflict):
    """The message is no longer in a state that allows this."""

    message = gettext_noop("This message is now “{state}”: this can no longer be done.")


class NothingToSend(Conflict):
    """A message was refused before it was written, so there is nothing to send again."""

    message = gettext_noop("This message was never written: correct its cause and let the scenario make a new one.")


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of a batch of drafts: the message of each key, and why some were not taken."""

    ids: Mapping[str, int]
    refused: Mapping[str, EncoursError]


def queue_message(
    *,
    organisation_id: int,
    key: str,
    kind: str,
    customer_id: int,
    sender: Sender,
    to: Sequence[Address],
    template_key: str,
    language: str,
    context: Json,
    by: Actor,
    send_after: datetime,
    cc: Sequence[Address] = (),
    channel: str = EMAIL,
    attachments: Sequence[Attachment] = (),
    now: datetime | None = None,
) -> int:
    """Queue one message and return its id; the same key gives the same message, however often it is asked for.

    Refuses an address nobody can be reached at by the channel, a template that does not exist or is written for
    another channel, a context without what it must have.
    """
    draft = Draft(
        key, kind, customer_id, sender, to, template_key, language, context, send_after, cc, channel, attachments
    )
    queued = queue_messages(organisation_id=organisation_id, drafts=[draft], by=by, now=now)
    if key in queued.refused:
        raise queued.refused[key]
    return queued.ids[key]


@transaction.atomic
def queue_messages(*, organisation_id: int, drafts: Sequence[Draft], by: Actor, now: datetime | None = None) -> Queued:
    """Queue many messages at once; a faulty draft is told by its key and does not stop the others.

    `now` is the moment of queueing when it is not that of the transaction, as in a replayed history.
    """
    stamp = {"at": now} if now else {}
    versions = queries.current_version_ids(organisation_id)
    kinds = queries.template_channels(organisation_id)
    rows, refused = [], {}
    for draft in drafts:
        try:
            _check(draft, kinds)
            rows.append(_row(organisation_id, draft, versions, by))
        except EncoursError as error:
            refused[draft.key] = error
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    found = Message.objects.filter(organisation_id=organisation_id, key__in=[row.key for row in rows])
    ids = {key: (pk, state) for key, pk, state in found.values_list("key", "pk", "state")}
    due = {row.key: row.send_after for row in rows}
    fresh = [(pk, due[key]) for key, (pk, state) in ids.items() if state == ""]
    MessageEvent.objects.bulk_create(
        [
            MessageEvent(
                organisation_id=organisation_id,
                message_id=pk,
                state=State.QUEUED,
                due_at=due_at,
                **stamp,
                actor_id=by.user_id,
                actor_name=by.name,
            )
            for pk, due_at in fresh
        ],
        batch_size=1000,
    )
    _attach(organisation_id, drafts, {key: pk for key, (pk, state) in ids.items() if state == ""})
    if fresh:
        access.record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="messages_queued",
            subject_kind="message",
            subject_id=str(fresh[0][0]) if len(fresh) == 1 else "",
            why="",
            details={"count": len(fresh), "first": fresh[0][0], "last": fresh[-1][0]},
        )
    return Queued({key: pk for key, (pk, _) in ids.items()}, refused)


def _attach(organisation_id: int, drafts: Sequence[Draft], fresh: Mapping[str, int]) -> None:
    MessageAttachment.objects.bulk_create(
        MessageAttachment(
            organisation_id=organisation_id,
            message_id=fresh[draft.key],
            position=position,
            name=one.name,
            media_type=one.media_type,
            content=one.content,
            sha256=hashlib.sha256(one.content).digest(),
        )
        for draft in drafts
        if draft.key in fresh
        for position, one in enumerate(draft.attachments, start=1)
    )


def _check(draft: Draft, kinds: Mapping[str, str]) -> None:
    kind = kind_of(draft.channel)
    if draft.template_key in kinds and kinds[draft.template_key] != kind:
        raise ChannelUnfit(key=draft.template_key, channel=draft.channel)
    if not draft.to:
        raise AddressUnusable(address="")
    for address in [*draft.to, *draft.cc]:
        _check_address(address, draft.channel)
        if not is_safe(address.name):
            raise HeaderUnsafe(header="To")
    for attachment in draft.attachments:
        if not is_safe(attachment.name):
            raise HeaderUnsafe(header="Content-Disposition")
    contexts.typed(draft.context)


def _check_address(address: Address, channel: str) -> None:
    """Whether the channel reaches this address: e-mails a mailbox, SMS a mobile, letters a postal address."""
    if channel in PAPER:
        postal.window(address.name, address.lines)
    elif channel == SMS:
        e164(address.phone, address.country)
    else:
        wire_address(address.email)


def _row(organisation_id: int, draft: Draft, versions: Mapping[tuple[str, str], int], by: Actor) -> Message:
    languages = (draft.language, "fr", "en")
    version = next((versions[draft.template_key, at] for at in languages if (draft.template_key, at) in versions), None)
    if version is None:
        raise TemplateUnknown(key=draft.template_key)
    return Message(
        organisation_id=organisation_id,
        key=draft.key,
        channel=draft.channel,
        kind=draft.kind,
        customer_id=draft.customer_id,
        template_version_id=version,
        sender_user_id=draft.sender.user_id,
        sender_entity_id=draft.sender.entity_id,
        to=[_reached(address, draft.channel).as_json() for address in draft.to],
        cc=[address.as_json() for address in draft.cc],
        context=draft.context,
        send_after=draft.send_after,
        actor_id=by.user_id,
        actor_name=by.name,
    )


def _reached(address: Address, channel: str) -> Address:
    return replace(address, phone=e164(address.phone, address.country)) if channel == SMS else address


@transaction.atomic
def cancel_message(*, organisation_id: int, message_id: int, why: str, by: Actor) -> None:
    """Keep a message from leaving; refused once it is being handed over or has left."""
    _move(organisation_id, message_id, State.CANCELLED, why=why, by=by, verb="message_cancelled", now=None)


@transaction.atomic
def settle_in_doubt(
    *, organisation_id: int, message_id: int, was_sent: bool, why: str, by: Actor, now: datetime
) -> None:
    """Say what became of a message in doubt: it had left, or it had not and is to be sent, with the same identity."""
    message = _locked(organisation_id, message_id)
    if message.state != State.IN_DOUBT:
        raise MessageMoved(state=message.get_state_display())
    state = State.SENT if was_sent else State.RENDERED
    _move(organisation_id, message_id, state, why=why, by=by, verb="message_doubt_settled", now=now)


@transaction.atomic
def try_again(*, organisation_id: int, message_id: int, why: str, by: Actor, now: datetime) -> None:
    """Send a refused message again as it was written, once its cause is mended."""
    message = _locked(organisation_id, message_id)
    if message.state != State.REFUSED:
        raise MessageMoved(state=message.get_state_display())
    if not MessageContent.objects.filter(organisation_id=organisation_id, message_id=message_id).exists():
        raise NothingToSend
    _move(organisation_id, message_id, State.RENDERED, why=why, by=by, verb="message_tried_again", now=now)


def _locked(organisation_id: int, message_id: int) -> Message:
    found = Message.objects.select_for_update().filter(organisation_id=organisation_id, pk=message_id).first()
    if found is None:
        raise MessageUnknown
    return found


def _move(
    organisation_id: int, message_id: int, state: State, *, why: str, by: Actor, verb: str, now: datetime | None
) -> None:
    message = _locked(organisation_id, message_id)
    if state not in NEXT[message.state]:
        raise MessageMoved(state=message.get_state_display())
    MessageEvent.objects.create(
        organisation_id=organisation_id,
        message_id=message_id,
        state=state,
        attempt=message.attempts,
        due_at=now if state == State.RENDERED else None,
        detail={"why": why},
        actor_id=by.user_id,
        actor_name=by.name,
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=verb,
        subject_kind="message",
        subject_id=str(message_id),
        why=why,
        details={"state": str(state)},
    )
