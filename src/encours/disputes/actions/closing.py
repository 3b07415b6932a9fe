"""End disputes, and with them the credit notes that were asked for them."""

from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.access.proposal_models import DECIDED, Decision
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, gettext_noop
from encours.disputes.actions.reasons import DisputeWordUnknown
from encours.disputes.credit_note_models import DONE, IS_STANDING, CreditNoteEnd, CreditNoteRequest
from encours.disputes.models import Dispute, DisputeOutcome
from encours.team import actions as team


class DisputeUnknown(NotFound):
    """No such dispute in this organisation."""

    message = gettext_noop("There is no such dispute.")


class DisputeClosedAlready(Conflict):
    """A dispute ends once; a new objection is a new dispute."""

    message = gettext_noop("This dispute was closed on {closed_date}.")


class CreditNoteAwaited(Conflict):
    """What a credit note will settle is not chased meanwhile."""

    message = gettext_noop("A credit note is asked for: refuse it, give it up or note that it was issued first.")


def locked_open(organisation_id: int, dispute_id: int) -> Dispute:
    """A dispute that is not closed, held until the transaction ends."""
    dispute = Dispute.objects.select_for_update(of=("self",)).filter(organisation_id=organisation_id, pk=dispute_id)
    found = dispute.first()
    if found is None:
        raise DisputeUnknown()
    if found.closed_date is not None:
        raise DisputeClosedAlready(closed_date=found.closed_date)
    return found


@transaction.atomic
def close_dispute(
    *, organisation_id: int, dispute_id: int, outcome: str, today: date, by: Actor, note: str = ""
) -> Dispute:
    """End a dispute with its outcome; what is still open is chased again.

    Refused when it is closed already, and while a credit note is asked for it.
    """
    if outcome not in DisputeOutcome.values:
        raise DisputeWordUnknown(word=outcome)
    dispute = locked_open(organisation_id, dispute_id)
    if CreditNoteRequest.objects.filter(IS_STANDING, organisation_id=organisation_id, dispute=dispute).exists():
        raise CreditNoteAwaited
    return close(dispute, outcome=outcome, today=today, by=by, note=note)


def close(dispute: Dispute, *, outcome: str, today: date, by: Actor, note: str) -> Dispute:
    """End a dispute that is held, and whatever credit note stands asked for it: its reason is gone."""
    dispute.closed_date, dispute.closed_by_name = today, by.name
    dispute.outcome, dispute.closing_note = outcome, note
    dispute.save(update_fields=["closed_date", "closed_by_name", "outcome", "closing_note"])
    standing = CreditNoteRequest.objects.filter(IS_STANDING, organisation_id=dispute.organisation_id, dispute=dispute)
    for request in standing:
        give_up(request, today=today, by=by, why=note)
    access.record_audit(
        by=by, organisation_id=dispute.organisation_id, verb="close_dispute", subject_kind="customer",
        subject_id=dispute.customer_id, why=note, details={"dispute": dispute.pk, "outcome": outcome},
    )  # fmt: skip
    return dispute


def give_up(request: CreditNoteRequest, *, today: date, by: Actor, why: str) -> None:
    """Withdraw a request nobody decided about yet, or give up one that was agreed to; its task is over."""
    if request.is_waiting:
        request.decided_as, request.decided_date, request.decided_why = Decision.WITHDRAWN, today, why[:500]
        request.decided_by_id, request.decided_by_name = by.user_id, by.name[:200]
        request.save(update_fields=DECIDED)
    else:
        request.done_as, request.done_date = CreditNoteEnd.DROPPED, today
        request.done_by_name, request.done_why = by.name[:200], why[:500]
        request.save(update_fields=DONE)
    team.complete_by_key(
        organisation_id=request.organisation_id, key=task_key(request.pk), today=today, by=by, note=why[:500]
    )


def task_key(request_id: int) -> str:
    """What the task to issue a credit note is known by."""
    return f"credit_note:{request_id}"
