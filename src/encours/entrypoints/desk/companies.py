"""The legal companies of the organisation: who sells, what letters say of it, and where customers pay."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy

from encours.access import actions as access
from encours.access import queries as access_queries
from encours.access.models import Entity
from encours.access.rules import can
from encours.core.currencies import exponent
from encours.entrypoints import wording
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

_BANK = ("iban", "bic")


class CompanyForm(DeskForm):
    """The identity and the habits of a legal company; its bank details have a form of their own."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    legal_form = forms.CharField(label=gettext_lazy("Legal form"), max_length=60, required=False)
    siren = forms.CharField(label="SIREN", max_length=20, required=False)
    vat_number = forms.CharField(label=gettext_lazy("VAT number"), max_length=30, required=False)
    rcs_city = forms.CharField(label=gettext_lazy("Register (RCS)"), max_length=100, required=False)
    capital = AmountField(label=gettext_lazy("Share capital"), min_value=Decimal(0), required=False)
    street = forms.CharField(label=gettext_lazy("Street"), max_length=200, required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=100, required=False)
    email = forms.CharField(label=gettext_lazy("General e-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=40, required=False)
    default_terms = forms.CharField(
        label=gettext_lazy("Usual terms"),
        max_length=60,
        help_text=gettext_lazy("30 days, 45 days end of month, on receipt"),
    )
    holiday_region = forms.ChoiceField(
        label=gettext_lazy("Public holidays"),
        choices=[("", "France"), ("alsace-moselle", "Alsace-Moselle")],
        required=False,
    )
    penalty_mention = forms.CharField(
        label=gettext_lazy("Mention of late-payment penalties"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    discount_mention = forms.CharField(
        label=gettext_lazy("Mention of early-payment discount"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def changes(self, currency: str) -> dict[str, Any]:
        """What was filled in, as the room knows it."""
        values = dict(self.cleaned_data)
        capital = values.pop("capital")
        values["capital_minor"] = None if capital is None else int(capital.scaleb(exponent(currency)))
        return values


class NewCompanyForm(CompanyForm):
    """A company also needs its code and currency, which never change."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=20)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")
    field_order = ("code", "name", "currency")


class BankForm(DeskForm):
    """Where customers send their money; the reason stays in the audit trail."""

    wide = frozenset({"why"})
    iban = forms.CharField(label="IBAN", max_length=42)
    bic = forms.CharField(label="BIC", max_length=11, required=False)
    why = forms.CharField(label=gettext_lazy("Reason of the change"), max_length=300)


def _initial(entity: Entity) -> Mapping[str, Any]:
    values = {name: getattr(entity, name) for name in CompanyForm.base_fields if name != "capital"}
    values["default_terms"] = wording.terms(entity.default_terms)
    if entity.capital_minor is not None:
        values["capital"] = Decimal(entity.capital_minor).scaleb(-exponent(entity.currency))
    return values


def _entity(request: DeskRequest, entity_id: int) -> Entity:
    found = access_queries.entities(request.scope).filter(pk=entity_id).first()
    if found is None:
        raise Http404
    return found


@screen()
def companies(request: DeskRequest) -> HttpResponse:
    context = {"companies": access_queries.entities(request.scope), "may_edit": can(request.scope, "edit_entity")}
    return render(request, "desk/settings/companies.html", context)


@screen("edit_entity")
def company_new(request: DeskRequest) -> HttpResponse:
    form = NewCompanyForm(request.POST or None, initial={"default_terms": wording.terms("30")})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            values = form.changes(form.cleaned_data["currency"].upper())
            code, name, currency = values.pop("code"), values.pop("name"), values.pop("currency").upper()
            entity = access.create_entity(
                by=request.actor,
                organisation_id=request.organisation_id,
                code=code,
                name=name,
                currency=currency,
                details=values,
            )
            told(request, gettext("{name} is added.").format(name=entity.name))
            return redirect("desk:company", entity.pk)
    return render(request, "desk/settings/company.html", {"form": form}, status=422 if form.errors else 200)


@screen()
def company(request: DeskRequest, entity_id: int) -> HttpResponse:
    entity = _entity(request, entity_id)
    form = CompanyForm(request.POST if request.POST.get("form") == "company" else None, initial=_initial(entity))
    bank = BankForm(
        request.POST if request.POST.get("form") == "bank" else None,
        initial={"iban": entity.iban, "bic": entity.bic},
    )
    if request.method == "POST" and _saved(request, entity, form, bank):
        return redirect("desk:company", entity.pk)
    context = {
        "entity": entity,
        "form": form,
        "bank": bank,
        "may_edit": can(request.scope, "edit_entity"),
        "may_edit_bank": can(request.scope, "edit_bank_details"),
    }
    return render(request, "desk/settings/company.html", context, status=422 if request.method == "POST" else 200)


def _saved(request: DeskRequest, entity: Entity, form: CompanyForm, bank: BankForm) -> bool:
    filled, permission = (bank, "edit_bank_details") if bank.is_bound else (form, "edit_entity")
    if not can(request.scope, permission):
        raise PermissionDenied
    if not filled.is_valid():
        return False
    changes = {name: bank.cleaned_data[name] for name in _BANK} if filled is bank else form.changes(entity.currency)
    with refusals_on(filled):
        access.update_entity(
            by=request.actor,
            organisation_id=request.organisation_id,
            entity_id=entity.pk,
            changes=changes,
            why=filled.cleaned_data.get("why", ""),
        )
        told(request, gettext("Saved."))
        return True
    return False


urlpatterns = [
    path("settings/companies", companies, name="companies"),
    path("settings/companies/new", company_new, name="company_new"),
    path("settings/companies/<int:entity_id>", company, name="company"),
]
