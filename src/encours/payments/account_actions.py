"""What a person says of a bank account that a statement brought."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.payments.bank_actions import AccountUnknown
from encours.payments.models import BankAccount


class AccountOfCustomers(Refused):
    """A bank account is kept on an account of class 5 (or another that is no customer's)."""

    message = gettext_noop("{ledger_account} is an account of customers: a bank account is kept on 512 or the like.")


@transaction.atomic
def confirm_account(account_id: int, *, organisation_id: int, values: Mapping[str, Any], by: Actor) -> BankAccount:
    """A person confirms an account that a statement brought, with its name, kind and ledger account.

    Refuses an account that is not of the organisation, and a ledger account of customers (41): money in the bank is no
    claim, and account 411 would no longer equal the open items. What it was before is kept in the audit trail.
    """
    if str(values.get("ledger_account", "")).startswith("41"):
        raise AccountOfCustomers(ledger_account=values["ledger_account"], field="ledger_account")
    account = BankAccount.objects.filter(organisation_id=organisation_id, pk=account_id).first()
    if account is None:
        raise AccountUnknown(account=str(account_id), known="-")
    before = {name: getattr(account, name) for name in ("name", "kind", "ledger_account", "is_active")}
    for name in before:
        if name in values:
            setattr(account, name, values[name])
    account.is_confirmed = True
    account.save()
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="confirm_bank_account",
        subject_kind="bank_account",
        subject_id=account.pk,
        details={"before": before, "after": {name: getattr(account, name) for name in before}},
    )
    return account
