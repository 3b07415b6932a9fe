"""Debts in a partner's hands: handed over, the link, what was said and came in, taken back."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.core.errors import Refused, gettext_noop
from encours.core.money import ENGLISH, FRENCH, Money, read_decimal
from encours.customers import queries as customers
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.ledger import queries as ledger
from encours.ledger.models import OpenItem
from encours.recovery import actions as recovery
from encours.recovery.actions.handovers import CHASED, HandOverUnknown
from encours.recovery.models import HandOverEnd, HandOverItem, PartnerKind, StatusCode
from encours.recovery.queries import handovers
from encours.recovery.queries.handovers import HandOverSeen

LINK_DAYS = 90
SHOWN = 200


class FieldUnreadable(Refused):
    """A day, an amount or a rate of the form is not one."""

    message = gettext_noop("“{text}” cannot be read: write a day, an amount or a rate.")


def _style() -> Any:
    return ENGLISH if (get_language() or "").startswith("en") else FRENCH


def permyriad(text: str) -> int:
    """A percentage as written in a form, in ten-thousandths: "12,5" -> 1250."""
    found = read_decimal(text.replace("%", "").strip() or "0", style=_style())
    if found is None or not 0 <= found <= 100:
        raise FieldUnreadable(text=text)
    return int(found * Decimal(100))


@screen("view_books")
def handovers_list(request: DeskRequest) -> HttpResponse:
    seen = handovers.handovers(request.scope, limit=SHOWN)
    standing = [one for one in seen if one.handover.ended_date is None]
    sums: dict[str, dict[str, Any]] = {}
    for one in standing:
        currency = one.handover.currency
        row = sums.setdefault(currency, {"currency": currency, "open": 0, "received": 0, "fee": 0})
        row["open"] += one.open_minor
        row["received"] += one.received_minor
        row["fee"] += one.fee_minor
    context = {"rows": seen, "totals": list(sums.values()), "count": len(standing)}
    return render(request, "desk/handovers/list.html", context)


@screen("hand_over")
def new(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    if request.method == "POST":
        partner_id = int(request.POST.get("partner") or 0) if request.POST.get("partner", "").isdecimal() else 0
        if name := request.POST.get("name", "").strip():
            partner_id = recovery.add_partner(
                organisation_id=request.organisation_id,
                name=name[:200],
                kind=request.POST.get("kind", ""),
                email=request.POST.get("email", "")[:254],
                fee_permyriad=permyriad(request.POST.get("fee", "")),
                by=request.actor,
            ).pk
        wanted = recovery.NewHandOver(
            customer_id=who.pk,
            partner_id=partner_id,
            item_ids=[int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()],
            key=f"desk:{request.POST.get('key', '')[:60]}",
            fee_permyriad=permyriad(request.POST["fee"]) if request.POST.get("fee", "").strip() else None,
            note=request.POST.get("note", "")[:500],
        )
        made = recovery.hand_over(
            wanted, organisation_id=request.organisation_id, today=request.today, by=request.actor
        )
        told(request, gettext("Handed over: our reminders leave these items alone"))
        return redirect("desk:handover", handover_id=made.pk)
    context = {
        "customer": who,
        "items": _due(request, who.pk),
        "partners": handovers.partners(request.organisation_id),
        "kinds": PartnerKind.choices,
        "key": uuid4(),
    }
    return render(request, "desk/handovers/new.html", context)


def _due(request: DeskRequest, customer_id: int) -> list[OpenItem]:
    handed = set(
        HandOverItem.objects.filter(
            organisation_id=request.organisation_id, handover__ended_date__isnull=True
        ).values_list("item_id", flat=True)
    )
    items = ledger.account_items(customer_id, scope=request.scope, limit=400)
    return [
        item
        for item in items
        if item.open_minor > 0
        and item.kind in CHASED
        and item.due_date < request.today
        and item.pk not in handed
        and item.customer_id == customer_id
    ]


def _seen(request: DeskRequest, handover_id: int) -> HandOverSeen:
    found = handovers.handover_seen(handover_id, scope=request.scope)
    if found is None:
        raise HandOverUnknown
    return found


@screen("view_books")
def handover(request: DeskRequest, handover_id: int) -> HttpResponse:
    seen = _seen(request, handover_id)
    return render(request, "desk/handovers/handover.html", _shown(request, seen))


def _shown(request: DeskRequest, seen: HandOverSeen, *, link: str = "") -> dict[str, Any]:
    row = seen.handover
    return {
        "seen": seen,
        "handover": row,
        "customer": row.customer,
        "codes": StatusCode.choices,
        "ends": HandOverEnd.choices,
        "key": uuid4(),
        "link": link,
        "is_link_open": row.link_expires_at is not None and row.link_expires_at > request.now,
        "may": access.can(request.scope, "hand_over"),
    }


@screen("hand_over")
@require_POST
def give_link(request: DeskRequest, handover_id: int) -> HttpResponse:
    """The link is shown once, on the page that answers."""
    seen = _seen(request, handover_id)
    if request.POST.get("do") == "revoke":
        recovery.revoke_link(organisation_id=request.organisation_id, handover_id=seen.handover.pk, by=request.actor)
        told(request, gettext("The link opens nothing any more"))
        return redirect("desk:handover", handover_id=handover_id)
    days = request.POST.get("days", "")
    secret = recovery.give_link(
        organisation_id=request.organisation_id,
        handover_id=seen.handover.pk,
        days=int(days) if days.isdecimal() and len(days) < 4 else LINK_DAYS,
        now=request.now,
        by=request.actor,
    )
    address = request.build_absolute_uri(reverse("portal:hand_over", args=[secret]))
    answer = render(request, "desk/handovers/handover.html", _shown(request, _seen(request, handover_id), link=address))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@screen("hand_over")
@require_POST
def event(request: DeskRequest, handover_id: int) -> HttpResponse:
    seen = _seen(request, handover_id)
    amount, fee = request.POST.get("amount", "").strip(), request.POST.get("fee", "").strip()
    currency = seen.handover.currency
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise FieldUnreadable(text=request.POST.get("day", ""))
    said = recovery.Said(
        code=request.POST.get("code", ""),
        day=day,
        key=f"desk:{request.POST.get('key', '')[:60]}",
        amount_minor=Money.parse(amount, currency, style=_style()).minor if amount else 0,
        fee_minor=Money.parse(fee, currency, style=_style()).minor if fee else None,
        text=request.POST.get("text", "")[:2000],
    )
    recovery.note_event(
        said,
        organisation_id=request.organisation_id,
        handover_id=seen.handover.pk,
        today=request.today,
        by=request.actor,
        is_partner=False,
    )
    told(request, gettext("Noted"))
    return redirect("desk:handover", handover_id=handover_id)


@screen("hand_over")
@require_POST
def end(request: DeskRequest, handover_id: int) -> HttpResponse:
    seen = _seen(request, handover_id)
    recovery.end_hand_over(
        organisation_id=request.organisation_id,
        handover_id=seen.handover.pk,
        ended_as=request.POST.get("as", ""),
        today=request.today,
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(request, gettext("The hand-over has ended"))
    return redirect("desk:handover", handover_id=handover_id)


urlpatterns = [
    path("hand-overs", handovers_list, name="handovers"),
    path("hand-overs/<int:handover_id>", handover, name="handover"),
    path("hand-overs/<int:handover_id>/link", give_link, name="handover_link"),
    path("hand-overs/<int:handover_id>/event", event, name="handover_event"),
    path("hand-overs/<int:handover_id>/end", end, name="handover_end"),
    path("customers/<path:number>/recovery/hand-over", new, name="handover_new"),
]
