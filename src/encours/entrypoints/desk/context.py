"""What the frame of every staff page knows: organisation, person, navigation, how fresh the books are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext, ngettext, pgettext

from encours.access import rules as access
from encours.conversation.queries import approvals
from encours.entrypoints import formats
from encours.entrypoints.desk import navigation, recent, standing
from encours.entrypoints.requests import DeskRequest
from encours.matching.queries import workbench
from encours.team.queries import notices

PHONE_TABS = 4  # and "More"


@dataclass(frozen=True)
class Entry:
    """A line of the rail as this person sees it."""

    label: str
    url: str
    icon: str = ""
    is_current: bool = False
    count: int | None = None
    short_label: str = ""


@dataclass(frozen=True)
class Section:
    """A titled group of lines below the main ones."""

    label: str
    entries: tuple[Entry, ...]
    # lines that are screens of their own, lit as the main ones are
    is_main: bool = False


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context; built only when a whole page asks for it."""
    return {"shell": SimpleLazyObject(lambda: _built(cast(DeskRequest, request)))}


def theme(request: HttpRequest) -> dict[str, str]:
    """The theme asked for, and the one to paint first: without a choice, what the browser said last time."""
    chosen = getattr(request.user, "theme", "") if hasattr(request, "user") else ""
    remembered = request.COOKIES.get("encours-theme", "light")
    shown = chosen or (remembered if remembered in {"light", "dark"} else "light")
    is_dark = shown == "dark"
    return {
        "theme": chosen or "auto",
        "theme_shown": shown,
        "other_theme": "light" if is_dark else "dark",
        "other_theme_icon": "sun" if is_dark else "moon",
        "other_theme_label": gettext("Switch to the light theme") if is_dark else gettext("Switch to the dark theme"),
    }


def _built(request: DeskRequest) -> dict[str, Any]:
    language = formats.known_language(get_language())
    frame: dict[str, Any] = {
        **theme(request),
        "other_language": "fr" if language == "en" else "en",
        "other_language_label": "Passer en français" if language == "en" else "Switch to English",
        "account_url": _address("account") or _address("more"),
        "sandbox": False,
        "version": getattr(settings, "VERSION", ""),
    }
    if getattr(request, "scope", None) is None:
        return frame
    now = standing.of(request.scope, today=request.today)
    current = request.resolver_match.url_name if request.resolver_match else ""
    told = {
        "notifications": notices.unread_count(request.scope) or None,
        "approvals": approvals.count(request.scope) or None,
    }
    counts = {**now.counts, **told}
    main = _entries(navigation.MAIN, request, current=current or "", counts=counts)
    return {
        **frame,
        "organisation_name": request.organisation.name,
        "organisation_note": _note(now),
        "sandbox": request.organisation.sandbox,
        "mailbox_url": _address("mailbox"),
        **_first_steps(request),
        "manages_users": access.can(request.scope, "manage_users"),
        "edits_organisation": access.can(request.scope, "edit_organisation"),
        "entries": main,
        "tabs": _tabs(request, current or ""),
        "sections": _sections(request, current or "", counts=counts),
        "freshness": _freshness(now, language),
        "freshness_tone": now.tone,
    }


def _first_steps(request: DeskRequest) -> dict[str, str | None]:
    """Where an empty screen leads whoever may bring the books in."""
    may = access.can(request.scope, "import_books")
    return {
        "imports_url": _address("imports") if may else None,
        "start_url": _address("start") if may and request.organisation.sandbox else None,
    }


def _note(now: standing.Standing) -> str:
    companies = ngettext("{count} company", "{count} companies", len(now.entities)).format(count=len(now.entities))
    return f"{companies} · {', '.join(now.currencies) or 'EUR'}"


def _freshness(now: standing.Standing, language: str) -> str:
    if now.bank_date is None and now.books_at is None:
        return gettext("No books yet")
    parts = []
    if now.bank_date is not None:
        parts.append(gettext("Bank {day}").format(day=formats.day_month(now.bank_date, language=language)))
    if now.books_at is not None:
        parts.append(gettext("Books {at}").format(at=formats.instant(now.books_at, today=now.today, language=language)))
    return " · ".join(parts)


def _address(name: str) -> str | None:
    try:
        return reverse(f"desk:{name}")
    except NoReverseMatch:
        return None


def _entries(
    screens: Iterable[navigation.Screen],
    request: DeskRequest,
    *,
    current: str,
    counts: Mapping[str, int | None] | None = None,
) -> tuple[Entry, ...]:
    shown = []
    for screen in screens:
        url = screen.address
        if url is None or not navigation.is_offered(screen, request.scope):
            continue
        is_current = current == screen.key or current in screen.owns
        shown.append(
            Entry(
                label=str(screen.label),
                url=url,
                icon=screen.icon,
                is_current=is_current,
                count=(counts or {}).get(screen.key),
                short_label=str(screen.tab_label),
            )
        )
    return tuple(shown)


def _tabs(request: DeskRequest, current: str) -> tuple[Entry, ...]:
    wanted = [screen for screen in navigation.MAIN if screen.tab_label]
    tabs = _entries(wanted, request, current=current)[:PHONE_TABS]
    more = Entry(
        label=gettext("More"),
        short_label=gettext("More"),
        url=reverse("desk:more"),
        icon="dots",
        is_current=not any(entry.is_current for entry in tabs),
    )
    return *tabs, more


def _sections(request: DeskRequest, current: str, *, counts: Mapping[str, int | None]) -> list[Section]:
    sections = [
        Section(label, _entries(screens, request, current=current, counts=counts), is_main=True)
        for label, screens in (
            (gettext("Follow-up"), navigation.FOLLOWED),
            (pgettext("rail", "Sending"), navigation.SENDING),
        )
    ]
    reports = _entries(navigation.REPORTS, request, current=current)
    if any(entry.is_current for entry in reports):
        sections.append(Section(gettext("Reports"), reports))
    if current.startswith("cash"):
        sections.append(Section(gettext("Sources"), _sources(request)))
    opened = tuple(
        replace(Entry(label=name, url=url), is_current=url == request.path) for name, url in recent.customers(request)
    )
    if opened and current.startswith("customer"):
        sections.append(Section(gettext("Recently opened"), opened))
    # once messages leave, what had to be done first is done
    wanted = [screen for screen in navigation.SETUP if screen.key != "start" or request.organisation.sandbox]
    setup = _entries(wanted, request, current=current)
    if setup:
        sections.append(Section(gettext("Set up"), setup))
    return sections


def _sources(request: DeskRequest) -> tuple[Entry, ...]:
    """The bank accounts on which something waits, all of them first."""
    counts = workbench.queue_counts(request.scope)
    chosen, address = request.GET.get("account", ""), reverse("desk:cash")
    icons = {"psp": "credit-card", "cheques": "checkbox"}
    by_account: dict[int, Entry] = {}
    for one in counts:
        before = by_account.get(one.account_id)
        by_account[one.account_id] = Entry(
            label=one.account_name,
            url=f"{address}?account={one.account_id}",
            icon=icons.get(one.account_kind, "building-bank"),
            is_current=chosen == str(one.account_id),
            count=one.count + (before.count or 0 if before else 0),
        )
    whole = Entry(gettext("All accounts"), address, "stack-2", not chosen, sum(one.count for one in counts))
    return whole, *by_account.values()


def more_sections(request: DeskRequest) -> list[Section]:
    """Every screen this person has, for the phone's last tab."""
    named: list[tuple[Callable[[], str], Sequence[navigation.Screen]]] = [
        (lambda: gettext("Work"), navigation.MAIN),
        (lambda: gettext("Follow-up"), navigation.FOLLOWED),
        (lambda: pgettext("rail", "Sending"), navigation.SENDING),
        (lambda: gettext("Reports"), navigation.REPORTS),
        (lambda: gettext("Set up"), navigation.SETUP),
    ]
    return [Section(label(), _entries(screens, request, current="")) for label, screens in named]
