"""What rooms hold back until a person agrees, as far as one person is the one who may."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from encours.access.rules import Scope, can
from encours.collections.models import DraftState, ScenarioDraft
from encours.conversation.models import Answer, AnswerState, BankChange, ChangeState
from encours.core import statements
from encours.customers import queries as customers
from encours.plans.models import Plan
from encours.plans.queries import followed
from encours.recovery.models import BadDebt
from encours.recovery.queries import bad_debts

BANK, LOSSES, PLANS, SCENARIOS, ANSWERS = "bank", "losses", "plans", "scenarios", "answers"


def losses(scope: Scope) -> QuerySet[BadDebt]:
    """Proposals this person may decide: not their own where two are wanted, nor above the limit set for them."""
    if not can(scope, "write_off"):
        return BadDebt.objects.none()
    return _losses(scope, *_limits(scope))


def _limits(scope: Scope) -> tuple[bool, int | None]:
    policy = bad_debts.policy_of(scope.organisation_id)
    return policy.needs_second_person, policy.limit_minor


def _losses(scope: Scope, needs_second_person: bool, limit_minor: int | None) -> QuerySet[BadDebt]:
    found = bad_debts.in_scope(scope).filter(decided_as="")
    if needs_second_person and scope.user_id is not None:
        found = found.filter(Q(proposed_by_id__isnull=True) | ~Q(proposed_by_id=scope.user_id))
    if limit_minor is not None and not can(scope, "write_off_above_limit"):
        found = found.filter(amount_minor__lte=limit_minor)
    return found.order_by("pk")


def plans(scope: Scope) -> QuerySet[Plan]:
    """Plans drawn up and not offered yet."""
    if not can(scope, "approve_plan"):
        return Plan.objects.none()
    return (
        followed.in_scope(scope)
        .filter(approved_date__isnull=True, agreed_date__isnull=True, ended_as="")
        .order_by("pk")
    )


def scenarios(scope: Scope) -> QuerySet[ScenarioDraft]:
    """Drafts that others proposed."""
    if not can(scope, "edit_scenario") or scope.user_id is None:
        return ScenarioDraft.objects.none()
    found = ScenarioDraft.objects.filter(organisation_id=scope.organisation_id, state=DraftState.PROPOSED)
    own = Q(author_id=scope.user_id) | Q(proposer_id=scope.user_id)
    return found.exclude(own).select_related("scenario").order_by("pk")


def changes(scope: Scope) -> QuerySet[BankChange]:
    """Changes that a colleague called back about."""
    if not can(scope, "edit_bank_details") or scope.user_id is None:
        return BankChange.objects.none()
    found = BankChange.objects.filter(organisation_id=scope.organisation_id, state=ChangeState.CALLED)
    return found.exclude(called_by_id=scope.user_id).order_by("pk")


def answers(scope: Scope) -> QuerySet[Answer]:
    """Answers prepared for customers of this person."""
    if not can(scope, "send_message"):
        return Answer.objects.none()
    found = Answer.objects.filter(organisation_id=scope.organisation_id, state=AnswerState.DRAFT)
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return found.order_by("pk")


WAITING: Mapping[str, Callable[[Scope], QuerySet[Any]]] = {
    BANK: changes,
    LOSSES: losses,
    PLANS: plans,
    SCENARIOS: scenarios,
    ANSWERS: answers,
}


def count(scope: Scope) -> int:
    """How many things wait for this person, asked at once: every page shows it."""
    asked = _count_statement(scope, *(_limits(scope) if can(scope, "write_off") else (None, None)))
    return int(statements.rows(*asked)[0][0]) if asked else 0


@lru_cache(maxsize=1_000)
def _count_statement(
    scope: Scope, needs_second_person: bool | None, limit_minor: int | None
) -> tuple[str, tuple[Any, ...]] | None:
    """The questions above as one text: it says who may see what, which is the same as long as person and policy are."""
    questions = {name: waiting(scope) for name, waiting in WAITING.items() if name != LOSSES}
    if needs_second_person is not None:
        questions[LOSSES] = _losses(scope, needs_second_person, limit_minor)
    return statements.count_of(list(questions.values()))
