"""Getting started: what a new organisation does before its first message leaves, each step read from what is there."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext, ngettext

from encours.access import queries as access
from encours.access.models import Entity
from encours.access.rules import can
from encours.collections.queries.facts import policy_of
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.entrypoints.desk import standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.messaging import queries as messaging

# of so many customers one may lack an address or a collector: the others can be worked meanwhile
LACKING_ONE_IN = 20


@dataclass(frozen=True)
class Step:
    """One thing to do: why, what is there already, and where it is done."""

    title: str
    why: str
    fact: str
    is_done: bool
    label: str
    address: str
    may: bool


@screen("import_books")
def start(request: DeskRequest) -> HttpResponse:
    steps = [step(request) for step in STEPS]
    waiting = [step for step in steps if not step.is_done and step.may]
    context = {
        "steps": steps,
        "done_count": sum(step.is_done for step in steps),
        "upcoming": waiting[0] if waiting else None,
    }
    return render(request, "desk/start/page.html", context)


def _company(request: DeskRequest) -> Step:
    found = list(access.entities(request.scope))
    incomplete = [entity for entity in found if not (entity.iban and entity.siren and entity.street)]
    fact = ", ".join(entity.name for entity in found)
    if incomplete:
        fact = gettext("{name}: address, SIREN and IBAN are not all there.").format(name=incomplete[0].name)
    address = reverse("desk:company_new")
    if found:
        address = reverse("desk:company", args=[(incomplete or found)[0].pk])
    return Step(
        title=gettext("Your company"),
        why=gettext("Its name, its legal mentions and its IBAN stand on every letter."),
        fact=fact,
        is_done=bool(found) and not incomplete,
        label=_company_label(found, incomplete),
        address=address,
        may=can(request.scope, "edit_entity"),
    )


def _company_label(found: list[Entity], incomplete: list[Entity]) -> str:
    if not found:
        return gettext("Add a company")
    return gettext("Complete it") if incomplete else gettext("Open its page")


def _books(request: DeskRequest) -> Step:
    now = standing.of(request.scope, today=request.today)
    count = now.counts.get("customers", 0)
    return Step(
        title=gettext("The books"),
        why=gettext("A FEC, or exports of customers and invoices: all is shown before it is written."),
        fact=ngettext("{count} customer", "{count} customers", count).format(count=_count(count)) if count else "",
        is_done=now.books_at is not None,
        label=gettext("Import a file"),
        address=reverse("desk:imports"),
        may=True,
    )


def _addresses(request: DeskRequest) -> Step:
    total, gaps = customers.quality_gaps(request.scope)
    lacking = {gap.code: gap.count for gap in gaps}
    parts = []
    if without := lacking["email"]:
        parts.append(gettext("without an e-mail address: {count}").format(count=_count(without)))
    if without := lacking["collector"]:
        parts.append(gettext("without a collector: {count}").format(count=_count(without)))
    worst = max(lacking["email"], lacking["collector"])
    return Step(
        title=gettext("Whom to write to"),
        why=gettext("A reminder needs an address, and a customer somebody who follows it."),
        fact=gettext("Of {total}: {parts}").format(total=_count(total), parts=", ".join(parts)) if parts else "",
        is_done=bool(total) and worst * LACKING_ONE_IN <= total,
        label=gettext("See what is missing"),
        address=reverse("desk:quality"),
        may=True,
    )


def _bank(request: DeskRequest) -> Step:
    known = standing.of(request.scope, today=request.today).bank_date
    day = formats.day(known, language=formats.known_language(get_language())) if known else ""
    return Step(
        title=gettext("The bank"),
        why=gettext("Nobody is asked for money that came already: until payments are known, reminders are held."),
        fact=gettext("Known up to {day}").format(day=day) if day else "",
        is_done=known is not None,
        label=gettext("Import a statement"),
        address=reverse("desk:imports"),
        may=True,
    )


def _people(request: DeskRequest) -> Step:
    people = sum(member.is_active for member in access.members(request.organisation_id))
    return Step(
        title=gettext("Your colleagues"),
        why=gettext("Each sees what their role allows; a collector's list has their own customers."),
        fact=gettext("{count} people").format(count=_count(people)) if people > 1 else "",
        is_done=people > 1,
        label=gettext("Invite a person"),
        address=reverse("desk:user_new"),
        may=can(request.scope, "manage_users"),
    )


def _mail(request: DeskRequest) -> Step:
    accounts = list(messaging.accounts(request.organisation_id))
    tested = [account.from_email for account in accounts if account.verified_at]
    fact = tested[0] if tested else gettext("Saved, and not tested yet") if accounts else ""
    return Step(
        title=gettext("An address to write from"),
        why=gettext("Messages leave from your own mail server, and answers come back to you."),
        fact=fact,
        is_done=bool(tested),
        label=gettext("Test it") if accounts else gettext("Add an address"),
        address=reverse("desk:mail_accounts"),
        may=can(request.scope, "send_message"),
    )


def _policy(request: DeskRequest) -> Step:
    policy = policy_of(request.organisation_id)
    hours = {"opens": f"{policy.opens_at:%H:%M}", "closes": f"{policy.closes_at:%H:%M}", "cap": policy.weekly_cap}
    return Step(
        title=gettext("When messages leave"),
        why=gettext("Days, hours, public holidays, and how often a customer may hear from you."),
        fact=gettext("From {opens} to {closes}, at most {cap} a week").format(**hours),
        is_done=policy.pk is not None,
        label=gettext("Choose"),
        address=reverse("desk:sending"),
        may=can(request.scope, "edit_scenario"),
    )


def _trial(request: DeskRequest) -> Step:
    has_letters = bool(messaging.mailbox(request.scope, limit=1))
    return Step(
        title=gettext("Read what would leave"),
        why=gettext("The standard scenario writes from the first night; in the sandbox its letters stay here."),
        fact=gettext("Letters wait in the trial mailbox.") if has_letters else "",
        is_done=has_letters or not request.organisation.sandbox,
        label=gettext("See the next thirty days"),
        address=reverse("desk:dry_run"),
        may=True,
    )


def _leaving(request: DeskRequest) -> Step:
    return Step(
        title=gettext("Let messages leave"),
        why=gettext("An administrator ends the sandbox, with a reason that is kept."),
        fact="",
        is_done=not request.organisation.sandbox,
        label=gettext("Settings"),
        address=reverse("desk:settings"),
        may=can(request.scope, "edit_organisation"),
    )


def _count(figure: int) -> str:
    return formats.number(figure, language=formats.known_language(get_language()))


STEPS: tuple[Callable[[DeskRequest], Step], ...] = (
    _company,
    _books,
    _addresses,
    _bank,
    _people,
    _mail,
    _policy,
    _trial,
    _leaving,
)

urlpatterns = [path("start", start, name="start")]
