"""What rooms hold back until a person agrees, as far as one person is the one who may."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Model, Q, QuerySet

from encours.access.rules import Scope, can
from encours.collections.models import DraftState, ScenarioDraft
from encours.conversation.models import Answer, AnswerState, BankChange, ChangeState
from encours.core import statements
from encours.credit import queries as credit
from encours.credit.models import ExceptionalTerms, LimitProposal
from encours.customers import queries as customers
from encours.disputes import credit_note_queries as credit_notes
from encours.disputes.models import CreditNoteRequest
from encours.plans.models import Plan
from encours.plans.queries import followed
from encours.recovery.models import BadDebt
from encours.recovery.queries import bad_debts

# beside what is told, so much of a person's own is read over
OWN_MAX = 50
BANK, LOSSES, PLANS, SCENARIOS, ANSWERS = "bank", "losses", "plans", "scenarios", "answers"
LIMITS, TERMS, CREDIT_NOTES = "limits", "terms", "credit_notes"


# who did the first half of a deed does not do the second: by whom it is, in its row
_DONE_BY: Mapping[str, tuple[str, ...]] = {
    BANK: ("called_by_id",),
    LOSSES: ("proposed_by_id",),
    PLANS: (),
    SCENARIOS: ("author_id", "proposer_id"),
    LIMITS: ("proposed_by_id",),
    TERMS: ("proposed_by_id",),
    CREDIT_NOTES: ("proposed_by_id",),
}


def losses(scope: Scope) -> QuerySet[BadDebt]:
    """Proposals this person may decide: not their own where two are wanted, nor above the limit set for them."""
    if not can(scope, "write_off"):
        return BadDebt.objects.none()
    return _losses(scope, *_loss_policy(scope))


def _loss_policy(scope: Scope) -> tuple[bool, int | None]:
    policy = bad_debts.policy_of(scope.organisation_id)
    return policy.needs_second_person, policy.limit_minor


def _losses(scope: Scope, needs_second_person: bool, limit_minor: int | None) -> QuerySet[BadDebt]:
    found = _losses_seen(scope, limit_minor)
    return _not_own(LOSSES, found, scope) if needs_second_person else found


def _losses_seen(scope: Scope, limit_minor: int | None) -> QuerySet[BadDebt]:
    found = bad_debts.in_scope(scope).filter(decided_as="")
    if limit_minor is not None and not can(scope, "write_off_above_limit"):
        found = found.filter(amount_minor__lte=limit_minor)
    return found.order_by("pk")


def _not_own[M: Model](name: str, found: QuerySet[M], scope: Scope) -> QuerySet[M]:
    own = Q()
    for column in _DONE_BY[name] if scope.user_id is not None else ():
        own |= Q(**{column: scope.user_id})
    return found.exclude(own) if own else found


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
    if scope.user_id is None:
        return ScenarioDraft.objects.none()
    return _not_own(SCENARIOS, _scenarios_seen(scope), scope)


def _scenarios_seen(scope: Scope) -> QuerySet[ScenarioDraft]:
    if not can(scope, "edit_scenario"):
        return ScenarioDraft.objects.none()
    found = ScenarioDraft.objects.filter(organisation_id=scope.organisation_id, state=DraftState.PROPOSED)
    return found.select_related("scenario").order_by("pk")


def changes(scope: Scope) -> QuerySet[BankChange]:
    """Changes that a colleague called back about."""
    if scope.user_id is None:
        return BankChange.objects.none()
    return _not_own(BANK, _changes_seen(scope), scope)


def _changes_seen(scope: Scope) -> QuerySet[BankChange]:
    if not can(scope, "edit_bank_details"):
        return BankChange.objects.none()
    found = BankChange.objects.filter(organisation_id=scope.organisation_id, state=ChangeState.CALLED)
    return found.order_by("pk")


def limits(scope: Scope) -> QuerySet[LimitProposal]:
    """Credit limits that others proposed."""
    return _not_own(LIMITS, _limits_seen(scope), scope)


def _limits_seen(scope: Scope) -> QuerySet[LimitProposal]:
    if not can(scope, "set_credit_limit"):
        return LimitProposal.objects.none()
    return credit.limit_proposals(scope).filter(decided_as="").order_by("pk")


def terms(scope: Scope) -> QuerySet[ExceptionalTerms]:
    """Exceptional terms that others proposed."""
    return _not_own(TERMS, _terms_seen(scope), scope)


def _terms_seen(scope: Scope) -> QuerySet[ExceptionalTerms]:
    if not can(scope, "set_credit_limit"):
        return ExceptionalTerms.objects.none()
    return credit.terms_in_scope(scope).filter(decided_as="").order_by("pk")


def notes(scope: Scope) -> QuerySet[CreditNoteRequest]:
    """Credit notes that others ask for."""
    return _not_own(CREDIT_NOTES, _notes_seen(scope), scope)


def _notes_seen(scope: Scope) -> QuerySet[CreditNoteRequest]:
    if not can(scope, "approve_credit_note"):
        return CreditNoteRequest.objects.none()
    return credit_notes.in_scope(scope).filter(decided_as="").order_by("pk")


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
    LIMITS: limits,
    TERMS: terms,
    CREDIT_NOTES: notes,
    LOSSES: losses,
    PLANS: plans,
    SCENARIOS: scenarios,
    ANSWERS: answers,
}


def count(scope: Scope) -> int:
    """How many things wait for this person, asked at once: every page shows it."""
    asked = _count_statement(scope, *(_loss_policy(scope) if can(scope, "write_off") else (None, None)))
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


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits for one person's word, and whom it is about."""

    user_id: int
    name: str
    pk: int
    about: str


def waits_for(scopes: Iterable[Scope], *, limit: int) -> Iterator[Waits]:
    """What waits for each of many people, at most so much of a kind; prepared answers stand in the inbox instead.

    Asked once for all who see the same: a team of thirty with three roles is asked three times, not thirty.
    """
    alike: dict[tuple[str, tuple[int, ...], int | None], list[Scope]] = {}
    for scope in scopes:
        sight = (scope.role, tuple(sorted(scope.entity_ids)), scope.user_id if scope.own_portfolio_only else None)
        alike.setdefault(sight, []).append(scope)
    for group in alike.values():
        for name, done_by, rows in _seen(group[0], limit=limit + OWN_MAX):
            for scope in group:
                theirs = [row for row in rows if scope.user_id not in [getattr(row, column) for column in done_by]]
                for row in theirs[:limit]:
                    yield Waits(scope.user_id or 0, name, row.pk, _of_whom(row))


def _seen(scope: Scope, *, limit: int) -> Iterator[tuple[str, tuple[str, ...], list[Any]]]:
    """What whoever sees as much may decide, before their own deeds are set aside, and the columns that tell these."""
    needs_second_person, limit_minor = _loss_policy(scope) if can(scope, "write_off") else (True, None)
    found: dict[str, QuerySet[Any]] = {
        BANK: _changes_seen(scope).select_related("customer"),
        PLANS: plans(scope).select_related("customer"),
        SCENARIOS: _scenarios_seen(scope),
        LIMITS: _limits_seen(scope),
        TERMS: _terms_seen(scope),
        CREDIT_NOTES: _notes_seen(scope),
    }
    if can(scope, "write_off"):
        found[LOSSES] = _losses_seen(scope, limit_minor).select_related("customer")
    for name, rows in found.items():
        done_by = () if name == LOSSES and not needs_second_person else _DONE_BY[name]
        yield name, done_by, list(rows[:limit])


def _of_whom(row: Any) -> str:
    customer, scenario = getattr(row, "customer", None), getattr(row, "scenario", None)
    return str(getattr(customer, "name", "") or getattr(scenario, "name", ""))
