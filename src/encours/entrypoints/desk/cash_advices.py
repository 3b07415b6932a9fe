"""Remittance advices: those that wait for their payment, one with its lines, and one typed or pasted in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.core.currencies import is_currency
from encours.core.errors import EncoursError
from encours.core.money import Money
from encours.customers import queries as customers
from encours.disputes import queries as disputes
from encours.entrypoints import exports
from encours.entrypoints.desk import cash_words
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.imports.formats.remittance import grid
from encours.imports.formats.remittance.model import Advice
from encours.matching.actions import advices as matching
from encours.matching.models import OPEN_STATES
from encours.matching.queries import advices, workbench
from encours.matching.queries.workbench import QueueRow
from encours.payments import advice_actions as payments
from encours.payments.models import AdviceSource, RemittanceAdvice
from encours.payments.queries import AdviceLine

ROWS_AT_FIRST = 6
ROWS_MORE = 10
PASTED_MAX = 60_000
TABS = (
    ("waiting", pgettext_lazy("advices", "Waiting for their payment")),
    ("joined", pgettext_lazy("advices", "With their payment")),
    ("left_out", pgettext_lazy("advices", "Put aside")),
)
COLUMNS = (
    Column("day", gettext_lazy("Day"), "date"),
    Column("age_days", gettext_lazy("Age in days"), "number"),
    Column("payer_name", gettext_lazy("Payer")),
    Column("customer_number", gettext_lazy("Customer number")),
    Column("number", gettext_lazy("Advice number")),
    Column("source", gettext_lazy("Origin")),
    Column("line_count", gettext_lazy("Lines"), "number"),
    Column("found_count", gettext_lazy("Invoices found"), "number"),
    Column("total_minor", gettext_lazy("Total"), "money"),
    Column("currency", gettext_lazy("Currency")),
)
STATES: Mapping[str, tuple[Promise, str, str]] = {
    "open": (gettext_lazy("found, open"), "good", "check"),
    "settled": (gettext_lazy("already settled"), "watch", "alert-triangle"),
    "elsewhere": (gettext_lazy("known, not yours to see or another currency"), "watch", "alert-triangle"),
    "unknown": (gettext_lazy("not found"), "act", "question-mark"),
}


class HeadForm(DeskForm):
    """Who pays, when, how much."""

    customer = forms.CharField(label=gettext_lazy("Customer number"), max_length=60, required=False)
    payer_name = forms.CharField(label=gettext_lazy("Payer"), max_length=200, required=False)
    payer_iban = forms.CharField(label=gettext_lazy("Payer's account"), max_length=40, required=False)
    number = forms.CharField(label=gettext_lazy("Advice number"), max_length=80, required=False)
    advice_date = forms.DateField(
        label=gettext_lazy("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3, initial="EUR")
    total = AmountField(
        label=gettext_lazy("Total paid"),
        required=False,
        help_text=gettext_lazy("Empty: the sum of the lines."),
    )

    def clean_currency(self) -> str:
        """In capitals, and one there is."""
        code = str(self.cleaned_data["currency"]).upper()
        if not is_currency(code):
            raise forms.ValidationError(gettext("There is no such currency."))
        return code


class LineForm(DeskForm):
    """One invoice, what is paid of it, and what is kept back."""

    invoice_number = forms.CharField(label=gettext_lazy("Invoice"), max_length=80, required=False)
    amount = AmountField(label=pgettext_lazy("advice", "Paid"), required=False)
    discount = AmountField(label=gettext_lazy("Discount"), required=False, min_value=Decimal(0))
    deduction = AmountField(label=gettext_lazy("Deduction"), required=False, min_value=Decimal(0))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    names: ClassVar = ("invoice_number", "amount", "discount", "deduction", "reason")

    def clean(self) -> dict[str, Any]:
        """An amount without its invoice says nothing."""
        said = super().clean() or {}
        if any(said.get(name) for name in self.names[1:]) and not said.get("invoice_number"):
            self.add_error("invoice_number", gettext("Name the invoice."))
        return said


type _Lines = forms.BaseFormSet[LineForm]


def _formset(count: int) -> type[_Lines]:
    return forms.formset_factory(LineForm, extra=count, max_num=matching.LINES_MAX)


@screen("view_books")
def advice_list(request: DeskRequest) -> HttpResponseBase:
    asked = request.GET.get("tab", "")
    tab = asked if asked in advices.TABS else "waiting"
    rows = advices.listed(request.scope, tab=tab, today=request.today)
    if form := request.GET.get("export"):
        return exports.sheet(form, name=gettext("advices"), columns=COLUMNS, rows=[asdict(row) for row in rows])
    counts = advices.counts_by_tab(request.scope)
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.total_minor
    context = {
        "rows": [{"row": row, "source": AdviceSource(row.source).label} for row in rows],
        "tab": tab,
        "tabs": [{"key": key, "label": label, "count": counts[key]} for key, label in TABS],
        "sums": sorted(sums.items()),
        "is_cut": len(rows) >= advices.LISTED_MAX,
        "may_type": can(request.scope, "allocate"),
    }
    return render(request, "desk/cash/advices.html", context)


@screen("view_books")
def advice(request: DeskRequest, advice_id: int) -> HttpResponse:
    found = _of(request, advice_id)
    lines = advices.lines_found(found, scope=request.scope)
    paid = sum(one.line.amount_minor for one in lines)
    untold = sum(1 for one in lines if not one.line.amount_minor)
    line = _line_row(request, found.bank_line_id) if found.bank_line_id else None
    is_waiting = found.bank_line_id is None
    context = {
        "advice": found,
        "source": AdviceSource(found.source).label,
        "lines": [{"found": one, "chip": STATES[one.state]} for one in lines],
        "found_count": sum(1 for one in lines if one.state == "open"),
        "paid_minor": paid,
        "difference_minor": 0 if untold else found.total_minor - paid,
        "discount_minor": sum(one.line.discount_minor for one in lines),
        "deduction_minor": sum(one.line.deduction_minor for one in lines),
        "line": line,
        "line_name": cash_words.name_of(line) if line else "",
        "line_differs_minor": line.amount_minor - found.total_minor if line else 0,
        "payments": advices.payments_for(found, scope=request.scope, today=request.today) if is_waiting else [],
        "is_waiting": is_waiting,
        "age_days": max(0, (request.today - (found.advice_date or found.recorded_at.date())).days),
        "may_type": can(request.scope, "allocate"),
    }
    return render(request, "desk/cash/advice.html", context)


def _of(request: DeskRequest, advice_id: int) -> RemittanceAdvice:
    found = advices.in_scope(request.scope).filter(pk=advice_id).first()
    if found is None:
        raise payments.AdviceUnknown(advice_id=advice_id)
    return found


def _line_row(request: DeskRequest, line_id: int) -> QueueRow | None:
    found = workbench.line_detail(line_id, scope=request.scope, today=request.today, candidate_limit=1)
    return found.row if found else None


def _line_asked(request: DeskRequest) -> QueueRow | None:
    """The waiting bank line the advice is typed for, when one is named."""
    text = request.POST.get("line", "") or request.GET.get("line", "")
    if not text:
        return None
    row = _line_row(request, int(text)) if text.isdecimal() and len(text) < 18 else None
    if row is None or row.state not in OPEN_STATES:
        raise Http404
    return row


@screen("allocate")
def advice_new(request: DeskRequest) -> HttpResponse:
    line = _line_asked(request)
    if request.method != "POST":
        return _form_page(request, line, HeadForm(initial=_initial(line)), _formset(ROWS_AT_FIRST)(prefix="line"))
    if "read" in request.POST:
        return _from_text(request, line)
    head, lines = HeadForm(request.POST), _formset(0)(request.POST, prefix="line")
    if "more" in request.POST:
        initial = [
            {name: form[name].value() for name in LineForm.names} for form in lines.forms if form["invoice_number"]
        ]
        return _form_page(
            request, line, HeadForm(initial=_typed(head)), _formset(ROWS_MORE)(prefix="line", initial=initial)
        )
    if head.is_valid() and lines.is_valid():
        with refusals_on(head):
            kept = matching.type_advice(
                _told(request, head, lines, line),
                organisation_id=request.organisation_id,
                by=request.actor,
                line_id=line.line_id if line else None,
            )
            return _kept(request, kept, line)
    return _form_page(request, line, head, lines, status=422)


def _kept(request: DeskRequest, kept: RemittanceAdvice, line: QueueRow | None) -> HttpResponse:
    """To the payment it belongs to, proposed anew; else to the advice, which waits for it."""
    _look_again(request, kept.bank_line_id)
    if kept.bank_line_id is not None:
        told(request, gettext("Advice noted with its payment: its proposal follows it."))
        return redirect(f"{reverse('desk:cash')}?line={kept.bank_line_id}")
    told(request, gettext("Advice noted: its payment will find it when it arrives."))
    return redirect("desk:cash_advice", kept.pk)


def _look_again(request: DeskRequest, line_id: int | None) -> None:
    matching.propose_again(
        [line_id] if line_id is not None else [],
        organisation_id=request.organisation_id,
        by=request.actor,
        today=request.today,
        now=request.now,
        claimed_item_ids=disputes.claimed_item_ids(request.organisation_id),
    )


def _initial(line: QueueRow | None) -> dict[str, Any]:
    if line is None:
        return {}
    return {
        "customer": line.customer_number,
        "payer_name": line.payer_name,
        "advice_date": line.booking_date,
        "currency": line.currency,
        "total": Money(line.amount_minor, line.currency).as_decimal(),
    }


def _typed(head: HeadForm) -> dict[str, Any]:
    return {name: head[name].value() for name in head.fields}


def _from_text(request: DeskRequest, line: QueueRow | None) -> HttpResponse:
    """The form filled with what a pasted text says: to be looked over, nothing is kept yet."""
    head = HeadForm(request.POST)
    text = request.POST.get("pasted", "")[:PASTED_MAX]
    currency = str(head["currency"].value() or "EUR").upper()
    currency = currency if is_currency(currency) else "EUR"
    refusal = ""
    read = Advice(source=AdviceSource.MANUAL)
    try:
        read = grid.read(grid.rows_of(text), text, source=AdviceSource.MANUAL, currency=currency)
    except EncoursError as error:
        refusal = error.translated(gettext)
    if not read.lines and not refusal:
        refusal = gettext("No invoice with an amount is found in this text: fill in the lines.")
    currency = read.currency or currency
    initial = {
        **_typed(head),
        "currency": currency,
        **{
            name: value
            for name, value in (
                ("payer_name", read.payer_name),
                ("payer_iban", read.payer_iban),
                ("number", read.number),
                ("advice_date", read.advice_date),
                ("total", _decimal(read.total_minor, currency) if line is None else None),
            )
            if value
        },
    }
    lines = _formset(2)(prefix="line", initial=[_line_initial(one, currency) for one in read.lines])
    return _form_page(request, line, HeadForm(initial=initial), lines, pasted=text, refusal=refusal)


def _line_initial(line: Any, currency: str) -> dict[str, Any]:
    return {
        "invoice_number": line.invoice_number,
        "amount": _decimal(line.amount_minor, currency),
        "discount": _decimal(line.discount_minor or None, currency),
        "deduction": _decimal(line.deduction_minor or None, currency),
        "reason": line.deduction_reason,
    }


def _decimal(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else Money(minor, currency).as_decimal()


def _told(request: DeskRequest, head: HeadForm, lines: _Lines, line: QueueRow | None) -> payments.AdviceTold:
    said = head.cleaned_data
    currency = line.currency if line else said["currency"]

    def minor(amount: Decimal | None) -> int:
        return 0 if amount is None else Money.from_decimal(amount, currency).minor

    told_lines = tuple(
        AdviceLine(
            one["invoice_number"].strip(), minor(one["amount"]), minor(one["discount"]), minor(one["deduction"]),
            one["reason"].strip(),
        )
        for one in (form.cleaned_data for form in lines.forms)
        if one.get("invoice_number")
    )  # fmt: skip
    paid = sum(one.amount_minor for one in told_lines)
    total = minor(said["total"]) if said["total"] is not None else line.amount_minor if line else paid
    number = said["customer"].strip()
    customer = customers.customer_by_number(number, scope=request.scope) if number else None
    return payments.AdviceTold(
        source=AdviceSource.MANUAL,
        currency=currency,
        total_minor=total,
        lines=told_lines,
        payer_name=said["payer_name"].strip() or (customer.name if customer else ""),
        payer_iban="".join(said["payer_iban"].split()).upper(),
        number=said["number"].strip(),
        advice_date=said["advice_date"],
        customer_id=customer.pk if customer else None,
    )


def _form_page(
    request: DeskRequest,
    line: QueueRow | None,
    head: HeadForm,
    lines: _Lines,
    **more: Any,
) -> HttpResponse:
    status = more.pop("status", 200)
    _name_cells(lines.forms)
    context = {"head": head, "lines": lines, "line": line, "line_name": cash_words.name_of(line) if line else ""}
    return render(request, "desk/cash/advice_new.html", {**context, **more}, status=status)


def _name_cells(rows: Sequence[LineForm]) -> None:
    """Each cell of the table of lines says its column and its row to those who do not see it."""
    for place, form in enumerate(rows, start=1):
        for field in form.fields.values():
            field.widget.attrs["placeholder"] = field.label
            field.widget.attrs["aria-label"] = gettext("{column}, line {place}").format(column=field.label, place=place)


@screen("allocate")
@require_POST
def tie(request: DeskRequest, advice_id: int) -> HttpResponse:
    """A person says which payment an advice announced, or takes it off again."""
    found = _of(request, advice_id)
    text = request.POST.get("line", "")
    row = _line_row(request, int(text)) if text.isdecimal() and len(text) < 18 else None
    if text and row is None:
        raise Http404
    before = found.bank_line_id
    payments.tie_advice(
        found.pk,
        organisation_id=request.organisation_id,
        line_id=row.line_id if row else None,
        by=request.actor,
        why=request.POST.get("why", "").strip()[:300],
    )
    _look_again(request, row.line_id if row else before)
    if row is None:
        told(request, gettext("Taken off its payment: it waits again."))
        return redirect("desk:cash_advice", found.pk)
    told(request, gettext("Advice noted with its payment: its proposal follows it."))
    return redirect(f"{reverse('desk:cash')}?line={row.line_id}")


@screen("allocate")
@require_POST
def put_aside(request: DeskRequest, advice_id: int) -> HttpResponse:
    """No payment of its own will come for it; or it waits again."""
    found = _of(request, advice_id)
    payments.leave_out_advice(
        found.pk,
        organisation_id=request.organisation_id,
        is_left_out=not found.is_left_out,
        by=request.actor,
        why=request.POST.get("why", "").strip()[:300],
    )
    told(request, gettext("It waits again.") if found.is_left_out else gettext("Put aside: no payment joins it."))
    return redirect("desk:cash_advices")


urlpatterns = [
    path("cash/advices", advice_list, name="cash_advices"),
    path("cash/advices/new", advice_new, name="cash_advice_new"),
    path("cash/advices/<int:advice_id>", advice, name="cash_advice"),
    path("cash/advices/<int:advice_id>/tie", tie, name="cash_advice_tie"),
    path("cash/advices/<int:advice_id>/put-aside", put_aside, name="cash_advice_aside"),
]
