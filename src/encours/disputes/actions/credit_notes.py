"""Ask for credit notes, decide about them, and see that they come: who issues invoices issues them, not Encours."""

from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext, override

from encours.access import actions as access
from encours.access import proposal_actions as proposals
from encours.access.models import Membership, Organisation
from encours.access.proposal_models import Decision
from encours.core.actors import Actor
from encours.core.errors import Conflict, Refused, gettext_noop
from encours.core.money import Money
from encours.core.second_person import ReasonNeeded
from encours.disputes import credit_note_queries as queries
from encours.disputes import rules
from encours.disputes.actions import open_dispute
from encours.disputes.actions.closing import close, give_up, locked_open, task_key
from encours.disputes.credit_note_models import DONE, CreditNoteEnd, CreditNoteRequest
from encours.disputes.models import Dispute, DisputeOutcome, DisputeReason
from encours.ledger.models import OpenItem
from encours.team import actions as team
from encours.team.models import TaskSource, TaskSubject

NUMBER_LETTERS_MAX = 80


class InvoiceNotNamed(Refused):
    """A credit note is for an invoice: a dispute of a whole account has none."""

    message = gettext_noop("A credit note is for one invoice: ask for it on the invoice itself.")


class CreditNoteAsked(Conflict):
    """One credit note at a time is asked for a dispute."""

    message = gettext_noop("A credit note of {name} is asked for already on this dispute.")


class CreditNoteNotAwaited(Conflict):
    """It was issued, given up or refused, or nobody agreed to it yet."""

    message = gettext_noop("This credit note is not to be issued: look at it again.")


class CreditNoteTaken(Conflict):
    """One credit note fulfils one request."""

    message = gettext_noop("{number} answers another request already.")


@transaction.atomic
def ask_on_dispute(
    *, organisation_id: int, dispute_id: int, amount_minor: int | None, why: str, today: date, by: Actor
) -> CreditNoteRequest:
    """Ask for a credit note on what a dispute contests, all of it or less; the dispute stays open until it comes.

    Refused: no reason, a dispute of the whole account, more than is contested or open, another request standing. The
    same person asking the same again gives the first request.
    """
    dispute = locked_open(organisation_id, dispute_id)
    return _ask(dispute, amount_minor, why=why, today=today, by=by)


def _ask(
    dispute: Dispute, amount_minor: int | None, *, why: str, today: date, by: Actor, has_opened: bool = False
) -> CreditNoteRequest:
    if not why.strip():
        raise ReasonNeeded(field="why")
    if not dispute.document_number:
        raise InvoiceNotNamed
    standing = queries.standing_of([dispute.pk], organisation_id=dispute.organisation_id).get(dispute.pk)
    open_minor = _open_minor(dispute)
    wanted = amount_minor if amount_minor is not None else min(open_minor, dispute.amount_minor or open_minor)
    if standing is not None:
        if standing.is_waiting and (standing.proposed_by_id, standing.amount_minor) == (by.user_id, wanted):
            return standing
        raise CreditNoteAsked(name=standing.proposed_by_name)
    rules.check_amount(wanted, open_minor=open_minor, contested_minor=dispute.amount_minor)
    request = CreditNoteRequest.objects.create(
        organisation_id=dispute.organisation_id, dispute=dispute, customer_id=dispute.customer_id,
        entity_id=dispute.entity_id, document_number=dispute.document_number, amount_minor=wanted,
        currency=_currency(dispute), why=why.strip()[:500], proposed_date=today, proposed_by_id=by.user_id,
        proposed_by_name=by.name[:200], has_opened_dispute=has_opened,
    )  # fmt: skip
    _audit(request, "ask_credit_note", by=by, why=why)
    return request


@transaction.atomic
def ask_on_invoice(
    *, organisation_id: int, customer_id: int, document_number: str, amount_minor: int | None, why: str, today: date,
    by: Actor, reason: str = DisputeReason.OTHER.value,
) -> CreditNoteRequest:  # fmt: skip
    """Ask for a credit note from the account: that part becomes disputed, so that it is not chased meanwhile.

    An open dispute of that invoice is used as it stands; else one is opened, which ends with the request.
    """
    known = Dispute.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, document_number=document_number, closed_date=None
    ).exclude(document_number="")
    dispute, has_opened = known.order_by("pk").first(), False
    if dispute is None:
        if not document_number:
            raise InvoiceNotNamed
        dispute = open_dispute(
            organisation_id=organisation_id, customer_id=customer_id, today=today, by=by, reason=reason, note=why,
            document_number=document_number, amount_minor=amount_minor,
        )  # fmt: skip
        has_opened = True
    dispute = locked_open(organisation_id, dispute.pk)
    return _ask(dispute, amount_minor, why=why, today=today, by=by, has_opened=has_opened)


def _open_minor(dispute: Dispute) -> int:
    items = OpenItem.objects.filter(
        organisation_id=dispute.organisation_id, customer_id=dispute.customer_id, open_minor__gt=0,
        document_number=dispute.document_number,
    )  # fmt: skip
    if dispute.entity_id is not None:
        items = items.filter(entity_id=dispute.entity_id)
    return items.aggregate(minor=Sum("open_minor"))["minor"] or 0


def _currency(dispute: Dispute) -> str:
    found = OpenItem.objects.filter(
        organisation_id=dispute.organisation_id, customer_id=dispute.customer_id,
        document_number=dispute.document_number, open_minor__gt=0,
    )  # fmt: skip
    return dispute.currency or found.values_list("currency", flat=True)[0]


@transaction.atomic
def agree_credit_note(*, organisation_id: int, request_id: int, today: date, by: Actor) -> CreditNoteRequest:
    """Agree that a credit note be issued: who issues invoices is asked to, by a task; the part stays disputed.

    Refused to who asked for it, and where it was decided already.
    """
    request = proposals.locked(CreditNoteRequest, request_id, organisation_id=organisation_id)
    proposals.agree(request, today=today, by=by)
    amount = Money(request.amount_minor, request.currency).as_decimal_string()
    with override(Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)):
        title = gettext("Issue the credit note for {document}").format(document=request.document_number)
    team.add_task(
        organisation_id=organisation_id, title=title[:200], due_date=today, today=today, by=by,
        customer_id=request.customer_id, assignee_id=_issuer(organisation_id), key=task_key(request.pk),
        source=TaskSource.MANUAL, note=f"{amount} {request.currency} · {request.why}",
        subject_kind=TaskSubject.DISPUTE, subject_id=request.dispute_id,
    )  # fmt: skip
    _audit(request, "agree_credit_note", by=by, why="", decision=request.decided_as)
    return request


def _issuer(organisation_id: int) -> int | None:
    """Who issues invoices: the first of the ADV; where there is none, the customer's collector sees to it."""
    members = Membership.objects.filter(organisation_id=organisation_id, role="adv", is_active=True)
    return members.order_by("pk").values_list("user_id", flat=True).first()


@transaction.atomic
def turn_down_credit_note(
    *, organisation_id: int, request_id: int, today: date, by: Actor, why: str
) -> CreditNoteRequest:
    """Refuse a credit note with the reason, or withdraw one's own request; a dispute that was there before stays."""
    request = proposals.locked(CreditNoteRequest, request_id, organisation_id=organisation_id)
    proposals.turn_down(request, today=today, by=by, why=why)
    _audit(request, "turn_down_credit_note", by=by, why=why, decision=request.decided_as)
    _end_own_dispute(request, today=today, by=by, why=why)
    return request


@transaction.atomic
def drop_credit_note(*, organisation_id: int, request_id: int, today: date, by: Actor, why: str) -> CreditNoteRequest:
    """Give up a credit note that was agreed to and will not be issued, with the reason."""
    if not why.strip():
        raise ReasonNeeded(field="why")
    request = _awaited(organisation_id, request_id)
    give_up(request, today=today, by=by, why=why.strip())
    _audit(request, "drop_credit_note", by=by, why=why, outcome=request.done_as)
    _end_own_dispute(request, today=today, by=by, why=why)
    return request


def _end_own_dispute(request: CreditNoteRequest, *, today: date, by: Actor, why: str) -> None:
    if not request.has_opened_dispute or request.dispute.closed_date is not None:
        return
    is_own = request.decided_as == Decision.WITHDRAWN
    outcome = DisputeOutcome.WITHDRAWN if is_own else DisputeOutcome.UNFOUNDED
    dispute = locked_open(request.organisation_id, request.dispute_id)
    close(dispute, outcome=outcome, today=today, by=by, note=why.strip())


@transaction.atomic
def note_issued(*, organisation_id: int, request_id: int, number: str, today: date, by: Actor) -> CreditNoteRequest:
    """Say that the credit note was issued, under which number: the dispute is over, the task done.

    Refused where nobody agreed to it, where it is over already, and for a number that answers another request.
    """
    request = _awaited(organisation_id, request_id)
    _issued(request, number=number.strip()[:NUMBER_LETTERS_MAX], today=today, by=by)
    return request


@transaction.atomic
def find_issued(*, organisation_id: int, today: date, by: Actor) -> int:
    """Note which of the credit notes asked for have come in with the books since; how many."""
    asked = queries.awaited(organisation_id)
    found = rules.fulfilled(asked, queries.noted_since(organisation_id, asked)) if asked else []
    for one, note in found:
        _issued(_awaited(organisation_id, one.request_id), number=note.number, today=today, by=by)
    return len(found)


def _awaited(organisation_id: int, request_id: int) -> CreditNoteRequest:
    request = proposals.locked(CreditNoteRequest, request_id, organisation_id=organisation_id)
    if not request.is_to_issue:
        raise CreditNoteNotAwaited
    return request


def _issued(request: CreditNoteRequest, *, number: str, today: date, by: Actor) -> None:
    taken = CreditNoteRequest.objects.filter(
        organisation_id=request.organisation_id, customer_id=request.customer_id, credit_note_number=number
    ).exclude(credit_note_number="")
    if taken.exists():
        raise CreditNoteTaken(number=number)
    request.done_as, request.done_date, request.done_by_name = CreditNoteEnd.ISSUED, today, by.name[:200]
    request.credit_note_number = number
    request.save(update_fields=DONE)
    team.complete_by_key(
        organisation_id=request.organisation_id, key=task_key(request.pk), today=today, by=by, note=number
    )
    _audit(request, "credit_note_issued", by=by, why="", outcome=request.done_as, number=number)
    if request.dispute.closed_date is None:
        dispute = locked_open(request.organisation_id, request.dispute_id)
        contested = dispute.amount_minor if dispute.amount_minor is not None else _open_minor(dispute)
        is_whole = request.amount_minor >= contested
        outcome = DisputeOutcome.CUSTOMER_RIGHT if is_whole else DisputeOutcome.PARTLY_RIGHT
        close(dispute, outcome=outcome, today=today, by=by, note=number)


def _audit(request: CreditNoteRequest, verb: str, *, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=request.organisation_id, verb=verb, subject_kind="customer",
        subject_id=request.customer_id, why=why[:500],
        details={
            "proposal": request.pk, "document_number": request.document_number,
            "amount": f"{request.amount_minor} {request.currency}", **details,
        },
    )  # fmt: skip
