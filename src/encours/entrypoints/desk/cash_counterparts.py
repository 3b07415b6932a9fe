"""The accounts of the general ledger that differences and money between companies are booked on, company by company."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access_queries
from encours.access.models import Entity
from encours.access.rules import can
from encours.entrypoints.desk.cash_accounting import CompanyUnknown
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.ledger import account_actions as ledger
from encours.ledger.actions import chosen_counterparts

# what a person may choose an account for, in the order of how often it comes
KINDS = (
    ("discount", gettext_lazy("Early-payment discounts")),
    ("charge", gettext_lazy("Bank charges and providers’ fees")),
    ("withholding", gettext_lazy("Withholdings")),
    ("write_off", gettext_lazy("Write-offs")),
    ("other_income", gettext_lazy("Money nobody claims")),
    ("fx_difference", gettext_lazy("Exchange losses")),
    ("conversion", gettext_lazy("Conversions between currencies")),
    (ledger.CURRENT_ACCOUNT_KIND, gettext_lazy("Money between companies of the group")),
)


class CounterpartsForm(DeskForm):
    """One account a kind, the usual one where the field is empty."""

    wide = frozenset({"why"})
    why = forms.CharField(label=gettext_lazy("Reason of the change"), max_length=300)

    def __init__(self, company: Entity, data: Any = None) -> None:
        chosen = chosen_counterparts(company.organisation_id, company.pk)
        accounts: dict[str, forms.Field] = {
            kind: forms.CharField(
                label=label,
                max_length=20,
                required=False,
                initial=chosen.get(kind, ""),
                widget=forms.TextInput(
                    {"placeholder": ledger.USUAL_ACCOUNTS[kind], "autocomplete": "off", "inputmode": "numeric"}
                ),
            )
            for kind, label in KINDS
        }
        super().__init__(data, more=accounts, prefix=f"company{company.pk}")


@screen("view_books")
def counterparts(request: DeskRequest) -> HttpResponse:
    return _page(request)


def _page(
    request: DeskRequest, *, filled: tuple[int, CounterpartsForm] | None = None, status: int = 200
) -> HttpResponse:
    companies = [
        {
            "company": company,
            "form": filled[1] if filled and filled[0] == company.pk else CounterpartsForm(company),
        }
        for company in access_queries.entities(request.scope)
    ]
    context = {"companies": companies, "may_edit": can(request.scope, "edit_entity")}
    return render(request, "desk/cash/counterparts.html", context, status=status)


@screen("edit_entity")
@require_POST
def counterparts_save(request: DeskRequest, entity_id: int) -> HttpResponse:
    company = access_queries.entities(request.scope).filter(pk=entity_id).first()
    if company is None:
        raise CompanyUnknown(entity_id=entity_id)
    form = CounterpartsForm(company, request.POST)
    if form.is_valid():
        said = dict(form.cleaned_data)
        why = said.pop("why")
        with refusals_on(form):
            changed = ledger.choose_counterparts(
                organisation_id=request.organisation_id,
                entity_id=company.pk,
                accounts=said,
                by=request.actor,
                why=why,
            )
            words = gettext("Saved for {company}: what is booked from now on goes there.")
            told(request, (words if changed else gettext("Nothing changed.")).format(company=company.name))
            return redirect("desk:cash_counterparts")
    return _page(request, filled=(company.pk, form), status=422)


urlpatterns = [
    path("cash/settings/accounts", counterparts, name="cash_counterparts"),
    path("cash/settings/accounts/<int:entity_id>", counterparts_save, name="cash_counterparts_save"),
]
