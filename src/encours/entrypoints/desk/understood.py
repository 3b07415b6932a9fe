"""What a customer's answer was understood to say, in words, and a person's judgement of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import Scope
from encours.core.ids import masked_iban
from encours.core.money import Money
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.messaging import actions as messaging_actions
from encours.messaging import inbound_queries as inbound
from encours.messaging import queries as messaging
from encours.messaging.models import MailClass, Reply, Understanding

# what a person may say an answer was; machines' answers are no customer's
CHOICES = tuple(
    kind
    for kind in MailClass
    if kind not in {MailClass.BOUNCE, MailClass.COMPLAINT, MailClass.DELIVERY_RECEIPT, MailClass.AUTO_REPLY}
)
_ASKS = {
    "payment_plan": gettext_lazy("asks to pay in instalments"),
    "more_time": gettext_lazy("asks for time"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An understanding as a person reads it."""

    id: int
    kind: str
    label: str
    percent: int
    quote: str
    facts: Sequence[str]
    is_unsure: bool
    names_bank_details: bool


def in_words(understood: Understanding) -> Told:
    """The class, how sure, the sentence relied on, and what it says, in the reader's language."""
    kinds = {intent["class"] for intent in understood.intents}
    return Told(
        id=understood.pk,
        kind=understood.kind,
        label=understood.get_kind_display(),
        percent=understood.confidence_percent,
        quote=understood.quote,
        facts=list(_facts(understood.fields)),
        is_unsure=understood.is_abstaining,
        names_bank_details=MailClass.BANK_DETAIL_CHANGE in kinds,
    )


def _facts(fields: Mapping[str, Any]) -> Iterator[str]:
    language = formats.known_language(get_language())
    for name in ("date", "return_date"):
        if day := fields.get(name):
            yield formats.day_full(date.fromisoformat(day), language=language)
    if amount := fields.get("amount"):
        money = Money.from_decimal(Decimal(amount["amount"]), amount["currency"])
        yield formats.money(money.minor, money.currency, language=language)
    yield from fields.get("invoices", ())[:5]
    if asks := _ASKS.get(fields.get("asks_for", "")):
        yield str(asks)
    if fields.get("about") == "insolvency":
        yield gettext("says the firm is insolvent")
    yield from fields.get("order_numbers", ())
    yield from (masked_iban(iban) for iban in fields.get("ibans", ()))
    yield from fields.get("emails", ())


def attached(replies: Sequence[Reply], *, scope: Scope) -> Sequence[Reply]:
    """The answers, each with `understood`: what it was understood to say, in words, or None."""
    found = inbound.understood_replies([reply.pk for reply in replies], scope=scope) if replies else {}
    for reply in replies:
        reply.understood = in_words(found[reply.pk]) if reply.pk in found else None  # type: ignore[attr-defined]  # for the page
    return replies


@screen("send_message")
@require_POST
def judge(request: DeskRequest, customer_id: int, reply_id: int) -> HttpResponse:
    """Say what an answer really was; the next ones are understood in its light."""
    account_ids = customers.with_merged(customer_id, organisation_id=request.organisation_id)
    reply = next((one for one in messaging.replies(request.scope, account_ids=account_ids) if one.pk == reply_id), None)
    found = inbound.understood_replies([reply_id], scope=request.scope).get(reply_id) if reply else None
    kind = request.POST.get("kind", "")
    if found is None or kind not in CHOICES:
        raise Http404
    messaging_actions.judge_understanding(
        organisation_id=request.organisation_id, understanding_id=found.pk, kind=kind, by=request.actor
    )
    told(request, gettext("Noted: the next answers will be understood in its light."))
    return back(request, reverse("desk:today"))


urlpatterns = [path("today/<int:customer_id>/replies/<int:reply_id>/judge", judge, name="today_judge")]
