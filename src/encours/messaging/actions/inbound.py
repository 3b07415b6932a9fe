"""Take in mails: keep their bytes, understand them, file them with their customer or leave them to a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import EncoursError
from encours.core.events import publish
from encours.customers import actions as customers
from encours.messaging import inbound_queries as inbound
from encours.messaging.actions.accounts import suppress
from encours.messaging.actions.attachments import list_attachments
from encours.messaging.actions.replies import record_reply, store_understanding
from encours.messaging.events import ColleagueAnswered, MailUnderstood
from encours.messaging.models import (
    Filing,
    InboundMail,
    Judgement,
    MailClass,
    Reply,
    StaffMail,
    SuppressionReason,
    Understanding,
)
from encours.messaging.rules.inbound import mail as mails
from encours.messaging.rules.understanding import facts, reading
from encours.messaging.rules.understanding.facts import AUTOMATIC, Kind

# of a mail too large to read, its beginning is kept
KEPT_BYTES_MAX = 1_000_000


@transaction.atomic
def receive_mail(*, organisation_id: int, raw: bytes, now: datetime, by: Actor, account_id: int | None = None) -> int:
    """Keep a mail that came in and act on what it is; the same mail twice exists once.

    A customer's answer is recorded and holds reminders until read. A dead address is not written to again and its
    contacts are marked, but only if we did write to it lately. Automatic answers are noted. What is nobody's, or
    cannot be read, waits in triage: nothing is dropped, and nothing follows from a change of bank details.
    """
    try:
        received = mails.read(raw)
    except EncoursError as error:
        return _unreadable(organisation_id, raw, error.code, now=now, account_id=account_id)
    key = (received.message_id or f"sha256:{sha256(raw).hexdigest()}")[:255]
    before = InboundMail.objects.filter(organisation_id=organisation_id, key=key).values_list("pk", flat=True).first()
    if before is not None:
        return before
    understood = reading.understand(
        received,
        today=reading.day_written(received, arrived=now),
        examples=inbound.examples_of(organisation_id),
    )
    kept = InboundMail(
        organisation_id=organisation_id,
        key=key,
        account_id=account_id,
        from_email=received.from_email[:254],
        subject=received.subject[:500],
        raw=raw,
        sha256=sha256(raw).digest(),
        received_at=now,
        filing=Filing.TRIAGE,
    )
    _file(kept, received, understood, now=now, by=by)
    return kept.pk


@transaction.atomic
def receive_from_portal(
    *,
    organisation_id: int,
    customer_id: int,
    key: str,
    raw: bytes,
    now: datetime,
    by: Actor,
    understood: facts.Understanding | None = None,
    is_told: bool = True,
) -> int:
    """Keep what a customer wrote on the portal as a mail whose sender is sure, and return the answer made of it.

    It holds reminders until read, as any answer does, and its files go the way of a mail's. `understood` says what it
    is where the page knows; `is_told` False when what it asks is done already. The same key twice exists once.
    """
    before = Reply.objects.filter(organisation_id=organisation_id, key=key).values_list("pk", flat=True).first()
    if before is not None:
        return before
    received = mails.read(raw)
    kept = InboundMail.objects.create(
        organisation_id=organisation_id,
        key=key,
        from_email=received.from_email[:254],
        subject=received.subject[:500],
        raw=raw,
        sha256=sha256(raw).digest(),
        received_at=now,
        filing=Filing.FILED,
        customer_id=customer_id,
    )
    list_attachments(kept, received)
    said = understood or reading.understand(
        received, today=reading.day_written(received, arrived=now), examples=inbound.examples_of(organisation_id)
    )
    reply_id = _record(kept, received, said, customer_id=customer_id, now=now, by=by)
    if is_told:
        _understood(kept, said, reply_id=reply_id, now=now, by=by)
    else:
        store_understanding(said, organisation_id=organisation_id, mail_id=kept.pk, reply_id=reply_id)
    return reply_id


def _unreadable(organisation_id: int, raw: bytes, why: str, *, now: datetime, account_id: int | None) -> int:
    digest = sha256(raw)
    kept, _ = InboundMail.objects.get_or_create(
        organisation_id=organisation_id,
        key=f"sha256:{digest.hexdigest()}",
        defaults={
            "account_id": account_id,
            "raw": raw[:KEPT_BYTES_MAX],
            "sha256": sha256(raw[:KEPT_BYTES_MAX]).digest(),
            "received_at": now,
            "filing": Filing.TRIAGE,
            "why": why[:40],
        },
    )
    return kept.pk


def _file(
    kept: InboundMail, received: mails.Mail, understood: facts.Understanding, *, now: datetime, by: Actor
) -> None:
    main = understood.main
    colleague = inbound.of_colleague(received, organisation_id=kept.organisation_id)
    if main.kind in (Kind.BOUNCE, Kind.COMPLAINT, Kind.DELIVERY_RECEIPT):
        _file_report(kept, main, now=now)
    elif colleague is not None:
        # what a machine answers for an absent colleague is kept and goes nowhere
        kept.filing = Filing.MACHINE if colleague.mail else Filing.TRIAGE
        kept.why = colleague.why or "colleague"
    else:
        owner = inbound.whose(received, organisation_id=kept.organisation_id)
        kept.customer_id, kept.message_id, kept.why = owner.customer_id, owner.message_id, owner.why
        known = Filing.MACHINE if main.kind in AUTOMATIC else Filing.FILED
        kept.filing = known if owner.customer_id else Filing.TRIAGE
    kept.save(force_insert=True)
    list_attachments(kept, received)
    if colleague is not None and colleague.mail is not None:
        if main.kind not in AUTOMATIC:
            _tell_answer(kept, colleague.mail, understood.text or received.text, now=now)
        return
    reply_id = None
    if kept.filing == Filing.FILED and kept.customer_id is not None:
        reply_id = _record(kept, received, understood, customer_id=kept.customer_id, now=now, by=by)
    _understood(kept, understood, reply_id=reply_id, now=now, by=by)
    if kept.filing == Filing.MACHINE:
        _follow(kept, main, now=now, by=by)


def _tell_answer(kept: InboundMail, mail: StaffMail, text: str, *, now: datetime) -> None:
    publish(
        ColleagueAnswered(
            kept.organisation_id, mail.about_kind, mail.about_id, mail.user_id, text.strip()[:5_000], kept.pk, now
        )
    )


def _understood(
    kept: InboundMail, understood: facts.Understanding, *, reply_id: int | None, now: datetime, by: Actor
) -> None:
    """Keep what was understood and tell it: what follows from it is for the rooms above."""
    found = store_understanding(understood, organisation_id=kept.organisation_id, mail_id=kept.pk, reply_id=reply_id)
    publish(MailUnderstood(kept.organisation_id, found, kept.pk, reply_id, kept.customer_id, now, by))


def _file_report(kept: InboundMail, main: facts.Intent, *, now: datetime) -> None:
    """A report belongs to the message it names; without one, to an address we wrote to lately; else to nobody."""
    ours = inbound.message_of([main.fields.get("original_message_id", "")], organisation_id=kept.organisation_id)
    since = inbound.report_is_ours(now)
    if ours is not None:
        kept.message_id, kept.customer_id = ours.pk, ours.customer_id
    is_known = ours is not None or any(
        inbound.wrote_to(email, organisation_id=kept.organisation_id, since=since) for email in _addresses(main)
    )
    kept.filing, kept.why = (Filing.MACHINE, "") if is_known else (Filing.TRIAGE, "not_about_ours")


def _addresses(main: facts.Intent) -> Sequence[str]:
    return [str(row["email"]) for row in main.fields.get("recipients", ()) if row["email"]]


def _record(
    kept: InboundMail,
    received: mails.Mail,
    understood: facts.Understanding,
    *,
    customer_id: int,
    now: datetime,
    by: Actor,
) -> int:
    return record_reply(
        organisation_id=kept.organisation_id,
        key=kept.key,
        customer_id=customer_id,
        from_email=received.from_email,
        from_name=received.from_name,
        subject=received.subject,
        text=understood.text or received.text[:5_000],
        now=now,
        by=by,
        message_id=kept.message_id,
        is_understood=True,
    )


def _follow(kept: InboundMail, main: facts.Intent, *, now: datetime, by: Actor) -> None:
    """Stop writing to dead addresses and to people who complained, if the report is about a mail of ours to them."""
    since = inbound.report_is_ours(now)
    for row in main.fields.get("recipients", ()):
        email = str(row["email"])
        if not inbound.wrote_to(email, organisation_id=kept.organisation_id, since=since):
            continue
        why = f"{row['status']} {row['words']}".strip()
        if main.kind == Kind.BOUNCE and row["is_hard"]:
            suppress(
                organisation_id=kept.organisation_id, email=email, reason=SuppressionReason.BOUNCED, by=by, detail=why
            )
            customers.mark_contact_bounced(organisation_id=kept.organisation_id, email=email, why=why, now=now, by=by)
        elif main.kind == Kind.COMPLAINT:
            suppress(organisation_id=kept.organisation_id, email=email, reason=SuppressionReason.COMPLAINED, by=by)


@transaction.atomic
def file_mail(*, organisation_id: int, mail_id: int, customer_id: int, by: Actor, now: datetime) -> int:
    """Give a mail of the triage to its customer: it becomes their answer, unread. Refuses one that does not wait."""
    kept = _waiting(organisation_id, mail_id)
    received = mails.read(bytes(kept.raw))
    owner = customers.lock_one(organisation_id=organisation_id, customer_id=customer_id)
    understood = reading.understand(
        received,
        today=reading.day_written(received, arrived=kept.received_at),
        examples=inbound.examples_of(organisation_id),
    )
    reply_id = _record(kept, received, understood, customer_id=owner.pk, now=kept.received_at, by=by)
    kept.customer_id = owner.pk
    _understood(kept, understood, reply_id=reply_id, now=now, by=by)
    _settle(kept, {"filing": Filing.FILED, "customer_id": owner.pk}, by=by, now=now)
    return reply_id


@transaction.atomic
def set_mail_aside(*, organisation_id: int, mail_id: int, why: str, by: Actor, now: datetime) -> None:
    """Take a mail out of the triage without giving it to anybody; it is kept."""
    _settle(_waiting(organisation_id, mail_id), {"filing": Filing.SET_ASIDE, "why": why[:40]}, by=by, now=now)


def _waiting(organisation_id: int, mail_id: int) -> InboundMail:
    found = (
        InboundMail.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk=mail_id, filing=Filing.TRIAGE)
        .first()
    )
    if found is None:
        raise inbound.InboundMailNotFound
    return found


def _settle(kept: InboundMail, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    InboundMail.objects.filter(pk=kept.pk).update(**changes, filed_at=now, filed_by_name=by.name)
    access.record_audit(
        by=by,
        organisation_id=kept.organisation_id,
        verb="mail_filed" if changes["filing"] == Filing.FILED else "mail_set_aside",
        subject_kind="mail",
        subject_id=str(kept.pk),
        why=str(changes.get("why", "")),
        details={"customer_id": changes.get("customer_id"), "subject": kept.subject[:200]},
    )


@transaction.atomic
def judge_understanding(
    *, organisation_id: int, understanding_id: int, kind: str, by: Actor, sentence: str = ""
) -> int:
    """Say what a mail really was; the next mails are understood in its light. The understanding itself stays."""
    found = Understanding.objects.filter(organisation_id=organisation_id, pk=understanding_id).first()
    if found is None:
        raise inbound.UnderstandingNotFound
    made = Judgement(
        organisation_id=organisation_id,
        understanding=found,
        kind=MailClass(kind),
        sentence=(sentence or found.quote)[:1_000],
        actor_id=by.user_id,
        actor_name=by.name,
    )
    made.save(force_insert=True)
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="understanding_judged",
        subject_kind="understanding",
        subject_id=str(found.pk),
        why="",
        details={"was": found.kind, "is": made.kind},
    )
    return made.pk
