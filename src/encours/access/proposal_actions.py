"""Decide about proposals: the part that is the same whatever is proposed."""

from datetime import date

from encours.access.proposal_models import DECIDED, Proposal
from encours.core import second_person
from encours.core.actors import Actor
from encours.core.second_person import ProposalUnknown


def locked[P: Proposal](kind: type[P], proposal_id: int, *, organisation_id: int) -> P:
    """A proposal, held until the transaction ends: of two who decide at once, one finds it decided."""
    found = kind._default_manager.select_for_update(of=("self",)).filter(organisation_id=organisation_id)
    proposal = found.filter(pk=proposal_id).first()
    if proposal is None:
        raise ProposalUnknown
    return proposal


def agree(proposal: Proposal, *, today: date, by: Actor) -> None:
    """Note that a second person agrees; refused to who proposed it, and once it is decided."""
    _decide(proposal, second_person.agreed(proposal.standing, by_id=by.user_id), today=today, by=by, why="")


def turn_down(proposal: Proposal, *, today: date, by: Actor, why: str) -> None:
    """Note that it is refused, or withdrawn by who proposed it; refused without a reason, and once it is decided."""
    decision = second_person.turned_down(proposal.standing, by_id=by.user_id, why=why)
    _decide(proposal, decision, today=today, by=by, why=why)


def _decide(proposal: Proposal, decision: second_person.Decision, *, today: date, by: Actor, why: str) -> None:
    proposal.decided_as, proposal.decided_date, proposal.decided_why = decision.value, today, why.strip()[:500]
    proposal.decided_by_id, proposal.decided_by_name = by.user_id, by.name[:200]
    proposal.save(update_fields=DECIDED)
