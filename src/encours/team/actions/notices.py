"""Tell colleagues things once, mark them read, and say how each wants to be told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from encours.access import actions as access
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import Customer
from encours.team.models import ByMail, NoticeChoice, NoticeKind, Notification
from encours.team.queries import absences
from encours.team.queries.people import colleagues

TITLE_LETTERS_MAX = 200
CHOICES = frozenset({"mentions", "others", "digest_at", "quiet_from", "quiet_until", "weekly_report"})


class NoticeWordUnknown(Refused):
    """The kind or the choice is none of the list."""

    message = gettext_noop("Notifications know no “{word}”.")


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell; the same key tells a person the same thing once."""

    kind: str
    title: str
    key: str
    text: str = ""
    link: str = ""
    customer_id: int | None = None
    note_id: int | None = None


@transaction.atomic
def notify(
    *,
    organisation_id: int,
    user_ids: Iterable[int],
    notice: Notice,
    by: Actor,
    now: datetime,
    tells_author: bool = False,
) -> int:
    """Tell colleagues something; nobody is told twice, nor what they did themselves. Returns how many are told anew.

    Whoever does not work here any more is left out. Of a customer whose collector is told and away, whoever stands in
    is told as well, unless they see their own portfolio alone.
    """
    if notice.kind not in NoticeKind.values:
        raise NoticeWordUnknown(word=notice.kind)
    active = {one.user_id for one in colleagues(organisation_id)}
    told = list(user_ids)
    told += _standing_in(organisation_id, told, customer_id=notice.customer_id, now=now)
    wanted = [pk for pk in dict.fromkeys(told) if pk in active and (tells_author or pk != by.user_id)]
    known = set(
        Notification.objects.filter(organisation_id=organisation_id, user_id__in=wanted, key=notice.key).values_list(
            "user_id", flat=True
        )
    )
    rows = [
        Notification(
            organisation_id=organisation_id,
            user_id=pk,
            kind=notice.kind,
            title=notice.title[:TITLE_LETTERS_MAX],
            text=notice.text,
            link=notice.link,
            customer_id=notice.customer_id,
            note_id=notice.note_id,
            key=notice.key,
            told_at=now,
        )
        for pk in wanted
        if pk not in known
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        access.record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="notify",
            subject_kind="customer" if notice.customer_id else "",
            subject_id=notice.customer_id or "",
            why="",
            details={"kind": notice.kind, "key": notice.key, "told": [row.user_id for row in rows]},
        )
    return len(rows)


def _standing_in(organisation_id: int, user_ids: list[int], *, customer_id: int | None, now: datetime) -> list[int]:
    """Who works in the place of the customer's collector, where the collector is to be told and is away."""
    if customer_id is None:
        return []
    found = Customer.objects.filter(organisation_id=organisation_id, pk=customer_id, collector_id__in=user_ids)
    collector_id = found.values_list("collector_id", flat=True).first()
    if collector_id is None:
        return []
    # whoever stands in sees the customers meanwhile, also where they else see their own only
    substitute = absences.substitutes(organisation_id, today=localdate(now)).get(collector_id)
    here = Membership.objects.filter(organisation_id=organisation_id, user_id=substitute or 0, is_active=True)
    return [substitute] if substitute is not None and here.exists() else []


@transaction.atomic
def mark_read(*, organisation_id: int, user_id: int, now: datetime, notification_id: int | None = None) -> int:
    """Mark one notification of a person as read, or all of them; what is read already keeps its instant."""
    found = Notification.objects.filter(organisation_id=organisation_id, user_id=user_id, read_at__isnull=True)
    if notification_id is not None:
        found = found.filter(pk=notification_id)
    return found.update(read_at=now)


@transaction.atomic
def choose(*, organisation_id: int, user_id: int, values: dict[str, Any], now: datetime, by: Actor) -> NoticeChoice:
    """How a person wants to be told, from now on."""
    for word in values.keys() - CHOICES:
        raise NoticeWordUnknown(word=word)
    for name in ("mentions", "others"):
        if name in values and values[name] not in ByMail.values:
            raise NoticeWordUnknown(word=values[name])
    found, _ = NoticeChoice.objects.update_or_create(
        organisation_id=organisation_id, user_id=user_id, defaults={**values, "changed_at": now}
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="choose_notifications",
        subject_kind="user",
        subject_id=user_id,
        why="",
        details={name: str(value) for name, value in values.items()},
    )
    return found


@transaction.atomic
def mark_passed_on(*, organisation_id: int, notification_ids: Iterable[int], now: datetime) -> int:
    """What went by e-mail, or need not any more, does not go again."""
    found = Notification.objects.filter(
        organisation_id=organisation_id, pk__in=list(notification_ids), passed_on_at__isnull=True
    )
    return found.update(passed_on_at=now)
