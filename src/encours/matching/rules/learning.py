"""What a decision of a person teaches: whose account and name it was, how a customer pays, how good evidence is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from encours.matching.rules import folding
from encours.matching.rules.facts import Habits, Learnt, Line, Proposal, Treatment


class Decision(NamedTuple):
    """A proposal somebody confirmed, or one they took back."""

    line: Line
    proposal: Proposal
    is_confirmed: bool


def update(learnt: Learnt, decision: Decision) -> Learnt:
    """What is known after one more decision; nothing given is changed.

    A confirmation counts the payer's account and name for the customer, the habit and the kind of evidence; an undo
    takes the same counts back and counts the evidence as wrong. Example: 980.00 for 1,000.00 confirmed twice as a
    discount, and the third time 2 % less is this customer's habit.
    """
    line, proposal, step = decision.line, decision.proposal, 1 if decision.is_confirmed else -1
    customer_id = proposal.customer_id
    right, wrong = learnt.evidence.get(proposal.signature, (0, 0))
    counts = (right + 1, wrong) if decision.is_confirmed else (max(0, right - 1), wrong + 1)
    habits = _habits(learnt.habits.get(customer_id, Habits()), proposal, step)
    return replace(
        learnt,
        payers=_counted(learnt.payers, line.counterparty_iban, customer_id, step),
        names=_counted(learnt.names, folding.core(line.counterparty_name), customer_id, step),
        habits={**learnt.habits, customer_id: habits},
        evidence={**learnt.evidence, proposal.signature: counts} if proposal.signature else learnt.evidence,
    )


def _counted(
    counts: Mapping[str, Mapping[int, int]], key: str, customer_id: int, step: int
) -> Mapping[str, Mapping[int, int]]:
    if not key or not customer_id:
        return counts
    known = counts.get(key, {})
    return {**counts, key: {**known, customer_id: known.get(customer_id, 0) + step}}


def _habits(known: Habits, proposal: Proposal, step: int) -> Habits:
    kind = proposal.signature.split("/")[1] if proposal.signature.count("/") == 2 else ""
    by_rate, by_minor = dict(known.short_by_permyriad), dict(known.short_by_minor)
    for residual in proposal.residuals:
        paid = next((one.amount_minor for one in proposal.allocations if one.item_id == residual.item_id), 0)
        if residual.treatment == Treatment.DISCOUNT and paid > 0:
            rate = (residual.amount_minor * 10_000 + (paid + residual.amount_minor) // 2) // (
                paid + residual.amount_minor
            )
            by_rate[rate] = max(0, by_rate.get(rate, 0) + step)
        elif residual.treatment == Treatment.CHARGE:
            by_minor[residual.amount_minor] = max(0, by_minor.get(residual.amount_minor, 0) + step)
    return Habits(
        oldest_first=max(0, known.oldest_first + (step if kind in ("oldest", "due", "due_debts") else 0)),
        several_at_once=max(0, known.several_at_once + (step if len(proposal.allocations) > 1 else 0)),
        whole_account=max(0, known.whole_account + (step if kind in ("whole", "whole_debts") else 0)),
        short_by_permyriad=by_rate,
        short_by_minor=by_minor,
    )
