"""Each Monday morning, a report of the week to everybody who wants one: their customers, in one page of words."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext
from procrastinate.contrib.django import app

from encours.access.models import Membership, Organisation
from encours.access.queries import scope_of
from encours.access.rules import can
from encours.analytics.queries.weekly import Weekly, weekly
from encours.collections.queries import facts
from encours.core.actors import Actor
from encours.core.dates import zone
from encours.entrypoints import formats
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.messaging.actions import staff
from encours.messaging.models import StaffMail
from encours.team.queries import notices

BY = Actor.system("reports")
MONDAY, LEAVES_AT = 0, time(7)


def report_now(organisation: Organisation, now: datetime) -> int:
    """Queue the reports of the week where it is Monday morning; each person gets one a week."""
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    local = now.astimezone(zone(calendar.timezone))
    if local.weekday() != MONDAY or local.time() < LEAVES_AT:
        return 0
    today = local.date()
    members = Membership.objects.filter(organisation=organisation, is_active=True, user__is_active=True)
    keys = {member.pk: f"report:{member.user_id}:{today.isoformat()}" for member in members}
    known = StaffMail.objects.filter(organisation=organisation, key__in=keys.values()).values_list("key", flat=True)
    made = []
    for member in members.select_related("user").exclude(pk__in=[pk for pk, key in keys.items() if key in set(known)]):
        if mail := _report(member, keys[member.pk], today=today, now=now):
            made.append(mail)
    return staff.queue_staff_mails(organisation_id=organisation.pk, mails=made, by=BY)


def _report(member: Membership, key: str, *, today: date, now: datetime) -> staff.NewStaffMail | None:
    scope = scope_of(member)
    choice = notices.choice_of(member.user_id, organisation_id=member.organisation_id)
    if not choice.weekly_report or not can(scope, "view_books"):
        return None
    seen = weekly(scope, today=today)
    if seen.is_empty:
        return None
    with translation.override(member.user.language or "fr"):
        language = formats.known_language(translation.get_language())
        subject = gettext("Your customers, week of {day}").format(day=formats.day_long(seen.first, language=language))
        text = told(seen, language=language)
    return staff.NewStaffMail(
        key=key, user_id=member.user_id, email=member.user.email, subject=subject, text=text, send_after=now
    )


def told(seen: Weekly, *, language: str) -> str:
    """The week in words, figures in the reader's style; each figure can be opened in the product."""
    lines = [
        gettext("Owed: {amounts}").format(amounts=_amounts(seen.owed_minor, language)),
        gettext("Of which overdue: {amounts} ({change} in a week)").format(
            amounts=_amounts(seen.overdue_minor, language), change=_changes(seen, language)
        ),
        gettext("Received this week: {amounts}").format(amounts=_amounts(seen.received_minor, language)),
    ]
    parts = ["\n".join(lines)]
    if seen.latest:
        rows = [
            gettext("{name} ({number}): {amount}").format(
                name=one.name,
                number=one.number,
                amount=formats.money(one.overdue_minor, one.currency, language=language),
            )
            for one in seen.latest
        ]
        parts.append("\n".join([gettext("Most overdue:"), *rows]))
    parts.append(
        "\n".join(
            [
                ngettext("{count} promise not kept", "{count} promises not kept", seen.promises_broken).format(
                    count=seen.promises_broken
                ),
                gettext("Disputes: {opened} opened, {closed} closed, {still} open").format(
                    opened=seen.disputes_opened, closed=seen.disputes_closed, still=seen.disputes_open
                ),
            ]
        )
    )
    parts.append(f"{settings.BASE_ADDRESS.rstrip('/')}/customers?only=overdue")
    return "\n\n".join(parts)


def _amounts(amounts: Mapping[str, int], language: str) -> str:
    return " + ".join(formats.money(minor, currency, language=language) for currency, minor in amounts.items()) or "0"


def _changes(seen: Weekly, language: str) -> str:
    currencies = sorted({*seen.overdue_minor, *seen.overdue_before_minor})
    found = []
    for currency in currencies:
        minor = seen.overdue_minor.get(currency, 0) - seen.overdue_before_minor.get(currency, 0)
        sign = "+" if minor > 0 else ""
        found.append(f"{sign}{formats.money(minor, currency, language=language)}")
    return ", ".join(found) or "0"


@app.periodic(cron="*/20 5-20 * * 1")
@app.task(queue="messages", queueing_lock="reports.weekly", lock="reports.weekly")
def report(timestamp: int) -> None:
    """On Mondays, until everybody has theirs."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: _counted(organisation, now))


def _counted(organisation: Organisation, now: datetime) -> None:
    report_now(organisation, now)
