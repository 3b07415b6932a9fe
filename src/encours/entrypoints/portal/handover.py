"""A partner's page of one hand-over, by its link, and the same for programs, by the link's secret as a bearer token."""

import json
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from encours.access import context
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.core.errors import EncoursError
from encours.core.money import ENGLISH, FRENCH, Money
from encours.entrypoints.responses import status_of
from encours.recovery import actions as recovery
from encours.recovery.actions.handovers import EventUnusable, LinkRefused, Said
from encours.recovery.models import StatusCode
from encours.recovery.queries.handovers import HandOverSeen, opened_by
from encours.recovery.rules import links

BODY_BYTES_MAX = 20_000


def opened(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of what the secret opens, inside its organisation and for the time of the request only."""

    @wraps(view)
    def guarded(request: HttpRequest, secret: str = "") -> HttpResponse:  # no secret: an empty default
        link = links.read(secret or _bearer(request))
        if link is None:
            return _refused(request, LinkRefused())
        with context.bound(link.organisation_id):
            seen = opened_by(link, now=timezone.now())
            if seen is None:
                return _refused(request, LinkRefused())
            try:
                return view(request, seen)
            except EncoursError as error:
                return _refused(request, error)

    return guarded


def _bearer(request: HttpRequest) -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _refused(request: HttpRequest, error: EncoursError) -> HttpResponse:
    if "/api/" in request.path_info:
        return JsonResponse(error.as_json(gettext), status=status_of(error))
    return render(request, "portal/refused.html", {"sentence": error.translated(gettext)}, status=status_of(error))


@never_cache
@require_http_methods(["GET", "POST"])
@opened
def page(request: HttpRequest, seen: HandOverSeen) -> HttpResponse:
    """What was handed over and how it stands; a form to say what happened."""
    if request.method == "POST":
        _note(request, seen, _form(request, seen))
        return redirect(request.path_info)
    shown = {
        "seen": seen,
        "handover": seen.handover,
        "codes": StatusCode.choices,
        "key": uuid4(),
        "today": _today(seen),
    }
    with translation.override(get_language() or "fr"):
        response = render(request, "portal/hand_over.html", shown)
    # to no other site; "no-referrer" would have the browser send its own form without an origin, and be refused
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _today(seen: HandOverSeen) -> date:
    return business_date(timezone.now(), timezone=seen.handover.entity.timezone)


def _form(request: HttpRequest, seen: HandOverSeen) -> Said:
    style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
    amount, fee = request.POST.get("amount", "").strip(), request.POST.get("fee", "").strip()
    return Said(
        code=request.POST.get("code", ""),
        day=_day(request.POST.get("day", "")),
        key=f"page:{request.POST.get('key', '')[:60]}",
        amount_minor=Money.parse(amount, seen.handover.currency, style=style).minor if amount else 0,
        fee_minor=Money.parse(fee, seen.handover.currency, style=style).minor if fee else None,
        text=request.POST.get("text", "")[:2000],
    )


def _day(text: str) -> date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise EventUnusable
    return found


def _note(request: HttpRequest, seen: HandOverSeen, said: Said) -> None:
    recovery.note_event(
        said,
        organisation_id=seen.handover.organisation_id,
        handover_id=seen.handover.pk,
        today=_today(seen),
        by=Actor(user_id=None, name=seen.handover.partner.name, channel="portal"),
        is_partner=True,
    )


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
@opened
def api(request: HttpRequest, seen: HandOverSeen) -> HttpResponse:
    """The hand-over as JSON; POST an event: {"key", "code", "day", "amount", "fee", "text"}."""
    if request.method == "POST":
        _note(request, seen, _event(request, seen))
        link = links.read(_bearer(request))
        seen = (opened_by(link, now=timezone.now()) if link else None) or seen
    return JsonResponse(document(seen))


def _event(request: HttpRequest, seen: HandOverSeen) -> Said:
    try:
        given: Any = json.loads(request.body[:BODY_BYTES_MAX])
        currency = seen.handover.currency
        fee = given.get("fee")
        return Said(
            code=str(given["code"]),
            day=_day(str(given["day"])),
            key=f"api:{given['key']}"[:100],
            amount_minor=Money.parse(str(given.get("amount") or "0"), currency, style=ENGLISH).minor,
            fee_minor=Money.parse(str(fee), currency, style=ENGLISH).minor if fee is not None else None,
            text=str(given.get("text", ""))[:2000],
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        raise EventUnusable from None


def document(seen: HandOverSeen) -> dict[str, Any]:
    """What a partner may know of a hand-over, and nothing else of the account."""
    row, who = seen.handover, seen.handover.customer
    return {
        "number": row.number,
        "creditor": row.entity.name,
        "debtor": {
            "name": who.name, "siren": who.siren, "street": who.street, "postcode": who.postcode, "city": who.city,
            "country": who.country, "email": who.email, "phone": who.phone,
        },
        "handed_date": row.handed_date.isoformat(),
        "handed": Money(row.amount_minor, row.currency).as_json(),
        "open": Money(seen.open_minor, row.currency).as_json(),
        "items": [
            {
                "invoice_number": item.document_number,
                "issue_date": item.item_date.isoformat(),
                "due_date": item.due_date.isoformat(),
                "handed": Money(item.amount_minor, row.currency).as_json(),
                "open": Money(minor, row.currency).as_json(),
            }
            for item, minor in seen.rows
        ],
        "events": [
            {
                "code": event.code,
                "day": event.day.isoformat(),
                "amount": Money(event.amount_minor, row.currency).as_json(),
                "fee": Money(event.fee_minor, row.currency).as_json(),
                "text": event.text,
                "is_partner": event.is_partner,
            }
            for event in seen.events
        ],
    }  # fmt: skip
