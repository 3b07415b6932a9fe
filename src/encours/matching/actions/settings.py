"""What may run alone, and the rules people add for bank lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.matching.models import MatchingPolicy, MatchingRule, RuleEffect

POLICY_FIELDS = (
    "alone_min_ppm", "rival_margin", "tolerance_minor", "charges_max_minor", "discount_grace_days",
    "discount_max_permyriad", "deduction_max_permyriad", "withholding_permyriad", "books_discounts_alone",
    "books_rounding_alone", "books_charges_alone", "applies_on_account_alone", "old_line_days", "imputation",
    "write_off_limits", "contest_days", "closed_periods",
)  # fmt: skip
BAR_LOWEST_PPM = 900_000  # below this one in ten would be wrong: that is a proposal, not a decision


class BarTooLow(Refused):
    """What is applied alone is to be sure."""

    message = gettext_noop("Nothing is applied alone below 90 %: it is proposed to a person instead.")


class PolicyWordUnknown(Refused):
    """The policy has no such setting, or the setting no such value."""

    message = gettext_noop("“{value}” is not a value of {field}.")


class RuleSaysNothing(Refused):
    """A rule without a condition would take every line."""

    message = gettext_noop("Say at least one thing by which the rule knows its lines.")


class RuleNeedsAccount(Refused):
    """Booking needs an account, and customers' accounts are settled by items only."""

    message = gettext_noop("Say the account to book on; an account of customers (41…) cannot be one.")


class RuleNeedsCustomer(Refused):
    """A rule about a customer names one."""

    message = gettext_noop("Say which customer the rule is about.")


class RuleUnknown(NotFound):
    """No such rule in this organisation."""

    message = gettext_noop("There is no such rule.")


@transaction.atomic
def set_policy(*, organisation_id: int, values: Mapping[str, Any], by: Actor, why: str = "") -> MatchingPolicy:
    """Set what may be applied alone and how differences are treated; the next run goes by it, past ones stay.

    Refuses a bar below nine in ten, and what is no setting.
    """
    policy = MatchingPolicy.objects.select_for_update().filter(organisation_id=organisation_id).first()
    policy = policy or MatchingPolicy(organisation_id=organisation_id)
    before = {name: getattr(policy, name) for name in values if name in POLICY_FIELDS}
    for name, value in values.items():
        choices = _choices(name)
        is_count = isinstance(value, int) and not isinstance(value, bool)
        if name not in POLICY_FIELDS or (choices and value not in choices) or (is_count and value < 0):
            raise PolicyWordUnknown(field=name, value=str(value))
        setattr(policy, name, value)
    if not BAR_LOWEST_PPM <= policy.alone_min_ppm <= 1_000_000:
        raise BarTooLow(field="alone_min_ppm")
    policy.save()
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="set_matching_policy",
        subject_kind="organisation",
        subject_id=organisation_id,
        why=why,
        details={"before": before, "after": {name: values[name] for name in before}},
    )
    return policy


def _choices(name: str) -> dict[str, Any]:
    field = MatchingPolicy._meta.get_field(name) if name in POLICY_FIELDS else None
    return dict(getattr(field, "choices", None) or ())


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule as a person says it; a condition left empty asks nothing."""

    name: str
    effect: str
    name_contains: str = ""
    text_contains: str = ""
    iban: str = ""
    bank_code: str = ""
    direction: str = ""
    amount_min_minor: int | None = None
    amount_max_minor: int | None = None
    customer_id: int | None = None
    account: str = ""
    position: int = 100


@transaction.atomic
def save_rule(
    *, organisation_id: int, values: Mapping[str, Any], by: Actor, rule_id: int | None = None
) -> MatchingRule:
    """Add or change a rule for bank lines; it counts from the next run on, for lines that wait.

    Refuses one without a condition, a booking without an account, and one about a customer that is not named.
    """
    form = RuleForm(**values)
    _check(form, organisation_id)
    about_customer = form.effect in (RuleEffect.CUSTOMER, RuleEffect.NEVER_CUSTOMER)
    rule = MatchingRule(organisation_id=organisation_id, created_by_name=by.name)
    if rule_id is not None:
        rule = _rule(organisation_id, rule_id)
    rule.position, rule.effect, rule.direction = form.position, form.effect, form.direction
    rule.name = (form.name.strip() or form.name_contains or form.text_contains or form.iban)[:100]
    rule.name_contains, rule.text_contains = form.name_contains.strip(), form.text_contains.strip()
    rule.iban, rule.bank_code = "".join(form.iban.split()).upper(), form.bank_code.strip()
    rule.amount_min_minor, rule.amount_max_minor = form.amount_min_minor, form.amount_max_minor
    rule.customer_id = form.customer_id if about_customer else None
    rule.account = form.account if form.effect in (RuleEffect.BOOK, RuleEffect.PAYOUT) else ""
    rule.save()
    _audit(rule, by=by, verb="save_matching_rule", details={"name": rule.name, "effect": rule.effect})
    return rule


def _check(form: RuleForm, organisation_id: int) -> None:
    if form.effect not in RuleEffect.values:
        raise PolicyWordUnknown(field="effect", value=form.effect)
    texts = (form.name_contains, form.text_contains, form.iban, form.bank_code)
    if not any(text.strip() for text in texts) and form.amount_min_minor is None and form.amount_max_minor is None:
        raise RuleSaysNothing
    is_wrong = not form.account.isalnum() or form.account.startswith("41")
    if is_wrong and (form.effect == RuleEffect.BOOK or (form.effect == RuleEffect.PAYOUT and form.account)):
        raise RuleNeedsAccount(field="account")
    if form.effect in (RuleEffect.CUSTOMER, RuleEffect.NEVER_CUSTOMER):
        ours = Customer.objects.filter(organisation_id=organisation_id, merged_into__isnull=True)
        if not ours.filter(pk=form.customer_id or 0).exists():
            raise RuleNeedsCustomer(field="customer")


def _rule(organisation_id: int, rule_id: int) -> MatchingRule:
    ours = MatchingRule.objects.select_for_update().filter(organisation_id=organisation_id, is_active=True)
    found = ours.filter(pk=rule_id).first()
    if found is None:
        raise RuleUnknown
    return found


@transaction.atomic
def remove_rule(*, organisation_id: int, rule_id: int, by: Actor, why: str = "") -> MatchingRule:
    """Let a rule decide nothing any more; what it decided stays, and so does the rule in the history."""
    rule = _rule(organisation_id, rule_id)
    rule.is_active = False
    rule.save(update_fields=["is_active"])
    _audit(rule, by=by, verb="remove_matching_rule", why=why, details={"name": rule.name})
    return rule


@transaction.atomic
def order_rules(*, organisation_id: int, rule_ids: Sequence[int], by: Actor) -> None:
    """Try the rules in this order; those not named come after, as they were."""
    for position, rule_id in enumerate(rule_ids, start=1):
        rule = _rule(organisation_id, rule_id)
        rule.position = position
        rule.save(update_fields=["position"])
    others = MatchingRule.objects.filter(organisation_id=organisation_id, is_active=True).exclude(pk__in=rule_ids)
    others.filter(position__lte=len(rule_ids)).update(position=len(rule_ids) + 1)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="order_matching_rules",
        subject_kind="organisation",
        subject_id=organisation_id,
        details={"rules": list(rule_ids)},
    )


def _audit(rule: MatchingRule, *, by: Actor, verb: str, details: Mapping[str, Any], why: str = "") -> None:
    record_audit(
        by=by,
        organisation_id=rule.organisation_id,
        verb=verb,
        subject_kind="matching_rule",
        subject_id=rule.pk,
        why=why,
        details=dict(details),
    )
