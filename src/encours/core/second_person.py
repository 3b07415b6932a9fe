"""Four eyes: who proposed something does not agree to it, and what was decided stays decided."""

from dataclasses import dataclass
from enum import StrEnum

from encours.core.errors import Conflict, NotFound, Refused, gettext_noop


class ProposalUnknown(NotFound):
    """No such proposal in this organisation, or none this person may see."""

    message = gettext_noop("There is no such proposal.")


class ProposalDecided(Conflict):
    """A proposal is decided once."""

    message = gettext_noop("This was decided already: look at it again.")


class OwnProposal(Refused):
    """Another person agrees than the one who proposed; a job of the product is no person."""

    message = gettext_noop("You proposed this: another person agrees to it.")


class ReasonNeeded(Refused):
    """A proposal and a refusal say why."""

    message = gettext_noop("Say why.")


class Decision(StrEnum):
    """What became of a proposal."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """Who proposed, and what was decided so far."""

    proposed_by_id: int | None
    decided_as: str = ""


def agreed(standing: Standing, *, by_id: int | None) -> Decision:
    """Agreement of a second person: Ada proposed, Bea agrees -> approved; Ada herself, or a job, is refused."""
    if standing.decided_as:
        raise ProposalDecided
    if by_id is None or by_id == standing.proposed_by_id:
        raise OwnProposal
    return Decision.APPROVED


def turned_down(standing: Standing, *, by_id: int | None, why: str) -> Decision:
    """No, with its reason: Bea refuses what Ada proposed; Ada herself thereby withdraws it, and needs no reason."""
    if standing.decided_as:
        raise ProposalDecided
    is_own = by_id is not None and by_id == standing.proposed_by_id
    if not is_own and not why.strip():
        raise ReasonNeeded(field="why")
    return Decision.WITHDRAWN if is_own else Decision.REFUSED
