"""The reasons a dispute may have, as the organisation words them."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.disputes.models import DisputeReason, OwnReason

LABEL_LETTERS_MAX = 80


class DisputeWordUnknown(Refused):
    """The reason or the outcome is none of the list."""

    message = gettext_noop("“{word}” is not one of the reasons or outcomes.")


class ReasonUnlabelled(Refused):
    """A reason is known by its words."""

    message = gettext_noop("Give the reason its words.")


class ReasonTwice(Conflict):
    """Two reasons of the same words cannot be told apart."""

    message = gettext_noop("There is a reason “{label}” already.")


class ReasonUnknown(NotFound):
    """No such reason in this organisation."""

    message = gettext_noop("There is no such reason.")


class OwnerElsewhere(Refused):
    """Who sees to a dispute works in this organisation."""

    message = gettext_noop("This person does not work here.")


@transaction.atomic
def keep_reason(
    *,
    organisation_id: int,
    label: str,
    by: Actor,
    code: str = "",
    position: int = 100,
    owner_id: int | None = None,
    answer_days: int | None = None,
) -> OwnReason:
    """Add a reason, or word, order and route one that exists; disputes that have it keep the label of their day."""
    label = label.strip()[:LABEL_LETTERS_MAX]
    if not label:
        raise ReasonUnlabelled(field="label")
    known = OwnReason.objects.select_for_update().filter(organisation_id=organisation_id)
    if known.filter(label=label, archived_at__isnull=True).exclude(code=code).exists():
        raise ReasonTwice(field="label", label=label)
    check_owner(organisation_id, owner_id)
    found = known.filter(code=code).first() if code else None
    if found is None:
        if code and code not in DisputeReason.values:
            raise ReasonUnknown()
        found = OwnReason(organisation_id=organisation_id, code=code or f"own-{uuid4().hex[:12]}")
    found.label, found.position, found.owner_id, found.answer_days = label, position, owner_id, answer_days
    found.save(update_fields=["label", "position", "owner", "answer_days"] if found.pk else None)
    _audit("keep_dispute_reason", found, by, label=label, owner=owner_id, answer_days=answer_days)
    return found


@transaction.atomic
def archive_reason(*, organisation_id: int, code: str, now: datetime, by: Actor) -> OwnReason:
    """No longer offer a reason, one of the usual ones too; the disputes that have it keep its label."""
    found = OwnReason.objects.select_for_update().filter(organisation_id=organisation_id, code=code).first()
    if found is None:
        usual = dict(DisputeReason.choices).get(code)
        if usual is None:
            raise ReasonUnknown()
        found = OwnReason(organisation_id=organisation_id, code=code, label=str(usual))
    found.archived_at = found.archived_at or now
    found.save(update_fields=["archived_at"] if found.pk else None)
    _audit("archive_dispute_reason", found, by)
    return found


@transaction.atomic
def restore_reason(*, organisation_id: int, code: str, by: Actor) -> OwnReason:
    """Offer an archived reason again."""
    found = OwnReason.objects.select_for_update().filter(organisation_id=organisation_id, code=code).first()
    if found is None:
        raise ReasonUnknown()
    found.archived_at = None
    found.save(update_fields=["archived_at"])
    _audit("restore_dispute_reason", found, by)
    return found


def offered(organisation_id: int, code: str) -> OwnReason | None:
    """The organisation's wording of a reason, None for a usual one as it ships; refuses one that is not offered."""
    own = OwnReason.objects.filter(organisation_id=organisation_id, code=code).first()
    # what a customer or another room states is never lost for an archived word
    if own is None and code not in DisputeReason.values:
        raise DisputeWordUnknown(word=code)
    if own is not None and own.archived_at is not None and code not in DisputeReason.values:
        raise DisputeWordUnknown(word=own.label)
    return own


def answer_by(own: OwnReason | None, *, today: date) -> date | None:
    """The day by which a dispute of that reason is answered, where the reason has a term."""
    return today + timedelta(days=own.answer_days) if own is not None and own.answer_days is not None else None


def check_owner(organisation_id: int, owner_id: int | None) -> None:
    """Refuse somebody who does not work here."""
    if owner_id is None:
        return
    here = Membership.objects.filter(organisation_id=organisation_id, user_id=owner_id, is_active=True)
    if not here.exists():
        raise OwnerElsewhere(field="owner")


def _audit(verb: str, reason: OwnReason, by: Actor, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=reason.organisation_id, verb=verb, subject_kind="dispute_reason", subject_id=reason.pk,
        details={"code": reason.code, **details},
    )  # fmt: skip
