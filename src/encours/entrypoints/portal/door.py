"""How a customer comes in: the link is exchanged for a cookie, each page asks the link again, nothing is cached."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, gettext

from encours.access import context
from encours.access.queries import business_day
from encours.core.errors import EncoursError
from encours.core.money import ENGLISH, FRENCH, DecimalStyle
from encours.customers.models import Customer
from encours.entrypoints import formats
from encours.entrypoints.responses import status_of
from encours.portal import actions as portal
from encours.portal import rules
from encours.portal.models import Elsewhere, PortalPolicy
from encours.portal.queries import PATH, Opened, Person, opened_by

COOKIE, LANGUAGE_COOKIE = "encours_portal", "encours_portal_language"
# wrong links from one machine, and forms of one person, within the cache's five minutes
WRONG_MAX, ACTS_MAX = 20, 30
TO = {"promise": "customer_portal:promise", "dispute": "customer_portal:contest"}


@dataclass(frozen=True)
class Visit:
    """A request of somebody whose link is good: whose account, who, on which day, in which browser."""

    request: HttpRequest
    opened: Opened
    browser: str
    is_preview: bool
    now: datetime
    today: date  # in the selling organisation's calendar

    @property
    def organisation_id(self) -> int:
        """The organisation the connection is bound to."""
        return self.opened.link.organisation_id

    @property
    def customer(self) -> Customer:
        """Whose account it is."""
        return self.opened.customer

    @property
    def person(self) -> Person:
        """Whom the link was made for."""
        return self.opened.person

    @property
    def policy(self) -> PortalPolicy:
        """What is offered here."""
        return self.opened.policy

    @property
    def handle(self) -> str:
        """The account and person in addresses."""
        return self.opened.link.handle

    @property
    def is_elsewhere(self) -> bool:
        """Whether somebody acted in another browser first."""
        first = self.opened.access.browser if self.opened.access else ""
        return bool(first) and first != rules.browser_mark(self.browser)

    @property
    def may_act(self) -> bool:
        """Whether forms are shown: not to a colleague who looks, nor elsewhere where that is not wanted."""
        return not self.is_preview and not (self.is_elsewhere and self.policy.elsewhere == Elsewhere.VIEW)

    def to(self, name: str, *args: Any) -> str:
        """The address of another page of this account."""
        return reverse(f"customer_portal:{name}", args=[self.handle, *args])


type View = Callable[..., HttpResponseBase]


def opened_page(view: View) -> View:
    """A view of the account behind the cookie, inside its organisation and for the time of the request only."""

    @wraps(view)
    def guarded(request: HttpRequest, handle: str, **given: Any) -> HttpResponseBase:
        secret, browser, is_marked = _read(request, handle)
        stated = rules.read(secret)
        if stated is None or stated[0].handle != handle:
            return refused(request)
        now = timezone.now()
        with context.bound(stated[0].organisation_id):
            today = business_day(stated[0].organisation_id, now=now)
            opened = opened_by(secret, today=today)
            if opened is None:
                return refused(request)
            visit = Visit(request, opened, browser, is_marked or is_colleague(request, opened), now, today)
            with translation.override(language_of(request, opened)):
                if not visit.is_preview:
                    portal.note_visit(opened, browser=browser, now=now)
                return sealed(_answer(view, visit, given))

    return guarded


def _answer(view: View, visit: Visit, given: dict[str, Any]) -> HttpResponseBase:
    try:
        return view(visit, **given)
    except Http404:
        sentence = gettext("There is no such page on your account.")
        return shown(visit, "portal/said.html", {"sentence": sentence}, status=404)
    except EncoursError as error:
        return shown(visit, "portal/said.html", {"sentence": error.translated(gettext)}, status=status_of(error))


def come_in(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The link of a message: good, it becomes a cookie of this one account and leaves the address bar."""
    if is_over("wrong", _machine(request), most=WRONG_MAX, counts=False):
        return refused(request, status=429)
    stated = rules.read(secret)
    if stated is None:
        return _wrong(request)
    link = stated[0]
    now = timezone.now()
    with context.bound(link.organisation_id):
        opened = opened_by(secret, today=business_day(link.organisation_id, now=now))
        is_preview = opened is not None and is_colleague(request, opened)
    if opened is None:
        return _wrong(request)
    name = TO.get(request.GET.get("to", ""), "customer_portal:home")
    answer = HttpResponseRedirect(reverse(name, args=[link.handle]))
    chance = _read(request, link.handle)[1] or secrets.token_urlsafe(16)
    kept_seconds = max(1, (link.until - now.date()).days) * 86_400
    keep(answer, cookie_of(link.handle), f"{secret}.{chance}.{'seen' if is_preview else ''}", seconds=kept_seconds)
    answer = sealed(answer)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _wrong(request: HttpRequest) -> HttpResponse:
    is_over("wrong", _machine(request), most=WRONG_MAX)
    return refused(request)


def cookie_of(handle: str) -> str:
    """The cookie of one account and person: several may be open in one browser."""
    return f"{COOKIE}_{handle}"


def keep(answer: HttpResponseBase, name: str, value: str, *, seconds: int) -> None:
    """Have the browser keep something for the portal alone, out of reach of scripts."""
    answer.set_cookie(name, value, max_age=seconds, path=PATH, httponly=True, samesite="Lax", secure=settings.IS_HTTPS)


def _read(request: HttpRequest, handle: str) -> tuple[str, str, bool]:
    """The link's secret, the browser's chance number, and whether a colleague opened it to look."""
    secret, _, rest = request.COOKIES.get(cookie_of(handle), "").partition(".")
    chance, _, mark = rest.partition(".")
    return secret[:200], chance[:40], mark == "seen"


def is_colleague(request: HttpRequest, opened: Opened) -> bool:
    """Whether a member of the organisation looks at the page its customer sees."""
    return getattr(request, "organisation_id", None) == opened.link.organisation_id


def language_of(request: HttpRequest, opened: Opened) -> str:
    """The language chosen here, else the person's, else the browser's."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "") or opened.person.language or opened.customer.language
    return formats.known_language(chosen or get_language())


def style() -> DecimalStyle:
    """How amounts are written by whoever reads this language."""
    return ENGLISH if (get_language() or "").startswith("en") else FRENCH


def refused(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    """One page for whatever does not open: forged, revoked, too old, closed, or nobody's."""
    return sealed(render(request, "portal/closed.html", {"is_too_often": status == 429}, status=status))


def shown(visit: Visit, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the portal, with what every page has."""
    return render(visit.request, template, {**context, "visit": visit, "here": template}, status=status)


def sealed[Answer: HttpResponseBase](answer: Answer) -> Answer:
    """Kept by nobody, found by no search, framed by nobody, told to no other site."""
    patch_cache_control(answer, no_store=True, no_cache=True, private=True, max_age=0)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def is_over(kind: str, who: str, *, most: int, counts: bool = True) -> bool:
    """Whether somebody has done a thing too often of late; counted in the cache, forgotten after five minutes."""
    key = f"portal:{kind}:{who}"
    if not counts:
        return int(cache.get(key, 0)) >= most
    cache.add(key, 0)
    return int(cache.incr(key)) > most


def _machine(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request))
