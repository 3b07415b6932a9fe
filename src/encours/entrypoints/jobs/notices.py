"""Pass on what colleagues were told: by e-mail at once or once a day, and to chat channels."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, ngettext
from procrastinate.contrib.django import app

from encours.access.models import Organisation, User
from encours.collections.queries import facts
from encours.connectors.chat import client as chat
from encours.connectors.smtp import client as smtp
from encours.conversation.actions.telling import dispute_of, tell_what_is_theirs
from encours.core.actors import Actor
from encours.core.dates import zone
from encours.core.errors import EncoursError
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.entrypoints.places import place_of
from encours.messaging.actions import staff
from encours.messaging.models import StaffMail
from encours.messaging.rules.server import Connect
from encours.team.actions import hooks
from encours.team.actions.notices import mark_passed_on
from encours.team.models import Notification
from encours.team.queries import notices
from encours.team.rules.passing import Waiting, due

BY = Actor.system("notifications")
ABOUT_NOTE, ABOUT_DISPUTE = "note", "dispute"


def pass_on_now(organisation: Organisation, now: datetime) -> None:
    """Queue what people get by e-mail now, hand it over, and tell the chat channels."""
    tell_what_is_theirs(organisation_id=organisation.pk, now=now, by=BY)
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    local = now.astimezone(zone(calendar.timezone))
    is_working_day = calendar.is_open(local.date())
    for user_id, told in notices.waiting(organisation.pk).items():
        _pass_on(organisation.pk, user_id, told, local=local, now=now, is_working_day=is_working_day)
    staff.send_staff_mails(organisation_id=organisation.pk, now=now, connect=_way_out())
    _tell_chats(organisation)


def _way_out() -> Connect | None:
    return None if os.environ.get("ENCOURS_MAIL") == "mailbox" else smtp.connect


@transaction.atomic
def _pass_on(
    organisation_id: int,
    user_id: int,
    told: Sequence[Notification],
    *,
    local: datetime,
    now: datetime,
    is_working_day: bool,
) -> None:
    digest_key = f"digest:{user_id}:{local.date().isoformat()}"
    found = due(
        [Waiting(one.pk, one.kind, one.read_at is not None) for one in told],
        notices.as_rule(notices.choice_of(user_id, organisation_id=organisation_id)),
        now=local.replace(tzinfo=None),
        is_working_day=is_working_day,
        has_had_digest=StaffMail.objects.filter(organisation_id=organisation_id, key=digest_key).exists(),
    )
    person, by_id = told[0].user, {one.pk: one for one in told}
    with translation.override(person.language or "fr"):
        mails = [_single(by_id[pk], now) for pk in found.at_once]
        if found.digest:
            mails.append(_digest(person, digest_key, [by_id[pk] for pk in found.digest], now))
    staff.queue_staff_mails(organisation_id=organisation_id, mails=mails, by=BY)
    mark_passed_on(
        organisation_id=organisation_id,
        notification_ids=[*found.at_once, *found.digest, *found.dropped],
        now=now,
    )


def _address(one: Notification) -> str:
    place = place_of(one)
    return f"{settings.BASE_ADDRESS.rstrip('/')}{place}" if place else ""


def _single(one: Notification, now: datetime) -> staff.NewStaffMail:
    parts = [one.text, _address(one)]
    dispute_id = dispute_of(one.key)
    if one.note_id is not None:
        parts.append(gettext("Answer this e-mail to answer the comment."))
    elif dispute_id is not None:
        parts.append(gettext("Answer this e-mail to answer: your words are kept with the dispute."))
    return staff.NewStaffMail(
        key=f"notification:{one.pk}",
        user_id=one.user_id,
        email=one.user.email,
        subject=one.title,
        text="\n\n".join(part for part in parts if part) or one.title,
        send_after=now,
        about_kind=ABOUT_NOTE if one.note_id is not None else ABOUT_DISPUTE if dispute_id is not None else "",
        about_id=one.note_id if one.note_id is not None else dispute_id,
    )


def _digest(person: User, key: str, told: Sequence[Notification], now: datetime) -> staff.NewStaffMail:
    subject = ngettext("{count} thing to know", "{count} things to know", len(told)).format(count=len(told))
    parts = ["\n".join(part for part in (one.title, one.text[:300], _address(one)) if part) for one in told[:50]]
    if len(told) > len(parts):
        parts.append(gettext("And {count} more, in Encours.").format(count=len(told) - len(parts)))
    return staff.NewStaffMail(
        key=key, user_id=person.pk, email=person.email, subject=subject, text="\n\n".join(parts), send_after=now
    )


def _tell_chats(organisation: Organisation) -> None:
    if organisation.sandbox:
        return
    for hook in notices.chat_hooks(organisation.pk):
        told = notices.untold(hook) if hook.is_active else ()
        if not told or not hooks.claim(hook, up_to=max(one.pk for one in told)):
            continue
        lines = [" ".join(part for part in (f"*{one.title}*", one.text[:200], _address(one)) if part) for one in told]
        try:
            chat.post(hooks.address_of(hook), "\n".join(lines))
        except EncoursError as error:
            hooks.note_problem(hook, problem=error.sentence)
        else:
            hooks.note_problem(hook, problem="")


@app.periodic(cron="* * * * *")
@app.task(queue="messages", queueing_lock="notices.pass_on", lock="notices.pass_on")
def pass_on(timestamp: int) -> None:
    """Each minute: what is due leaves; each thing once."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: pass_on_now(organisation, now))
