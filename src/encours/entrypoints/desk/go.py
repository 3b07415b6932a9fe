"""Go anywhere: customers by number or name, documents by number, screens by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext

from encours.core.text import fold
from encours.customers import queries as customers
from encours.entrypoints.desk import navigation, recent, standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial
from encours.invoices import queries as invoices

CUSTOMER_HITS = 8
DOCUMENT_HITS = 6


@dataclass(frozen=True)
class Place:
    """Somewhere to go."""

    group: str
    label: str
    note: str
    url: str
    icon: str


@screen()
def go(request: DeskRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    places = [*_customers(request, text), *_documents(request, text), *_screens(request, text)]
    template = "desk/go/_places.html" if is_partial(request) else "desk/go/page.html"
    return render(request, template, {"places": places, "text": text})


def _screens(request: DeskRequest, text: str) -> Sequence[Place]:
    wanted, group, seen, places = fold(text), gettext("Screens"), set(), []
    rail = (*navigation.MAIN, *navigation.FOLLOWED, *navigation.SENDING, *navigation.REPORTS, *navigation.SETUP)
    for one in (*rail, *(navigation.WITHIN if wanted else ())):
        url = one.address
        if url and navigation.is_offered(one, request.scope) and url not in seen and wanted in fold(str(one.label)):
            seen.add(url)
            places.append(Place(group, str(one.label), "", url, one.icon))
    return places


def _customers(request: DeskRequest, text: str) -> Sequence[Place]:
    if not text:
        group = gettext("Recently opened")
        return [Place(group, name, "", url, "building") for name, url in recent.customers(request)]
    return [
        Place(
            gettext("Customers"),
            found.name,
            " · ".join(part for part in (found.number, found.city) if part),
            reverse("desk:customer", args=[found.number]),
            "building",
        )
        for found in customers.search(text, scope=request.scope, limit=CUSTOMER_HITS)
    ]


def _documents(request: DeskRequest, text: str) -> Sequence[Place]:
    entity_ids = [entity_id for entity_id, _ in standing.of(request.scope, today=request.today).entities]
    found = invoices.by_number(text, scope=request.scope, entity_ids=entity_ids, limit=DOCUMENT_HITS)
    return [
        Place(
            gettext("Documents"), one.number, one.customer.name, reverse("desk:document", args=[one.pk]), "file-invoice"
        )
        for one in found
    ]


urlpatterns = [path("go", go, name="go")]
