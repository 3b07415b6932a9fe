"""Deliver what is due: write each message once, hand it over once, and say truthfully how that ended."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from encours.access import actions as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.core.errors import EncoursError, Unavailable, gettext_noop, jsonable
from encours.messaging import queries
from encours.messaging.actions.accounts import suppress
from encours.messaging.actions.contents import Making
from encours.messaging.models import Gateway, MailAccount, Message, MessageContent, MessageEvent, State
from encours.messaging.rules import delivery
from encours.messaging.rules.channels import CHANNELS, EMAIL, GATEWAYS, PAPER
from encours.messaging.rules.delivery import HandedOver
from encours.messaging.rules.gateway import Gateway as OpenedGateway
from encours.messaging.rules.gateway import OpenGateway, Parcel
from encours.messaging.rules.server import Carrier, Connect
from encours.messaging.rules.values import NO_QUIET, Quiet

BATCH = 50
DELIVERY = Actor.system("messages")
NO_ACCOUNT = gettext_noop("There is no mail account to write from: add one in the settings.")
CRASHED = gettext_noop("The worker stopped before the mail server’s answer was recorded.")
NO_GATEWAY = gettext_noop("No provider is chosen for this channel: choose one in the settings.")

type Recheck = Callable[[Sequence[int]], Mapping[int, str]]
type _Entry = tuple[Message, str, dict[str, Any], datetime | None]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many messages entered each state during a delivery, and whether the channel was closed."""

    states: Mapping[str, int]
    is_channel_open: bool = True


@dataclass(slots=True)
class _Run:
    """One delivery: its organisation, its moment, the servers it has open, what it did."""

    organisation_id: int
    now: datetime
    connect: Connect | None
    open_gateway: OpenGateway | None
    worker: int
    quiet: Quiet
    catches: bool
    accounts: Mapping[int, MailAccount]
    gateways: Mapping[str, Gateway]
    channels: Sequence[str]
    counts: Counter[str] = field(default_factory=Counter)
    carriers: dict[int, Carrier] = field(default_factory=dict)
    open_gateways: dict[str, OpenedGateway] = field(default_factory=dict)
    unreachable: dict[int | str, str] = field(default_factory=dict)
    refused_recipients: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message whose hand-over is committed as begun."""

    message_id: int
    attempt: int
    channel: str
    account_id: int | None
    parcel: Parcel


def deliver_due(
    *,
    organisation_id: int,
    now: datetime,
    limit: int,
    connect: Connect | None,
    recheck: Recheck | None = None,
    quiet: Quiet = NO_QUIET,
    open_gateway: OpenGateway | None = None,
) -> DeliveryReport:
    """Write and hand over up to `limit` messages that are due; what a dead worker left open becomes in doubt first.

    Each message is committed as being handed over before the server sees it, and its end is committed after: a crash
    in between leaves it in doubt, to be settled by a person, never sent again alone. Several workers may run this at
    once. In a sandbox, or without `connect`, messages are caught instead of handed over. `recheck` is asked about
    each batch at the last moment: it answers which messages are withdrawn, and why. What is `quiet` waits, because it
    is no hour to write. Letters on paper are written and wait to be printed; SMS and electronic registered letters go
    through `open_gateway`.
    """
    sweep_in_doubt(organisation_id=organisation_id)
    channels = [one for one in CHANNELS if queries.is_channel_open(one, organisation_id=organisation_id)]
    with _at_work() as worker:
        run = _Run(
            organisation_id=organisation_id,
            now=now,
            connect=connect,
            open_gateway=open_gateway,
            worker=worker,
            quiet=quiet,
            catches=connect is None or Organisation.objects.get(pk=organisation_id).sandbox,
            accounts={account.pk: account for account in queries.accounts(organisation_id) if account.is_active},
            gateways=queries.gateways(organisation_id),
            channels=channels,
        )
        try:
            _deliver(run, limit, recheck)
        finally:
            for carrier in run.carriers.values():
                carrier.close()
            for gateway in run.open_gateways.values():
                gateway.close()
    _suppress_unknown(run)
    if run.counts:
        with transaction.atomic():
            access.record_audit(
                by=DELIVERY,
                organisation_id=organisation_id,
                verb="messages_delivered",
                subject_kind="message",
                subject_id="",
                why="",
                details=dict(run.counts),
            )
    return DeliveryReport(dict(run.counts), is_channel_open=EMAIL in channels)


def _suppress_unknown(run: _Run) -> None:
    """A mailbox that its own server says does not exist is written to no more."""
    for email, answer in run.refused_recipients.items():
        if delivery.says_unknown_mailbox(answer):
            suppress(organisation_id=run.organisation_id, email=email, reason="bounced", by=DELIVERY, detail=answer)


@contextmanager
def _at_work() -> Iterator[int]:
    """Hold the lock of a worker number for as long as this process lives, so that others see when it does not."""
    worker = secrets.randbits(62)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [worker])
    try:
        yield worker
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [worker])


def _deliver(run: _Run, limit: int, recheck: Recheck | None) -> None:
    left = limit
    while left > 0:
        seen, ready = _write_batch(run, min(left, BATCH), recheck)
        if not seen:
            ready = _ready_ids(run, min(left, BATCH), recheck)
        if not seen and not ready:
            return
        if not run.catches and not _hand_over_all(run, ready):
            return
        left -= max(seen, len(ready))


def _ready_ids(run: _Run, limit: int, recheck: Recheck | None) -> list[int]:
    """Messages written earlier that wait for their turn or their next try; a sandbox catches them here.

    They are looked at again: while a server was out of reach, the invoice may have been paid.
    """
    found = Message.objects.filter(
        organisation_id=run.organisation_id,
        state__in=[State.RENDERED, State.FAILED],
        due_at__lte=run.now,
        channel__in=[channel for channel in run.channels if run.catches or channel not in PAPER],
    ).exclude(
        Q(content__account_id__in=[way for way in run.unreachable if isinstance(way, int)])
        | Q(channel__in=[way for way in run.unreachable if isinstance(way, str)])
        | _is_quiet(run.quiet)
    )
    ids = list(found.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])
    if ids and recheck:
        withdrawn = _withdraw(run, ids, recheck)
        ids = [pk for pk in ids if pk not in withdrawn]
        if not ids and withdrawn:
            return _ready_ids(run, limit, recheck)
    if run.catches and ids:
        _catch(run, ids)
    return ids


def _is_quiet(quiet: Quiet) -> Q:
    by_our_clock = Q(kind__in=quiet.kinds)
    if quiet.own:
        by_our_clock &= ~Q(customer_id__in=quiet.own)
    return by_our_clock | Q(kind__in=quiet.own_kinds, customer_id__in=quiet.asleep)


@transaction.atomic
def _withdraw(run: _Run, ids: Sequence[int], recheck: Recheck) -> set[int]:
    found = Message.objects.filter(
        organisation_id=run.organisation_id, pk__in=ids, state__in=[State.RENDERED, State.FAILED]
    )
    waiting = list(found.order_by("pk").select_for_update(skip_locked=True))
    reasons = recheck([message.pk for message in waiting])
    fallen = [message for message in waiting if message.pk in reasons]
    _enter(run, [(message, State.CANCELLED, {"reason": reasons[message.pk]}, None) for message in fallen])
    return {message.pk for message in fallen}


@transaction.atomic
def _catch(run: _Run, ids: Sequence[int]) -> None:
    found = Message.objects.filter(
        organisation_id=run.organisation_id, pk__in=ids, state__in=[State.RENDERED, State.FAILED]
    )
    ready = list(found.order_by("pk").select_for_update(skip_locked=True))
    _enter(run, [(message, State.CAUGHT, {}, None) for message in ready])


# write --------------------------------------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def _write_batch(run: _Run, limit: int, recheck: Recheck | None) -> tuple[int, list[int]]:
    """Write the next queued messages: their bytes are stored, or the reason why they are held or refused.

    Returns how many were looked at, and which of them are ready to leave.
    """
    found = Message.objects.filter(
        organisation_id=run.organisation_id,
        state__in=[State.QUEUED, State.HELD],
        due_at__lte=run.now,
        channel__in=run.channels,
    )
    due = list(
        found.exclude(_is_quiet(run.quiet))
        .select_related("template_version__template")
        .order_by("due_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    if not due:
        return 0, []
    withdrawn = dict(recheck([message.pk for message in due])) if recheck else {}
    emails = [address["email"] for message in due for address in [*message.to, *message.cc]]
    suppressed = queries.suppressed(emails, organisation_id=run.organisation_id)
    files = queries.attachments_of([message.pk for message in due], organisation_id=run.organisation_id)
    making = Making(run.organisation_id, run.now, suppressed, run.gateways, files)
    entries: list[_Entry] = []
    contents = []
    until = run.now + timedelta(minutes=delivery.HELD_MINUTES)
    for message in due:
        account = _account_of(run, message) if message.channel == EMAIL else None
        if message.pk in withdrawn:
            entries.append((message, State.CANCELLED, {"reason": withdrawn[message.pk]}, None))
            continue
        if lacks := _lacks(run, message, account):
            entries.append((message, State.HELD, {"reason": lacks}, until))
            continue
        try:
            contents.append(making.content(message, account))
        except EncoursError as error:
            entries.append((message, State.REFUSED, _says(error), None))
        else:
            # a letter on paper waits for a person to print it, however long that takes
            entries.append((message, State.RENDERED, {}, None if message.channel in PAPER else run.now))
    MessageContent.objects.bulk_create(contents)
    _enter(run, entries)
    written = [message for message, state, _, _ in entries if state == State.RENDERED]
    if run.catches:
        _enter(run, [(message, State.CAUGHT, {}, None) for message in written])
    return len(due), [message.pk for message in written if message.channel not in PAPER]


def _lacks(run: _Run, message: Message, account: MailAccount | None) -> str:
    """What must be set up before the message can leave; a sandbox needs nothing."""
    if run.catches or message.channel in PAPER:
        return ""
    if message.channel in GATEWAYS:
        return "" if message.channel in run.gateways and run.open_gateway else NO_GATEWAY
    return "" if account else NO_ACCOUNT


def _says(error: EncoursError) -> dict[str, Any]:
    """A refusal as an event keeps it, to be read in any language later."""
    return {"reason": error.sentence, "code": error.code, "says": error.message, "data": jsonable(dict(error.data))}


def _account_of(run: _Run, message: Message) -> MailAccount | None:
    """The sender's own account, else the company's, else the organisation's."""
    accounts = run.accounts.values()
    for user_id, entity_id in ((message.sender_user_id, None), (None, message.sender_entity_id), (None, None)):
        for account in accounts:
            if account.user_id == user_id and account.entity_id == entity_id:
                return account
    return None


def _enter(run: _Run, entries: Sequence[_Entry]) -> None:
    MessageEvent.objects.bulk_create(
        MessageEvent(
            organisation_id=run.organisation_id,
            message=message,
            state=state,
            at=run.now,
            due_at=due_at,
            detail=detail,
            attempt=message.attempts,
            actor_name=DELIVERY.name,
        )
        for message, state, detail, due_at in entries
    )
    run.counts.update(str(state) for _, state, _, _ in entries if state != State.RENDERED)


# hand over ----------------------------------------------------------------------------------------------------------

CLAIM = """
with claimed as (
    select m.id, m.attempts + 1 as attempt from messaging_message m
    where m.organisation_id = %(organisation)s and m.id = %(message)s
      and m.state in ('rendered', 'failed') and m.due_at <= %(now)s and {may_send}
    for update skip locked
), begun as (
    insert into messaging_messageevent (organisation_id, message_id, state, attempt, worker, detail, actor_name)
    select %(organisation)s, id, 'handing_over', attempt, %(worker)s, '{{}}', %(actor)s from claimed
    returning message_id, attempt
)
select b.message_id, b.attempt, (select channel from messaging_message m where m.id = b.message_id), c.account_id,
       c.message_id_header, c.sender_email, c.recipients, c.raw, c.media_type, c.facts
from begun b join messaging_messagecontent c on c.message_id = b.message_id
"""
MAY_SEND = """(select not o.sandbox and not exists (
    select from messaging_channelswitch s where s.organisation_id = o.id and s.channel = {channel} and not s.is_open)
from access_organisation o where o.id = %(organisation)s)"""
CLAIM = CLAIM.format(may_send=MAY_SEND.format(channel="m.channel"))

END = """
insert into messaging_messageevent (organisation_id, message_id, state, attempt, due_at, detail, actor_name)
values (%s, %s, %s, %s, %s, %s, %s)
"""

type _Ended = tuple[_Claimed, HandedOver]


def _hand_over_all(run: _Run, ids: Sequence[int]) -> bool:
    """Hand the messages over one by one; False when sending was forbidden meanwhile.

    One commit a message: it ends the message before and begins the next, so at most one is ever open.
    """
    contents = MessageContent.objects.filter(organisation_id=run.organisation_id, message_id__in=ids)
    ways = {
        pk: account_id if channel == EMAIL else channel
        for pk, account_id, channel in contents.values_list("message_id", "account_id", "message__channel")
    }
    ended: _Ended | None = None
    for message_id in sorted(ids, key=lambda pk: (str(ways.get(pk) or ""), pk)):
        way = ways.get(message_id)
        if way not in run.carriers and way not in run.open_gateways:
            if ended is not None:
                _end_and_claim(run, ended, None)
                ended = None
            if way is None or not _open(run, way, message_id):
                continue
        claimed = _end_and_claim(run, ended, message_id)
        ended = None
        if claimed is not None:
            ended = claimed, _handed_over(run, claimed)
        elif not _may_send(run, way):
            return False
    if ended is not None:
        _end_and_claim(run, ended, None)
    return True


def _handed_over(run: _Run, claimed: _Claimed) -> HandedOver:
    parcel = claimed.parcel
    if claimed.account_id is None:
        return run.open_gateways[claimed.channel].hand_over(parcel)
    carrier = run.carriers[claimed.account_id]
    try:
        return carrier.hand_over(sender=parcel.sender, recipients=parcel.recipients, raw=parcel.body)
    except Unavailable as error:  # it had to sign in again and could not: nothing was handed over
        del run.carriers[claimed.account_id]
        run.unreachable[claimed.account_id] = error.sentence
        return HandedOver("failed", error.sentence)


def _open(run: _Run, way: int | str, message_id: int) -> bool:
    """Get in at the account's server or the channel's provider; else its messages wait, and the first says why."""
    if way in run.unreachable:
        return False
    try:
        if isinstance(way, str):
            if way not in run.gateways or run.open_gateway is None:
                raise GatewayGone(retry=False)
            run.open_gateways[way] = run.open_gateway(queries.access_of(run.gateways[way]))
        elif way not in run.accounts or run.connect is None:
            raise AccountGone(retry=False)
        else:
            run.carriers[way] = run.connect(queries.server_of(run.accounts[way]))
    except EncoursError as error:
        run.unreachable[way] = error.sentence
        minutes = delivery.RETRY_MINUTES[0] if getattr(error, "retry", False) else delivery.HELD_MINUTES
        _wait(run, message_id, error, run.now + timedelta(minutes=minutes))
        return False
    return True


class GatewayGone(Unavailable):
    """The provider a message was to go through has been put out of use."""

    message = gettext_noop("The provider this message was to go through is no longer in use.")


class AccountGone(Unavailable):
    """The account a message was written from has been put out of use."""

    message = gettext_noop("The mail account this message was to leave from is no longer in use.")


@transaction.atomic
def _wait(run: _Run, message_id: int, error: EncoursError, until: datetime) -> None:
    found = Message.objects.select_for_update(skip_locked=True).filter(
        organisation_id=run.organisation_id, pk=message_id, state__in=[State.RENDERED, State.FAILED]
    )
    _enter(run, [(message, State.FAILED, _says(error), until) for message in found])


def _may_send(run: _Run, way: int | str | None) -> bool:
    channel = way if isinstance(way, str) else EMAIL
    with connection.cursor() as cursor:
        sql = MAY_SEND.format(channel="%(channel)s")
        cursor.execute(f"select {sql}", {"organisation": run.organisation_id, "channel": channel})
        row = cursor.fetchone()
    return bool(row and row[0])


@transaction.atomic(durable=True)
def _end_and_claim(run: _Run, ended: _Ended | None, message_id: int | None) -> _Claimed | None:
    with connection.cursor() as cursor:
        if ended is not None:
            cursor.execute(END, _ending(run, *ended))
        if message_id is None:
            return None
        cursor.execute(
            CLAIM,
            {
                "organisation": run.organisation_id,
                "message": message_id,
                "now": run.now,
                "worker": run.worker,
                "actor": DELIVERY.name,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    recipients, facts = (json.loads(kept) if isinstance(kept, str) else kept for kept in (row[6], row[9]))
    parcel = Parcel(row[4], row[5], recipients, bytes(row[7]), row[8], facts)
    return _Claimed(row[0], row[1], row[2], row[3], parcel)


def _ending(run: _Run, claimed: _Claimed, handed_over: HandedOver) -> list[Any]:
    following = delivery.after(handed_over, attempt=claimed.attempt, now=run.now)
    detail: dict[str, Any] = {"answer": handed_over.answer}
    if handed_over.refused_recipients:
        detail["refused_recipients"] = handed_over.refused_recipients
        run.refused_recipients.update(handed_over.refused_recipients)
    run.counts[following.state] += 1
    return [
        run.organisation_id,
        claimed.message_id,
        following.state,
        claimed.attempt,
        following.retry_at,
        json.dumps(detail),
        DELIVERY.name,
    ]


# after a crash ------------------------------------------------------------------------------------------------------


def sweep_in_doubt(*, organisation_id: int) -> int:
    """Put in doubt what was being handed over by workers that are no more; returns how many messages that is.

    A living worker holds the lock of its number; a message whose worker's lock is free was left open by a crash.
    """
    begun = (
        MessageEvent.objects.filter(
            organisation_id=organisation_id, state=State.HANDING_OVER, message__state=State.HANDING_OVER
        )
        .order_by("message_id", "-pk")
        .distinct("message_id")
    )
    return sum(
        _put_in_doubt(organisation_id, message_id)
        for message_id, worker in begun.values_list("message_id", "worker")
        if not _is_alive(worker)
    )


def _is_alive(worker: int | None) -> bool:
    if worker is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [worker])
        (is_free,) = cursor.fetchone()
        if is_free:
            cursor.execute("select pg_advisory_unlock(%s)", [worker])
    return not is_free


@transaction.atomic
def _put_in_doubt(organisation_id: int, message_id: int) -> int:
    found = (
        Message.objects.select_for_update(skip_locked=True)
        .filter(organisation_id=organisation_id, pk=message_id, state=State.HANDING_OVER)
        .first()
    )
    if found is None:
        return 0
    MessageEvent.objects.create(
        organisation_id=organisation_id,
        message=found,
        state=State.IN_DOUBT,
        attempt=found.attempts,
        detail={"reason": CRASHED},
        actor_name=DELIVERY.name,
    )
    return 1
