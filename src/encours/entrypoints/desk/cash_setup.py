"""What may be applied alone, how differences are treated, and the rules people add for bank lines."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access.models import Role
from encours.access.rules import PERMISSIONS, can
from encours.core.money import Money
from encours.customers import queries as customers
from encours.entrypoints.desk import cash_words
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.matching.actions import settings as matching
from encours.matching.models import MatchingPolicy, MatchingRule, RuleEffect
from encours.matching.queries import book, marks
from encours.payments import queries as payments
from encours.payments.models import AccountKind

EUR = "EUR"
BARS = (
    (990_000, gettext_lazy("Standard: from 99 % on")),
    (999_000, gettext_lazy("Careful: from 99.9 % on")),
    (999_900, gettext_lazy("Very careful: from 99.99 % on")),
)
IMPUTATIONS = (
    ("none", gettext_lazy("No guess: the money stays on account")),
    ("legal", gettext_lazy("Order of the Civil Code (art. 1342-10): due ones first, then the oldest")),
    ("oldest", gettext_lazy("The oldest first")),
)
PERIODS = (
    ("next_open_day", gettext_lazy("Book it on the first open day")),
    ("refuse", gettext_lazy("Leave it to a person")),
)
DIRECTIONS = (
    ("", gettext_lazy("in and out")),
    ("in", gettext_lazy("money in")),
    ("out", gettext_lazy("money out")),
)


class PolicyForm(DeskForm):
    """What may run alone, and how far."""

    wide = frozenset({"alone_min_ppm", "imputation", "closed_periods", "why"})
    unit_of = {
        "discount_grace_days": gettext_lazy("days"),
        "contest_days": gettext_lazy("days"),
        "old_line_days": gettext_lazy("days"),
        "tolerance": "€",
        "charges_max": "€",
        "discount_max": "%",
        "deduction_max": "%",
    }
    alone_min_ppm = forms.TypedChoiceField(label=gettext_lazy("Apply alone"), choices=BARS, coerce=int)
    tolerance = AmountField(
        label=gettext_lazy("Rounding up to"),
        min_value=Decimal(0),
        help_text=gettext_lazy("Nobody writes a letter for it."),
    )
    charges_max = AmountField(label=gettext_lazy("Bank charges up to"), min_value=Decimal(0))
    discount_max = AmountField(label=gettext_lazy("Discount up to"), min_value=Decimal(0), max_value=Decimal(100))
    discount_grace_days = forms.IntegerField(
        label=gettext_lazy("Discount still allowed after its day"), min_value=0, max_value=60
    )
    deduction_max = AmountField(
        label=gettext_lazy("Deduction up to"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        help_text=gettext_lazy("Beyond, it is a part payment."),
    )
    contest_days = forms.IntegerField(label=gettext_lazy("Contest a deduction within"), min_value=1, max_value=730)
    books_discounts_alone = forms.BooleanField(
        label=gettext_lazy("Book discounts within the terms alone"), required=False
    )
    books_rounding_alone = forms.BooleanField(label=gettext_lazy("Book rounding alone"), required=False)
    books_charges_alone = forms.BooleanField(label=gettext_lazy("Book bank charges alone"), required=False)
    applies_on_account_alone = forms.BooleanField(
        label=gettext_lazy("Put money of a sure payer on account alone when nothing fits"), required=False
    )
    imputation = forms.ChoiceField(label=gettext_lazy("When the payer says nothing"), choices=IMPUTATIONS)
    closed_periods = forms.ChoiceField(label=gettext_lazy("When its day is in a closed period"), choices=PERIODS)
    old_line_days = forms.IntegerField(
        label=gettext_lazy("Older lines wait for a person"),
        min_value=0,
        max_value=3650,
        help_text=gettext_lazy("0: however old."),
    )
    why = forms.CharField(label=gettext_lazy("Reason of the change"), max_length=300, required=False)


class RuleForm(DeskForm):
    """A rule for bank lines; what is left empty asks nothing."""

    wide = frozenset({"name"})
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    name_contains = forms.CharField(label=gettext_lazy("Payer's name contains"), max_length=200, required=False)
    text_contains = forms.CharField(label=gettext_lazy("Text contains"), max_length=200, required=False)
    iban = forms.CharField(label=gettext_lazy("Payer's account"), max_length=40, required=False)
    bank_code = forms.CharField(
        label=gettext_lazy("Kind of operation begins with"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("As the bank or provider calls it: fee, payout, 03 ..."),
    )
    direction = forms.ChoiceField(label=gettext_lazy("Direction"), choices=DIRECTIONS, required=False)
    amount_min = AmountField(label=gettext_lazy("Amount from"), required=False)
    amount_max = AmountField(label=gettext_lazy("Amount to"), required=False)
    effect = forms.ChoiceField(label=gettext_lazy("Then"), choices=RuleEffect.choices)
    account = forms.CharField(
        label=gettext_lazy("Account of the general ledger"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("To book on; a payout goes to 580 where it is empty."),
    )
    customer = forms.CharField(
        label=gettext_lazy("Customer number"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Whose money it is, or never is."),
    )


def _may_edit(request: DeskRequest) -> bool:
    return can(request.scope, "edit_entity")


def _initial(policy: MatchingPolicy) -> dict[str, Any]:
    names = [name for name in PolicyForm.base_fields if hasattr(policy, name)]
    amounts = {"tolerance": policy.tolerance_minor, "charges_max": policy.charges_max_minor}
    rates = {"discount_max": policy.discount_max_permyriad, "deduction_max": policy.deduction_max_permyriad}
    return {
        **{name: getattr(policy, name) for name in names},
        **{name: Money(minor, EUR).as_decimal() for name, minor in amounts.items()},
        **{name: Decimal(rate) / 100 for name, rate in rates.items()},
    }


def _values(said: dict[str, Any]) -> dict[str, Any]:
    values = {name: said[name] for name in said if name in matching.POLICY_FIELDS}
    for name in ("tolerance", "charges_max"):
        values[f"{name}_minor"] = Money.from_decimal(said[name], EUR).minor
    for name in ("discount_max", "deduction_max"):
        values[f"{name}_permyriad"] = int(said[name] * 100)
    return values


def _limits(request: DeskRequest, policy: MatchingPolicy) -> list[dict[str, Any]]:
    """How much each role may write off of one payment; empty is nothing, or anything for those with that right."""
    return [
        {
            "role": role,
            "label": label,
            "minor": policy.write_off_limits.get(role),
            "amount": Money(policy.write_off_limits[role], EUR).as_decimal() if role in policy.write_off_limits else "",
            "is_free": "write_off" in PERMISSIONS[role],
        }
        for role, label in Role.choices
        if "allocate" in PERMISSIONS[role]
    ]


def _said_limits(request: DeskRequest) -> dict[str, int]:
    found = {}
    field = AmountField(required=False, min_value=Decimal(0))
    for role in Role.values:
        amount = field.clean(request.POST.get(f"limit-{role}", ""))
        if amount is not None:
            found[role] = Money.from_decimal(amount, EUR).minor
    return found


@screen("view_books")
def setup(request: DeskRequest) -> HttpResponse:
    policy = book.policy_row(request.organisation_id)
    form = PolicyForm(request.POST or None, initial=_initial(policy))
    if request.method == "POST" and _may_edit(request) and form.is_valid():
        with refusals_on(form):
            try:
                limits = _said_limits(request)
            except forms.ValidationError as error:
                form.add_error(None, error)
            else:
                matching.set_policy(
                    organisation_id=request.organisation_id,
                    values={**_values(form.cleaned_data), "write_off_limits": limits},
                    by=request.actor,
                    why=form.cleaned_data["why"],
                )
                told(request, gettext("Saved: the next run goes by it."))
                return redirect("desk:cash_setup")
    return _page(request, form=form, status=422 if form.errors else 200)


def _page(
    request: DeskRequest, *, form: PolicyForm | None = None, rule_form: RuleForm | None = None, status: int = 200
) -> HttpResponse:
    policy = book.policy_row(request.organisation_id)
    names = ("name_contains", "text_contains", "iban", "bank_code")
    asked = {name: request.GET[name] for name in names if request.GET.get(name)}
    initial = {**asked, "name": request.GET.get("name_contains", ""), "effect": "ignore"} if asked else None
    context = {
        "form": form or PolicyForm(initial=_initial(policy)),
        "rule_form": rule_form or RuleForm(initial=initial),
        "is_rule_open": bool(asked) or bool(rule_form and rule_form.errors),
        "limits": _limits(request, policy),
        "suggestions": _suggestions(request) if _may_edit(request) else [],
        "rules": [{"rule": rule, "asks": _asks(rule)} for rule in marks.rules(request.organisation_id)],
        "may_edit": _may_edit(request),
    }
    return render(request, "desk/cash/setup.html", context, status=status)


def _asks(rule: MatchingRule) -> str:
    """What a rule looks for, as one says it."""
    parts = []
    if rule.name_contains:
        parts.append(gettext("payer “{text}”").format(text=rule.name_contains))
    if rule.text_contains:
        parts.append(gettext("text “{text}”").format(text=rule.text_contains))
    if rule.iban:
        parts.append(gettext("account {iban}").format(iban=rule.iban))
    if rule.bank_code:
        parts.append(gettext("operation “{code}”").format(code=rule.bank_code))
    if rule.direction:
        parts.append(str(dict(DIRECTIONS)[rule.direction]))
    for name, words in (("amount_min_minor", gettext("from {amount}")), ("amount_max_minor", gettext("to {amount}"))):
        minor = getattr(rule, name)
        if minor is not None:
            parts.append(words.format(amount=cash_words.money(minor, EUR)))
    return ", ".join(parts)


def _suggestions(request: DeskRequest) -> list[dict[str, Any]]:
    """Rules that the accounts at hand ask for and nobody has added: a provider's fees and payouts, own transfers."""
    rules = marks.rules(request.organisation_id)
    codes, ibans = {rule.bank_code for rule in rules}, {rule.iban for rule in rules}
    found = []
    if payments.bank_accounts(request.scope).filter(kind=AccountKind.PSP).exists():
        fee = {"name": gettext("Providers’ fees"), "bank_code": "fee", "effect": "book", "account": "627"}
        payout = {"name": gettext("Payouts of providers"), "bank_code": "payout", "effect": "payout", "account": "580"}
        why_fee = gettext("What the provider keeps of each payment is booked on 627.")
        why_payout = gettext(
            "What leaves the provider’s account for the bank’s passes through 580; the bank’s own line of it too."
        )
        found += [(fee, why_fee)] if "fee" not in codes else []
        found += [(payout, why_payout)] if "payout" not in codes else []
    for iban, count in payments.own_transfers(request.organisation_id):
        if iban not in ibans:
            name = gettext("Own account …{tail}").format(tail=iban[-4:])
            why = ngettext("{count} movement was with it: both sides pass through 580.",
                           "{count} movements were with it: both sides pass through 580.", count)  # fmt: skip
            found.append(({"name": name, "iban": iban, "effect": "book", "account": "580"}, why.format(count=count)))
    return [{"rule": rule, "why": why} for rule, why in found]


@screen("edit_entity")
@require_POST
def rule_add(request: DeskRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if form.is_valid():
        said = dict(form.cleaned_data)
        number = said.pop("customer").strip()
        found = customers.in_scope(request.scope).filter(number=number).first() if number else None
        amounts = {f"{name}_minor": said.pop(name) for name in ("amount_min", "amount_max")}
        minors = {name: None if one is None else Money.from_decimal(one, EUR).minor for name, one in amounts.items()}
        with refusals_on(form):
            rule = matching.save_rule(
                organisation_id=request.organisation_id,
                values={**said, **minors, "customer_id": found.pk if found else None},
                by=request.actor,
            )
            told(request, gettext("{name} counts from the next run on.").format(name=rule.name))
            return redirect("desk:cash_setup")
    return _page(request, rule_form=form, status=422)


@screen("edit_entity")
@require_POST
def rule_retire(request: DeskRequest, rule_id: int) -> HttpResponse:
    rule = matching.remove_rule(
        organisation_id=request.organisation_id,
        rule_id=rule_id,
        by=request.actor,
        why=request.POST.get("why", "").strip()[:300],
    )
    told(request, gettext("{name} decides nothing any more.").format(name=rule.name))
    return redirect("desk:cash_setup")


@screen("edit_entity")
@require_POST
def rule_move(request: DeskRequest, rule_id: int) -> HttpResponse:
    """One place up or down: the first rule that holds decides, so their order does."""
    ids = [rule.pk for rule in marks.rules(request.organisation_id)]
    if rule_id not in ids:
        raise matching.RuleUnknown
    place = ids.index(rule_id)
    other = place - 1 if request.POST.get("to") == "up" else place + 1
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
        matching.order_rules(organisation_id=request.organisation_id, rule_ids=ids, by=request.actor)
    return redirect(f"{reverse('desk:cash_setup')}#rules")


urlpatterns = [
    path("cash/settings", setup, name="cash_setup"),
    path("cash/rules", rule_add, name="cash_rule"),
    path("cash/rules/<int:rule_id>/move", rule_move, name="cash_rule_move"),
    path("cash/rules/<int:rule_id>/retire", rule_retire, name="cash_rule_retire"),
]
