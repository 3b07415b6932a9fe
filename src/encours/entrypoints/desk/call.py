"""The call screen: what is owed, whom to call, what to say, what was said before; and what came of it, in two keys."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy

from encours.access import queries as access
from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions.calls import DisputeSaid, PromiseSaid
from encours.collections.day_models import OUTCOMES
from encours.collections.queries import account, calls, decisions, ranking
from encours.collections.rules.calls import ATTEMPTS_MAX, CallOutcome, is_worth_a_call
from encours.collections.rules.scripts import VARIABLES, spoken, usual_script
from encours.collections.rules.steps import Channel
from encours.core.money import Money
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.disputes import queries as disputes
from encours.entrypoints import formats
from encours.entrypoints.desk import accounts, approach, timeline
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.ledger import queries as ledger
from encours.messaging.rules import phones

ITEMS_SHOWN = 100
HISTORY_SHOWN = 12
PAYMENTS = 3
# the key that chooses each outcome; Enter then keeps the call
KEYS = {
    "reached": "r",
    "promise": "p",
    "dispute": "d",
    "says_paid": "a",
    "call_back": "w",
    "refuses": "f",
    "voicemail": "v",
    "no_answer": "n",
    "wrong_number": "b",
}
ICONS = {
    "reached": "phone-check",
    "promise": "calendar-check",
    "dispute": "message-report",
    "says_paid": "cash",
    "call_back": "phone-calling",
    "refuses": "hand-off",
    "voicemail": "message-2",
    "no_answer": "phone-off",
    "wrong_number": "phone-x",
}
_DAY = {"type": "date"}


class CallForm(DeskForm):
    """What came of a call; the parts of a promise or a dispute are read for those outcomes alone."""

    outcome = forms.ChoiceField(choices=OUTCOMES)
    contact = forms.TypedChoiceField(label=gettext_lazy("Spoken to"), coerce=int, required=False, empty_value=None)
    note = forms.CharField(
        label=gettext_lazy("What was said"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    next_date = forms.DateField(
        label=gettext_lazy("Call again on"),
        required=False,
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: a missed call comes back on the next working day, another is done for today."),
    )
    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)
    step_key = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    document_number = forms.ChoiceField(label=gettext_lazy("Invoice"), required=False)
    disputed = AmountField(
        label=gettext_lazy("Amount in dispute"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=gettext_lazy("Empty: the whole of it."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), required=False)

    def __init__(
        self,
        *args: Any,
        contacts: Sequence[Contact],
        numbers: Sequence[str],
        reasons: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        payments: dict[str, forms.Field] = {}
        for at in range(1, PAYMENTS + 1):
            payments[f"amount_{at}"] = AmountField(
                label=gettext_lazy("Amount"), min_value=Decimal("0.01"), required=False
            )
            payments[f"day_{at}"] = forms.DateField(
                label=gettext_lazy("By"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
            )
        super().__init__(*args, more=payments, **kwargs)
        self.offer("contact", [("", gettext("Somebody else")), *((one.pk, str(one)) for one in contacts)])
        documents = [*((number, number) for number in numbers), ("", gettext("The whole account"))]
        self.offer("document_number", documents)
        self.offer("reason", reasons)

    @property
    def payment_fields(self) -> list[tuple[Any, Any]]:
        """The amount and the day of each payment promised."""
        return [(self[f"amount_{at}"], self[f"day_{at}"]) for at in range(1, PAYMENTS + 1)]

    def promise(self) -> PromiseSaid | None:
        """The payments that were filled in, when the outcome is a promise."""
        said, currency = self.cleaned_data, self.cleaned_data["currency"].upper()
        if said["outcome"] != CallOutcome.PROMISE:
            return None
        pairs = [(said.get(f"amount_{at}"), said.get(f"day_{at}")) for at in range(1, PAYMENTS + 1)]
        payments = tuple((Money.from_decimal(amount, currency).minor, day) for amount, day in pairs if amount and day)
        return PromiseSaid(payments, currency) if payments else None

    def clean(self) -> dict[str, Any]:
        """A payment has both its amount and its day, or it is none."""
        said = super().clean() or {}
        if said.get("outcome") == CallOutcome.PROMISE:
            for at in range(2, PAYMENTS + 1):
                if bool(said.get(f"amount_{at}")) != bool(said.get(f"day_{at}")):
                    self.add_error(f"day_{at}", gettext("Say both how much and by which day."))
        return said

    def dispute(self, currency: str) -> DisputeSaid | None:
        """What was contested, when the outcome is a dispute."""
        said = self.cleaned_data
        if said["outcome"] != CallOutcome.DISPUTE:
            return None
        amount = said.get("disputed")
        minor = None if amount is None else Money.from_decimal(amount, currency).minor
        return DisputeSaid(said["document_number"], minor, said["reason"] or "other")


@screen("add_note")
def call(request: DeskRequest, number: str) -> HttpResponse:
    """Before, during and at the end of a call to one customer."""
    customer = customers.customer_by_number(number, scope=request.scope)
    facts = _facts(request, customer)
    form = _form(request, facts)
    status = 200
    if request.method == "POST":
        form = _form(request, facts, request.POST)
        if form.is_valid():
            _check_rights(request, form.cleaned_data["outcome"])
            with refusals_on(form):
                _record(request, customer, form)
                return back(request, reverse("desk:customer", args=[customer.number]))
        status = 422
    context = {**facts, **_beside(request, customer, facts), "form": form}
    return render(request, "desk/call/page.html", context, status=status)


def _check_rights(request: DeskRequest, outcome: str) -> None:
    needed = {"promise": "record_promise", "dispute": "open_dispute"}.get(outcome)
    if needed and not can(request.scope, needed):
        raise PermissionDenied


def _facts(request: DeskRequest, customer: Customer) -> dict[str, Any]:
    """What the form is filled from."""
    known = ledger.account_items(customer.pk, scope=request.scope, limit=ITEMS_SHOWN)
    items = [item for item in known if item.open_minor]
    balances = ledger.balances_of(customer.pk, scope=request.scope, today=request.today)
    waiting = decisions.in_force_for(customer.pk, scope=request.scope, today=request.today)
    planned = next((one for one in waiting if one.channel == Channel.CALL.value), None)
    return {
        "customer": customer,
        "contacts": customers.contacts_of(customer.pk, organisation_id=request.organisation_id),
        "items": items,
        "balances": balances,
        "balance": max(balances, key=lambda balance: balance.overdue_minor, default=None),
        "planned": planned,
        "step_key": next((one.step_key for one in (planned, *waiting) if one), ""),
        "reasons": disputes.reasons_offered(request.organisation_id),
    }


def _form(request: DeskRequest, facts: Mapping[str, Any], data: Any = None) -> CallForm:
    balance, contacts, items = facts["balance"], facts["contacts"], facts["items"]
    currency = balance.currency if balance else "EUR"
    late = [item for item in items if item.open_minor > 0 and item.document_number]
    overdue = Money(balance.overdue_minor, currency).as_decimal() if balance and balance.overdue_minor > 0 else None
    initial = {
        "outcome": "reached",
        "contact": next((one.pk for one in contacts if one.phone), ""),
        "currency": currency,
        "step_key": facts["step_key"],
        "key": f"call:{uuid4()}",
        "amount_1": overdue,
        "day_1": request.today + timedelta(days=7),
    }
    return CallForm(
        data,
        initial=initial,
        contacts=contacts,
        numbers=list(dict.fromkeys(item.document_number for item in late)),
        reasons=facts["reasons"],
    )


def _beside(request: DeskRequest, customer: Customer, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The script, the history and what to know before dialling."""
    balance = facts["balance"]
    policy = ranking.ranking_policy(request.organisation_id)
    account_ids = customers.with_merged(customer.pk, organisation_id=request.organisation_id)
    reader = timeline.Reader(request.scope, request.today, request.now)
    told_of = timeline.Told(
        disputes=disputes.all_of(account_ids, scope=request.scope),
        promises=account.promises_of(account_ids, scope=request.scope, today=request.today, limit=HISTORY_SHOWN),
        account_ids=account_ids,
        rooms=("notes", "messages", "replies", "calls"),
    )
    overdue = balance.overdue_minor if balance else 0
    missed = calls.missed_in_a_row(customer.pk, organisation_id=request.organisation_id)
    return {
        "rows": accounts.rows_of(facts["items"], today=request.today, states={}),
        "approach": approach.suggestions(
            request, account_ids, days_late=_days_late(balance.oldest_due_date if balance else None, request.today)
        ),
        "phones": _phones(customer, facts["contacts"]),
        "script": _script(request, customer, facts),
        "history": timeline.past(customer.pk, reader=reader, told=told_of, feed="all")[:HISTORY_SHOWN],
        "missed": missed,
        "is_exhausted": missed >= ATTEMPTS_MAX,
        "is_small": not is_worth_a_call(overdue, minimum_minor=policy.minimum_call_minor),
        "minimum_minor": policy.minimum_call_minor,
        "outcomes": [(value, label, KEYS[value], ICONS[value]) for value, label in OUTCOMES],
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "may_script": can(request.scope, "edit_scenario"),
    }


def _days_late(oldest_due_date: date | None, today: date) -> int:
    return (today - oldest_due_date).days if oldest_due_date else 0


def _phones(customer: Customer, contacts: Sequence[Contact]) -> list[dict[str, str]]:
    found = [
        {"name": str(one), "role": one.get_role_display(), "phone": one.phone} for one in contacts if one.phone.strip()
    ]
    if customer.phone.strip() and customer.phone not in {one["phone"] for one in found}:
        found.append({"name": customer.name, "role": gettext("Switchboard"), "phone": customer.phone})
    return [{**one, "whatsapp": _whatsapp(one["phone"], customer.country)} for one in found]


def _whatsapp(phone: str, country: str) -> str:
    """The address that opens WhatsApp on a mobile number; empty for others."""
    if not phones.is_mobile(phone, country):
        return ""
    return f"https://wa.me/{phones.e164(phone, country).removeprefix('+')}"


def _script(request: DeskRequest, customer: Customer, facts: Mapping[str, Any]) -> str:
    """What to say at this step in the customer's language, with the account's figures."""
    language = formats.known_language(customer.language or request.organisation.language)
    kept = calls.script_for(facts["step_key"], language=language, organisation_id=request.organisation_id)
    balance = facts["balance"]
    oldest = balance.oldest_due_date if balance else None
    contact = next((str(one) for one in facts["contacts"] if one.phone), customer.name)
    entity = access.entities(request.scope).first()
    values = {
        "customer": customer.name,
        "contact": contact,
        "amount": formats.money(balance.overdue_minor, balance.currency, language=language) if balance else "",
        "count": str(balance.overdue_count if balance else 0),
        "days": str((request.today - oldest).days if oldest else 0),
        "user": request.user.display_name,
        "company": entity.name if entity else request.organisation.name,
    }
    return spoken(kept.text if kept else usual_script(language), values)


def _record(request: DeskRequest, customer: Customer, form: CallForm) -> None:
    said = form.cleaned_data
    currency = ledger.currency_of(said["document_number"], customer_id=customer.pk, scope=request.scope) or "EUR"
    made = collections.record_call(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        outcome=said["outcome"],
        contact_id=said["contact"],
        note=said["note"],
        next_date=said["next_date"],
        step_key=said["step_key"],
        promise=form.promise(),
        dispute=form.dispute(currency),
        key=said["key"],
        today=request.today,
        now=request.now,
        by=request.actor,
    )
    told(request, _said(made.next_date, customer.name, request))


def _said(next_date: date | None, name: str, request: DeskRequest) -> str:
    if next_date is None:
        return gettext("The call to {name} is noted.").format(name=name)
    day = formats.day_near(next_date, today=request.today, language=formats.known_language(request.user.language))
    return gettext("The call to {name} is noted: back on the list {day}.").format(name=name, day=day)


class ScriptForm(DeskForm):
    """What to say at a step, in a language."""

    wide = frozenset({"text"})
    step_key = forms.ChoiceField(label=gettext_lazy("Step"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("fr", "Français"), ("en", "English")])
    text = forms.CharField(
        label=gettext_lazy("What to say"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=gettext_lazy("Empty: the words that ship with Encours."),
    )


@screen("edit_scenario")
def scripts(request: DeskRequest) -> HttpResponse:
    """The scripts of the organisation: one for each step and language that has its own."""
    steps = calls.steps_known(request.organisation_id)
    names = dict(steps)
    step, language = request.GET.get("step", ""), request.GET.get("language", request.organisation.language)
    kept = calls.script_for(step, language=language, organisation_id=request.organisation_id)
    initial = {"step_key": step, "language": language, "text": kept.text if kept else usual_script(language)}
    form = ScriptForm(request.POST or None, initial=initial)
    form.offer("step_key", [("", gettext("Any step")), *steps])
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            said = form.cleaned_data
            collections.write_script(organisation_id=request.organisation_id, by=request.actor, **said)
            told(request, gettext("The script is kept."))
            return redirect(f"{reverse('desk:call_scripts')}?step={said['step_key']}&language={said['language']}")
    context = {
        "form": form,
        "scripts": [(one, names.get(one.step_key, one.step_key)) for one in calls.scripts(request.organisation_id)],
        "variables": [f"{{{name}}}" for name in VARIABLES],
    }
    return render(request, "desk/call/scripts.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("calls/scripts", scripts, name="call_scripts"),
    path("customers/<path:number>/call", call, name="call"),
]
