"""Hand debts over, give the partner a link, note what comes back, take them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Entity
from encours.collections import actions as collections
from encours.collections.models import PauseReason
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.ledger.models import OpenItem
from encours.plans.queries.followed import covered_items
from encours.recovery.actions.acts import ReasonMissing, customer_of
from encours.recovery.models import (
    HandOver,
    HandOverEnd,
    HandOverEvent,
    HandOverItem,
    Partner,
    PartnerKind,
    Proceeding,
    StatusCode,
)
from encours.recovery.rules import links

LINK_DAYS_MAX = 366
CHASED = ("invoice", "debit_note", "deposit")


class PartnerUnusable(Refused):
    """A partner without a name, of no kind, or with a fee that is none."""

    message = gettext_noop("Give the partner a name, its kind and a fee between 0 and 100 percent.")


class PartnerUnknown(NotFound):
    """No such partner, or one that is retired."""

    message = gettext_noop("There is no such partner.")


class NothingToHandOver(Refused):
    """The items are not open, overdue debts of one company and currency."""

    message = gettext_noop("Choose overdue items of one company and one currency.")


class HandedOverAlready(Refused):
    """An item is in a partner's hands already, or under a plan, or its debtor insolvent."""

    message = gettext_noop("{document_number} cannot be handed over: it is already, or a plan or proceeding stands.")


class HandOverUnknown(NotFound):
    """No such hand-over, or it has ended."""

    message = gettext_noop("There is no such hand-over, or it has ended.")


class LinkRefused(NotFound):
    """A link that was never given, is revoked or has expired."""

    message = gettext_noop("This link opens nothing, or no longer.")


class EventUnusable(Refused):
    """A status that is none, a day to come, an amount that does not fit."""

    message = gettext_noop("Give a status, a day that is not to come and, for money, an amount and a fee within it.")


class EndUnusable(Conflict):
    """An end that is none."""

    message = gettext_noop("Say how the hand-over ended.")


@dataclass(frozen=True, slots=True)
class NewHandOver:
    """What is handed over and to whom."""

    customer_id: int
    partner_id: int
    item_ids: Sequence[int]
    key: str
    fee_permyriad: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a partner, or one of us, says of a hand-over; the same key is noted once."""

    code: str
    day: date
    key: str
    amount_minor: int = 0
    fee_minor: int | None = None
    text: str = ""


@transaction.atomic
def add_partner(*, organisation_id: int, name: str, kind: str, email: str, fee_permyriad: int, by: Actor) -> Partner:
    """Add somebody debts can be handed to; a name that is known gives the partner as it stands."""
    if not name.strip() or kind not in PartnerKind.values or not 0 <= fee_permyriad <= 10_000:
        raise PartnerUnusable
    known = Partner.objects.filter(organisation_id=organisation_id, name=name.strip()).first()
    if known is not None:
        return known
    made = Partner.objects.create(
        organisation_id=organisation_id, name=name.strip(), kind=kind, email=email.strip(), fee_permyriad=fee_permyriad
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="add_partner", subject_kind="partner", subject_id=made.pk,
        details={"name": made.name, "kind": kind, "fee_permyriad": fee_permyriad},
    )  # fmt: skip
    return made


@transaction.atomic
def hand_over(new: NewHandOver, *, organisation_id: int, today: date, by: Actor) -> HandOver:
    """Put items into a partner's hands: our own reminders leave them alone from now on.

    Refused: items not overdue or of several companies, already handed over, under a plan, of an insolvent debtor. The
    same key twice gives the first hand-over again.
    """
    if known := HandOver.objects.filter(organisation_id=organisation_id, key=new.key).first():
        return known
    customer = customer_of(organisation_id, new.customer_id)
    partner = Partner.objects.filter(organisation_id=organisation_id, pk=new.partner_id, retired_date=None).first()
    if partner is None:
        raise PartnerUnknown
    items = list(
        OpenItem.objects.filter(
            organisation_id=organisation_id, customer_id=customer.pk, pk__in=new.item_ids, open_minor__gt=0,
            kind__in=CHASED, due_date__lt=today,
        ).order_by("due_date", "pk")
    )  # fmt: skip
    if not items or len(items) != len(set(new.item_ids)) or len({(one.entity_id, one.currency) for one in items}) > 1:
        raise NothingToHandOver
    _refuse_bound(organisation_id, customer.pk, items, today)
    fee = partner.fee_permyriad if new.fee_permyriad is None else new.fee_permyriad
    if not 0 <= fee <= 10_000:
        raise PartnerUnusable
    made = HandOver.objects.create(
        organisation_id=organisation_id, entity_id=items[0].entity_id, customer=customer, partner=partner,
        number=_next_number(organisation_id, today), key=new.key, currency=items[0].currency,
        amount_minor=sum(item.open_minor for item in items), fee_permyriad=fee, handed_date=today,
        note=new.note.strip(), author_name=by.name,
    )  # fmt: skip
    for item in items:
        pause = collections.pause(
            organisation_id=organisation_id, customer_id=customer.pk, reason=PauseReason.HAND_OVER, today=today, by=by,
            item_id=item.pk, note=f"{made.number} · {partner.name}",
        )  # fmt: skip
        HandOverItem.objects.create(
            organisation_id=organisation_id, handover=made, entity_id=item.entity_id,
            document_number=item.document_number, instalment_number=item.instalment_number, item_id=item.pk,
            item_date=item.item_date, due_date=item.due_date, amount_minor=item.open_minor, pause_id=pause.pk,
        )  # fmt: skip
    _audit(made, "hand_over", by, new.note, partner=partner.name, amount=[made.amount_minor, made.currency],
           documents=[item.document_number for item in items])  # fmt: skip
    return made


def _refuse_bound(organisation_id: int, customer_id: int, items: Sequence[OpenItem], today: date) -> None:
    handed = set(
        HandOverItem.objects.filter(organisation_id=organisation_id, handover__ended_date__isnull=True).values_list(
            "item_id", flat=True
        )
    )
    covered = covered_items(organisation_id, today=today)
    is_insolvent = Proceeding.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, ended_date__isnull=True
    ).exists()
    for item in items:
        if item.pk in handed or item.pk in covered or is_insolvent:
            raise HandedOverAlready(document_number=item.document_number)


def _next_number(organisation_id: int, today: date) -> str:
    """Numbers follow each other by year; a company's row is held until they are kept."""
    Entity.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id).order_by("pk").first()
    start = f"REM-{today.year}-"
    last = HandOver.objects.filter(organisation_id=organisation_id, number__startswith=start).order_by("-pk").first()
    return f"{start}{int(last.number.removeprefix(start)) + 1 if last else 1:04d}"


@transaction.atomic
def give_link(*, organisation_id: int, handover_id: int, days: int, now: datetime, by: Actor) -> str:
    """Make the partner's link for so many days; shown once, kept as a hash. A new one revokes the one before."""
    found = locked(organisation_id, handover_id)
    secret, digest = links.new(organisation_id, found.pk)
    found.link_digest = digest
    found.link_expires_at = now + timedelta(days=min(max(days, 1), LINK_DAYS_MAX))
    found.save(update_fields=["link_digest", "link_expires_at"])
    _audit(found, "give_partner_link", by, "", expires=found.link_expires_at.isoformat())
    return secret


@transaction.atomic
def revoke_link(*, organisation_id: int, handover_id: int, by: Actor) -> None:
    """From now on the link opens nothing."""
    found = locked(organisation_id, handover_id)
    found.link_digest, found.link_expires_at = None, None
    found.save(update_fields=["link_digest", "link_expires_at"])
    _audit(found, "revoke_partner_link", by, "")


@transaction.atomic
def note_event(
    said: Said, *, organisation_id: int, handover_id: int, today: date, by: Actor, is_partner: bool
) -> HandOverEvent:
    """Note a status or money recovered, with the fee kept of it; money is booked when it comes in, as ever.

    Refused: a status that is none, a day to come or before the hand-over, an amount without its status or too high.
    """
    found = locked(organisation_id, handover_id)
    known = HandOverEvent.objects.filter(organisation_id=organisation_id, handover=found, key=said.key).first()
    if known is not None:
        return known
    fee = said.fee_minor
    if fee is None:
        fee = said.amount_minor * found.fee_permyriad // 10_000
    has_money = said.code == StatusCode.RECOVERED
    fits = 0 < said.amount_minor <= found.amount_minor * 2 and 0 <= fee <= said.amount_minor
    if said.code not in StatusCode.values or not found.handed_date <= said.day <= today:
        raise EventUnusable
    if has_money != bool(said.amount_minor) or (has_money and not fits):
        raise EventUnusable
    made = HandOverEvent.objects.create(
        organisation_id=organisation_id, handover=found, code=said.code, day=said.day, amount_minor=said.amount_minor,
        fee_minor=fee, text=said.text.strip()[:2000], is_partner=is_partner, author_name=by.name, key=said.key[:100],
    )  # fmt: skip
    _audit(found, "hand_over_event", by, said.text, code=said.code, amount_minor=said.amount_minor, fee_minor=fee)
    return made


@transaction.atomic
def end_hand_over(
    *, organisation_id: int, handover_id: int, ended_as: str, today: date, by: Actor, why: str
) -> HandOver:
    """Take the debts back, or note how it ended: the link dies, reminders go on for what is still open."""
    if ended_as not in HandOverEnd.values:
        raise EndUnusable
    if not why.strip():
        raise ReasonMissing
    found = locked(organisation_id, handover_id)
    found.ended_date, found.ended_as, found.ended_why = today, ended_as, why.strip()
    found.link_digest, found.link_expires_at = None, None
    found.save(update_fields=["ended_date", "ended_as", "ended_why", "link_digest", "link_expires_at"])
    if ended_as != HandOverEnd.IRRECOVERABLE:
        for item in HandOverItem.objects.filter(organisation_id=organisation_id, handover=found):
            collections.resume(organisation_id=organisation_id, pause_id=item.pause_id, today=today, by=by, why=why)
    _audit(found, "end_hand_over", by, why, ended_as=ended_as)
    return found


def locked(organisation_id: int, handover_id: int) -> HandOver:
    """A hand-over that stands, held until the deed is done."""
    found = (
        HandOver.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk=handover_id, ended_date__isnull=True)
        .first()
    )
    if found is None:
        raise HandOverUnknown
    return found


def _audit(made: HandOver, verb: str, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=made.organisation_id, verb=verb, subject_kind="customer", subject_id=made.customer_id,
        why=why, details={"hand_over": made.number, **details},
    )  # fmt: skip
