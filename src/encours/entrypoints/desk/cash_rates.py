"""Exchange rates: those known, the days that lack one, one entered by hand or the central bank's file of many."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.core.currencies import is_currency
from encours.entrypoints import formats as numbers
from encours.entrypoints.desk.cash_accounting import accounting_screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.imports.formats import rates as formats
from encours.ledger import rate_actions as ledger
from encours.ledger import rate_queries

EUR = "EUR"
MILLION = 1_000_000
SINCE_DAYS = 731


class CurrencyField(forms.CharField):
    """Three letters of ISO 4217."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=3, max_length=3, **options)

    def clean(self, value: Any) -> str:
        """In capitals, and one there is."""
        code = str(super().clean(value)).upper()
        if not is_currency(code):
            raise forms.ValidationError(gettext("There is no such currency."))
        return code


class RateForm(DeskForm):
    """What one unit of a currency was worth on a day."""

    wide = frozenset({"why"})
    currency = CurrencyField(label=gettext_lazy("One"), initial=EUR)
    rate = AmountField(label=gettext_lazy("was worth"), min_value=Decimal("0.000001"), decimal_places=6)
    base = CurrencyField(label=gettext_lazy("in"), help_text=gettext_lazy("As banks quote it: 1 EUR in USD."))
    rate_date = forms.DateField(
        label=pgettext_lazy("day", "On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    why = forms.CharField(label=gettext_lazy("Source"), max_length=300, required=False)


class FileForm(DeskForm):
    """The file of the European Central Bank, and from which day on."""

    file = forms.FileField(label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
    since = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The file reaches back to 1999; older days are left out."),
    )

    def clean_file(self) -> Any:
        """As large as twenty-five years of rates, and not more."""
        file = self.cleaned_data["file"]
        if file.size > formats.SIZE_MAX_BYTES:
            raise forms.ValidationError(gettext("This file is too large to be one of rates."))
        return file


def _page(
    request: DeskRequest, *, rate_form: RateForm | None = None, file_form: FileForm | None = None
) -> HttpResponse:
    pair = request.GET.get("pair", "")
    currency, _, base = pair.partition("-")
    own = access.entities(request.scope).values_list("currency", flat=True).first() or EUR
    context = {
        "latest": [(one, _written(one.rate_ppm)) for one in rate_queries.latest_rates(request.organisation_id)],
        "lacking": rate_queries.rates_lacking(request.scope),
        "stands_days": rate_queries.STANDS_FOR_DAYS,
        "pair": (currency, base) if base else None,
        "days": [
            (one, _written(one.rate_ppm))
            for one in rate_queries.rates_of(request.organisation_id, currency=currency, base=base)
        ],
        "rate_form": rate_form or RateForm(initial={"currency": own, "rate_date": request.today}),
        "file_form": file_form or FileForm(initial={"since": _since(request.today)}),
        "may_edit": can(request.scope, "edit_entity"),
    }
    return render(request, "desk/cash/rates.html", context, status=422 if rate_form or file_form else 200)


def _written(rate_ppm: int) -> str:
    """A rate with as many decimals as it has, four at least: 1087600 -> "1,0876"."""
    rate = Decimal(rate_ppm) / MILLION
    decimals = max(4, -int(rate.normalize().as_tuple().exponent))
    return numbers.number(rate, language=numbers.known_language(get_language()), decimals=decimals)


def _since(today: date) -> date:
    return (today - timedelta(days=SINCE_DAYS)).replace(day=1)


@accounting_screen("view_books")
def rates(request: DeskRequest) -> HttpResponse:
    return _page(request)


@accounting_screen("edit_entity")
@require_POST
def rate_add(request: DeskRequest) -> HttpResponse:
    form = RateForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        with refusals_on(form):
            if said["rate_date"] > request.today:
                raise ledger.RateOfTomorrow(rate_date=said["rate_date"], field="rate_date")
            kept = ledger.set_rate(
                organisation_id=request.organisation_id,
                currency=said["currency"],
                base=said["base"],
                rate_date=said["rate_date"],
                rate_ppm=int(said["rate"] * MILLION),
                by=request.actor,
                why=said["why"],
            )
            told(request, gettext("Rate of {currency} in {base} noted.").format(currency=kept.currency, base=kept.base))
            return redirect("desk:cash_rates")
    return _page(request, rate_form=form)


@accounting_screen("edit_entity")
@require_POST
def rate_file(request: DeskRequest) -> HttpResponse:
    """Bring in `eurofxref-hist.csv`, or the file of one day; the same file twice changes nothing."""
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        since = form.cleaned_data["since"]
        with refusals_on(form):
            text = form.cleaned_data["file"].read().decode("utf-8", errors="replace")
            found = [one for one in formats.read(text) if one.day >= since]
            count = ledger.keep_rates(
                found,
                organisation_id=request.organisation_id,
                base=EUR,
                today=request.today,
                by=request.actor,
                why=form.cleaned_data["file"].name or "",
            )
            words = ngettext("{count} new rate.", "{count} new rates.", count).format(count=count)
            told(request, words if count else gettext("Nothing new: these rates are known."))
            return redirect("desk:cash_rates")
    return _page(request, file_form=form)


urlpatterns = [
    path("cash/rates", rates, name="cash_rates"),
    path("cash/rates/add", rate_add, name="cash_rate_add"),
    path("cash/rates/file", rate_file, name="cash_rate_file"),
]
