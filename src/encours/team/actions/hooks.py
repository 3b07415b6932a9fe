"""Chat channels: name them, and tell them each thing once at most."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from encours.access import actions as access
from encours.core import secrets
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.team.models import ChatHook, NoticeKind, Notification


class HookAddressUnusable(Refused):
    """A webhook is an https address of a chat service."""

    message = gettext_noop("The address of a chat channel begins with https:// and names a server: not “{address}”.")


class HookNameTaken(Conflict):
    """Two chat channels may not share a name."""

    message = gettext_noop("There is already a chat channel called “{name}”.")


class HookUnknown(NotFound):
    """No such chat channel in this organisation."""

    message = gettext_noop("There is no such chat channel.")


class HookKindUnknown(Refused):
    """A kind of notification that does not exist."""

    message = gettext_noop("Notifications know no “{word}”.")


@transaction.atomic
def add_chat_hook(
    *,
    organisation_id: int,
    name: str,
    address: str,
    kinds: Sequence[str],
    now: datetime,
    by: Actor,
) -> ChatHook:
    """Tell a chat channel what is notified from now on; its address is kept encrypted and never shown again."""
    if not _is_of_a_service(address.strip()):
        raise HookAddressUnusable(address=address[:80])
    for kind in kinds:
        if kind not in NoticeKind.values:
            raise HookKindUnknown(word=kind)
    if ChatHook.objects.filter(organisation_id=organisation_id, name=name).exists():
        raise HookNameTaken(name=name)
    latest = Notification.objects.filter(organisation_id=organisation_id).aggregate(found=Max("pk"))["found"]
    made = ChatHook.objects.create(
        organisation_id=organisation_id,
        name=name,
        address_encrypted=secrets.encrypt(address.strip(), keys=secrets.working_keys(settings.ENCOURS_HOME)),
        kinds=list(kinds),
        last_notification_id=latest or 0,
        changed_at=now,
    )
    _audit(made, "add_chat_channel", by)
    return made


@transaction.atomic
def switch_chat_hook(*, organisation_id: int, hook_id: int, is_active: bool, now: datetime, by: Actor) -> ChatHook:
    """Stop telling a chat channel, or begin again; what was notified meanwhile is not told afterwards."""
    found = ChatHook.objects.select_for_update().filter(organisation_id=organisation_id, pk=hook_id).first()
    if found is None:
        raise HookUnknown()
    latest = Notification.objects.filter(organisation_id=organisation_id).aggregate(found=Max("pk"))["found"]
    found.is_active, found.changed_at, found.problem = is_active, now, ""
    found.last_notification_id = latest or 0
    found.save(update_fields=["is_active", "changed_at", "problem", "last_notification_id"])
    _audit(found, "switch_chat_channel", by)
    return found


def _is_of_a_service(address: str) -> bool:
    """Whether it is an https address of another machine: whoever edits settings must not speak with this one by us."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.hostname == "localhost":
        return False
    try:
        named = ip_address(parts.hostname)
    except ValueError:
        return True
    return not (named.is_loopback or named.is_unspecified or named.is_link_local)


def address_of(hook: ChatHook) -> str:
    """The address to post to."""
    return secrets.decrypt(hook.address_encrypted, keys=secrets.working_keys(settings.ENCOURS_HOME))


@transaction.atomic(durable=True)
def claim(hook: ChatHook, *, up_to: int) -> bool:
    """Take what a channel is told next: committed before it is posted, so that nothing is told twice."""
    found = ChatHook.objects.filter(pk=hook.pk, last_notification_id=hook.last_notification_id, is_active=True)
    return bool(found.update(last_notification_id=up_to))


@transaction.atomic
def note_problem(hook: ChatHook, *, problem: str) -> None:
    """Why the last post did not arrive, or nothing."""
    ChatHook.objects.filter(pk=hook.pk).update(problem=problem[:500])


def _audit(hook: ChatHook, verb: str, by: Actor) -> None:
    access.record_audit(
        by=by,
        organisation_id=hook.organisation_id,
        verb=verb,
        subject_kind="chat_channel",
        subject_id=hook.pk,
        why="",
        details={"name": hook.name, "kinds": hook.kinds, "is_active": hook.is_active},
    )
