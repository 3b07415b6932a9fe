"""Small reads for the screens: recognised words of a page of lines, the line of a match, the rules in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from encours.access.rules import Scope
from encours.matching.models import LineWork, Match, MatchingRule
from encours.matching.rules.facts import Highlight
from encours.payments.models import Statement


def highlights_of(line_ids: Sequence[int], *, organisation_id: int) -> dict[int, tuple[Highlight, ...]]:
    """For each line with a proposal, the places of the words it was found by."""
    works = LineWork.objects.filter(organisation_id=organisation_id, line_id__in=line_ids, proposal__isnull=False)
    rows = works.values_list("line_id", "proposal__highlights")
    return {line_id: tuple(Highlight(*one) for one in marks or ()) for line_id, marks in rows}


def line_of_match(match_id: int, *, scope: Scope) -> int | None:
    """The bank line of a match of a company the reader sees."""
    found = Match.objects.filter(organisation_id=scope.organisation_id, pk=match_id)
    if scope.entity_ids:
        found = found.filter(entity_id__in=scope.entity_ids)
    return found.values_list("line_id", flat=True).first()


def rules(organisation_id: int) -> list[MatchingRule]:
    """The rules that decide, in the order they are tried."""
    found = MatchingRule.objects.filter(organisation_id=organisation_id, is_active=True).select_related("customer")
    return list(found.order_by("position", "pk"))


@dataclass(frozen=True, slots=True)
class BankKnown:
    """How far the bank is known, and whether its statements add up and follow one another."""

    last_date: date | None
    is_verified: bool


def bank_known(scope: Scope) -> BankKnown:
    """The last day of the statements of the companies the reader sees; reports of the day promise nothing."""
    statements = Statement.objects.filter(organisation_id=scope.organisation_id, is_interim=False)
    if scope.entity_ids:
        statements = statements.filter(account__entity_id__in=scope.entity_ids)
    is_wrong = (Q(difference_minor__isnull=False) & ~Q(difference_minor=0)) | (
        Q(gap_minor__isnull=False) & ~Q(gap_minor=0)
    )
    found = statements.aggregate(last=Max("to_date"), wrong=Count("pk", filter=is_wrong))
    return BankKnown(found["last"], not found["wrong"])
