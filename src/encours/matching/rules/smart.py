"""Rules that people add (CA-14): what is left out, booked, always or never somebody's money."""

from collections.abc import Iterable

from encours.matching.rules import folding
from encours.matching.rules.drafts import Draft
from encours.matching.rules.facts import Line, Outcome, RuleEffect, Status, UserRule

DECIDED = {RuleEffect.IGNORE: Status.IGNORED, RuleEffect.BOOK: Status.BOOKED, RuleEffect.PAYOUT: Status.BOOKED}
# money on its way between accounts of one company (PCG 58): what a provider pays out, what the bank receives of it
TRANSIT = "580"


def holds(rule: UserRule, line: Line) -> bool:
    """Whether every condition of a rule that is not empty is true of a line."""
    names = folding.plain(f"{line.counterparty_name} {line.ultimate_name}")
    texts = f"{names} {folding.plain(line.text)} {line.structured_reference} {line.end_to_end_id}".upper()
    size = abs(line.amount_minor)
    return (
        folding.plain(rule.name_contains) in names
        and folding.plain(rule.text_contains) in texts
        and (not rule.iban or rule.iban.replace(" ", "") == line.counterparty_iban)
        and line.bank_code.startswith(rule.bank_code)
        and rule.direction in ("", "in" if line.amount_minor > 0 else "out")
        and (rule.amount_min_minor is None or size >= rule.amount_min_minor)
        and (rule.amount_max_minor is None or size <= rule.amount_max_minor)
    )


def decide(line: Line, rules: Iterable[UserRule]) -> Outcome | None:
    """The outcome when a rule takes a line out of cash application; None when the engine is to look at it.

    A provider's payout is money on its way: 1,596.67 leave the provider's account and reach the bank's, both against
    580. What the payers paid, and what the provider kept, are the other lines of its report; a payout that brings an
    advice of its own is matched by it instead.
    """
    for rule in rules:
        if rule.effect not in DECIDED or not holds(rule, line):
            continue
        if rule.effect == RuleEffect.PAYOUT and (line.advice or rule.customer_id):
            return None
        account = rule.account or (TRANSIT if rule.effect == RuleEffect.PAYOUT else "")
        return Outcome(line.key, DECIDED[rule.effect], rule_id=rule.rule_id, account=account)
    return None


def tied(line: Line, rules: Iterable[UserRule]) -> Line:
    """The line with the customer a rule says it is from; a person's word comes before a rule's."""
    if line.tied_customer_id:
        return line
    for rule in rules:
        if rule.effect in (RuleEffect.CUSTOMER, RuleEffect.PAYOUT) and rule.customer_id and holds(rule, line):
            return line._replace(tied_customer_id=rule.customer_id)
    return line


def allowed(drafts: list[Draft], line: Line, rules: Iterable[UserRule]) -> list[Draft]:
    """The drafts less those of customers a rule excludes."""
    never = {rule.customer_id for rule in rules if rule.effect == RuleEffect.NEVER_CUSTOMER and holds(rule, line)}
    return [one for one in drafts if one.customer_id not in never] if never else drafts


def is_never_alone(line: Line, rules: Iterable[UserRule]) -> bool:
    """Whether a rule wants a person to look."""
    return any(rule.effect == RuleEffect.NEVER_ALONE and holds(rule, line) for rule in rules)
