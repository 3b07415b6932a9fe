"""The bank accounts that statements brought: confirmed by a person, and the statements that are missing."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.payments import account_actions as accounts_of
from encours.payments import bank_actions as payments
from encours.payments import queries
from encours.payments.models import AccountKind, BankAccount


class AccountForm(DeskForm):
    """What a person says of an account."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=AccountKind.choices)
    ledger_account = forms.RegexField(
        r"^(?!41)[0-9A-Za-z]{2,20}$",
        label=gettext_lazy("Account of the general ledger"),
        help_text=gettext_lazy("512 and the like; never one of customers."),
        error_messages={"invalid": gettext_lazy("An account in digits, and not one of customers (41).")},
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)


def _form(account: BankAccount, *, said: Any = None) -> AccountForm:
    names = AccountForm.base_fields
    return AccountForm(
        said, initial={name: getattr(account, name) for name in names}, auto_id=f"account-{account.pk}-%s"
    )


def _page(request: DeskRequest, *, bound: tuple[int, AccountForm] | None = None) -> HttpResponse:
    accounts = list(queries.bank_accounts(request.scope))
    of_account = {account.pk: account for account in accounts}
    gaps = queries.statement_gaps(request.organisation_id)
    context = {
        "accounts": [
            {
                "account": account,
                "form": bound[1] if bound and bound[0] == account.pk else _form(account),
                "is_open": bound is not None and bound[0] == account.pk,
            }
            for account in accounts
        ],
        "gaps": [{"gap": gap, "account": of_account[gap.account_id]} for gap in gaps if gap.account_id in of_account],
        "may_edit": can(request.scope, "edit_entity"),
    }
    return render(request, "desk/cash/accounts.html", context, status=422 if bound else 200)


@screen("view_books")
def accounts(request: DeskRequest) -> HttpResponse:
    return _page(request)


@screen("edit_entity")
@require_POST
def account_confirm(request: DeskRequest, account_id: int) -> HttpResponse:
    account = queries.bank_accounts(request.scope).filter(pk=account_id).first()
    if account is None:
        raise payments.AccountUnknown(account=str(account_id), known="-")
    form = _form(account, said=request.POST)
    if form.is_valid():
        with refusals_on(form):
            kept = accounts_of.confirm_account(
                account.pk, organisation_id=request.organisation_id, values=form.cleaned_data, by=request.actor
            )
            told(request, gettext("{account} is confirmed.").format(account=kept))
            return redirect("desk:cash_accounts")
    return _page(request, bound=(account.pk, form))


urlpatterns = [
    path("cash/accounts", accounts, name="cash_accounts"),
    path("cash/accounts/<int:account_id>", account_confirm, name="cash_account_confirm"),
]
