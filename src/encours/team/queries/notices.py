"""Read notifications: a person's, those that wait to be passed on, and how each wants to be told."""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.team.models import ChatHook, NoticeChoice, Notification
from encours.team.rules.passing import Choice

PAGE_ROWS = 50


def notifications(scope: Scope, *, before_id: int | None = None, limit: int = PAGE_ROWS) -> Sequence[Notification]:
    """What a person was told, the latest first."""
    found = _of(scope)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.select_related("customer").order_by("-pk")[:limit])


def unread_count(scope: Scope) -> int:
    """How much a person was told and has not read."""
    asked = "select count(*) from team_notification where organisation_id = %s and user_id = %s and read_at is null"
    return int(statements.rows(asked, [scope.organisation_id, scope.user_id])[0][0])


def _of(scope: Scope) -> QuerySet[Notification]:
    found = Notification.objects.filter(organisation_id=scope.organisation_id)
    return found.filter(user_id=scope.user_id) if scope.user_id is not None else found.none()


def waiting(organisation_id: int) -> Mapping[int, Sequence[Notification]]:
    """By person, what has not been passed on by e-mail yet."""
    found: dict[int, list[Notification]] = {}
    rows = Notification.objects.filter(organisation_id=organisation_id, passed_on_at__isnull=True)
    for row in rows.select_related("user", "customer").order_by("pk"):
        found.setdefault(row.user_id, []).append(row)
    return found


def choice_of(user_id: int, *, organisation_id: int) -> NoticeChoice:
    """How a person wants to be told; the usual way where they never said."""
    found = NoticeChoice.objects.filter(organisation_id=organisation_id, user_id=user_id).first()
    return found or NoticeChoice(organisation_id=organisation_id, user_id=user_id)


def as_rule(choice: NoticeChoice) -> Choice:
    """A person's choice as the rule reads it."""
    return Choice(choice.mentions, choice.others, choice.digest_at, choice.quiet_from, choice.quiet_until)


def chat_hooks(organisation_id: int) -> Sequence[ChatHook]:
    """The chat channels that are told, by name."""
    return list(ChatHook.objects.filter(organisation_id=organisation_id).order_by("name"))


def untold(hook: ChatHook, *, limit: int = 50) -> Sequence[Notification]:
    """What a chat channel is still to be told, each thing once however many people were told it."""
    rows = Notification.objects.filter(
        organisation_id=hook.organisation_id, pk__gt=hook.last_notification_id, kind__in=hook.kinds
    ).select_related("customer")
    found: dict[str, Notification] = {}
    for row in rows.order_by("pk")[:limit]:
        found.setdefault(row.key, row)
    return list(found.values())
