"""The forms of the day: a promise, a dispute, a day to come back, a reason."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from encours.collections.models import PromiseSource, Reminder
from encours.collections.queries import decisions, rewording
from encours.collections.rules.rewording import SUBJECT_LENGTH_MAX, TEXT_LENGTH_MAX
from encours.core.currencies import exponent
from encours.disputes import queries as disputes
from encours.entrypoints.forms import AmountField, DeskForm
from encours.entrypoints.requests import DeskRequest
from encours.ledger import queries as ledger


class PromiseForm(DeskForm):
    """What the customer said would be paid."""

    amount = AmountField(label=gettext_lazy("Amount"), min_value=Decimal("0.01"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    promised_date = forms.DateField(
        label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    source = forms.ChoiceField(label=gettext_lazy("How"), choices=PromiseSource.choices)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=300)
    wide = frozenset({"note"})


class DisputeForm(DeskForm):
    """What the customer contests."""

    document_number = forms.ChoiceField(label=gettext_lazy("Invoice"), required=False)
    amount = AmountField(
        label=gettext_lazy("Amount in dispute"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=gettext_lazy("Empty: the whole of it."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"))
    line_number = forms.CharField(
        label=gettext_lazy("Line of the invoice, its number"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Only when one line is contested: then say its amount."),
    )
    line_text = forms.CharField(label=gettext_lazy("What the line says"), required=False, max_length=200)
    note = forms.CharField(label=gettext_lazy("In the customer's words"), required=False, max_length=1000)
    wide = frozenset({"line_text", "note"})


class LaterForm(DeskForm):
    """Until when the customer leaves the list."""

    until = forms.DateField(
        label=gettext_lazy("Back on the list on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=300)


class ReasonForm(DeskForm):
    """Why a person overrides or stops something."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class WordsForm(DeskForm):
    """What one message says in place of the template's text."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=SUBJECT_LENGTH_MAX)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "Greeting, invoices, amounts, how to pay and signature come by themselves, as reckoned when it leaves."
        ),
    )
    wide = frozenset({"subject"})


def words_form(reminder: Reminder, *, today: date, data: Any = None) -> WordsForm:
    """The words of a message: what a person wrote, else what its template says."""
    kept = rewording.words_for([reminder.pk], organisation_id=reminder.organisation_id).get(reminder.pk)
    if kept is not None:
        return WordsForm(data, initial={"subject": kept.subject, "text": kept.text})
    draft = decisions.draft_of(reminder, today=today, as_the_template=True)
    if draft is None:
        return WordsForm(data)
    subject, text = rewording.words_of_template(
        draft.context, template_key=draft.template_key, channel=draft.channel, language=draft.language,
        organisation_id=reminder.organisation_id,
    )  # fmt: skip
    return WordsForm(data, initial={"subject": subject, "text": text})


def form_of(request: DeskRequest, do: str, customer_id: int, data: Any = None) -> DeskForm | None:
    """The form of a gesture, with what is most likely filled in."""
    if do == "promise":
        owed = ledger.balances_of(customer_id, scope=request.scope, today=request.today)
        most = max(owed, key=lambda balance: balance.overdue_minor, default=None)
        currency = most.currency if most else "EUR"
        amount = Decimal(most.overdue_minor).scaleb(-exponent(currency)) if most and most.overdue_minor > 0 else None
        soon = request.today + timedelta(days=7)
        return PromiseForm(data, initial={"amount": amount, "currency": currency, "promised_date": soon})
    if do == "dispute":
        form = DisputeForm(data)
        form.offer("reason", disputes.reasons_offered(request.organisation_id))
        items = ledger.account_items(customer_id, scope=request.scope, limit=200)
        numbers = dict.fromkeys(item.document_number for item in items if item.open_minor > 0 and item.document_number)
        form.offer(
            "document_number",
            [
                ("", gettext("The whole account")),
                *((number, number) for number in numbers),
            ],
        )
        return form
    if do == "later":
        return LaterForm(data, initial={"until": request.today + timedelta(days=3)})
    if do in {"release", "take_out"}:
        return ReasonForm(data)
    return None
