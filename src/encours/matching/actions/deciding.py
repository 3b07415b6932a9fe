"""What a person decides about a bank line: apply, accept, undo, tie, leave out, hand on, note."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.core.events import publish
from encours.ledger import account_actions as accounts
from encours.ledger import actions as ledger
from encours.ledger import lettering_actions as lettering
from encours.ledger.models import OpenItem
from encours.ledger.rules import open_day
from encours.matching.actions import booked
from encours.matching.actions.booked import LineDecided
from encours.matching.actions.running import tell_deductions
from encours.matching.actions.staging import Decision, apply_decided, payer_key
from encours.matching.events import MatchUndone
from encours.matching.models import OPEN_STATES, How, LineWork, Match, State
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow
from encours.matching.rules import booking, kept
from encours.matching.rules.facts import Allocation, Proposal, Residual, Treatment


class LineUnknown(NotFound):
    """No such bank line in this organisation."""

    message = gettext_noop("There is no such bank line.")


class MatchUnknown(NotFound):
    """No such match in this organisation."""

    message = gettext_noop("There is no such match.")


class MatchUndoneAlready(Conflict):
    """A match is undone once."""

    message = gettext_noop("This was undone already.")


class NotBookable(Refused):
    """What was chosen does not fit the line or the items."""

    message = gettext_noop("This cannot be applied: {fault}.")


class CustomerNotChosen(Refused):
    """Money on account needs an account."""

    message = gettext_noop("Choose the customer whose money this is.")


class AboveWriteOffLimit(Refused):
    """The difference is more than the person may write off."""

    message = gettext_noop("You may write off up to {limit_minor} (in cents) of one payment; this is {amount_minor}.")


class NothingProposed(Refused):
    """There is no proposal that could be accepted."""

    message = gettext_noop("Nothing is proposed for this bank line.")


class ReceiptNotSame(Refused):
    """The receipt is of another company, currency or amount, or is tied to a line already."""

    message = gettext_noop("This receipt is not the money of this bank line.")


class NotAMember(NotFound):
    """Lines are handed to people of the organisation."""

    message = gettext_noop("This person does not belong to the organisation.")


# what each fault of a booking means to a person
FAULTS = {
    "more_than_open": gettext_noop("more than is open on an item"),
    "other_currency": gettext_noop("an item is in another currency"),
    "other_company": gettext_noop("an item is another company’s"),
    "item_gone": gettext_noop("an item is no longer open"),
    "more_than_received": gettext_noop("more than was received"),
    "wrong_side": gettext_noop("an item would grow instead of being settled"),
}
NEEDS_LIMIT = (Treatment.WRITE_OFF, Treatment.DEDUCTION, Treatment.CHARGE, Treatment.FX)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for a line: money on items, how differences are treated; the rest stays on account."""

    customer_id: int | None
    allocations: tuple[Allocation, ...] = ()
    residuals: tuple[Residual, ...] = ()
    # another account for the other side of a difference, by item and treatment
    accounts: Mapping[tuple[int, str], str] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the person who decides may do beyond applying; None is no limit (the product itself, tests)."""

    write_off_limit_minor: int | None = None


NO_LIMIT = Rights()


@transaction.atomic
def apply_match(
    *,
    organisation_id: int,
    line_id: int,
    choice: Choice,
    by: Actor,
    today: date,
    how: str = How.MANUAL,
    rights: Rights = NO_LIMIT,
    proposal: Proposal | None = None,
) -> Match:
    """Apply a line as a person chose: a receipt, its allocations, the items for differences; the rest stays on account.

    Without allocations it is money on the customer's account. Refuses more than is open or received, another currency
    or company, a difference above the person's limit, a line decided already, and days of a closed period where the
    policy says so. What a payer kept back and is not booked away becomes a deduction to find out about.
    """
    row = _row(organisation_id, line_id)
    opens = _opens(organisation_id, [one.item_id for one in choice.allocations])
    customer_id = choice.customer_id or next((opens[a.item_id].customer_id for a in choice.allocations), None)
    if customer_id is None:
        raise CustomerNotChosen
    _check_limit(choice, rights)
    closed_until = facts_of.closed_days(organisation_id).get(row.entity_id)
    if closed_until and row.booking_date <= closed_until:
        _refuse_closed(organisation_id, closed_until, row.booking_date)
    found = booking.book(
        row.money, customer_id, choice.allocations, choice.residuals, opens, closed_until=closed_until,
        accounts=choice.accounts,
    )  # fmt: skip
    if isinstance(found, booking.Unbookable):
        raise NotBookable(fault=FAULTS[found.code], code=found.code, item_id=found.item_id)
    decision = Decision(row, found, choice.allocations, choice.residuals, how, proposal, choice.why)
    touched = set(
        OpenItem.objects.filter(
            organisation_id=organisation_id, pk__in=list(opens), legs_first_date__isnull=False
        ).values_list("pk", flat=True)
    )
    applied = apply_decided(
        [decision], organisation_id=organisation_id, by=by, today=today, touched_ids=touched, why=choice.why
    )
    if applied.lost_line_ids:
        raise LineDecided
    match = Match.objects.get(organisation_id=organisation_id, pk=applied.match_ids[line_id])
    tell_deductions(organisation_id, [decision], applied, by=by, today=today)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="apply_match",
        subject_kind="bank_line",
        subject_id=line_id,
        why=choice.why,
        details={"match": match.pk, "how": how, "allocations": match.allocations, "residuals": match.residuals},
    )
    return match


def _check_limit(choice: Choice, rights: Rights) -> None:
    if rights.write_off_limit_minor is None:
        return
    amount = sum(one.amount_minor for one in choice.residuals if one.is_booked and one.treatment in NEEDS_LIMIT)
    if amount > rights.write_off_limit_minor:
        raise AboveWriteOffLimit(limit_minor=rights.write_off_limit_minor, amount_minor=amount)


class PeriodClosed(Refused):
    """The line's day lies in a closed period, and the policy leaves that to a person who reopens it."""

    message = gettext_noop("The books are closed until {closed_until}: nothing can be booked on {day}.")


def _refuse_closed(organisation_id: int, closed_until: date, day: date) -> None:
    if facts_of.policy_row(organisation_id).closed_periods == "refuse":
        raise PeriodClosed(closed_until=closed_until, day=day)


def _row(organisation_id: int, line_id: int) -> BankRow:
    found = facts_of.line_of(organisation_id, line_id)
    if found is None:
        raise LineUnknown(line_id=line_id)
    return found[1]


def _opens(organisation_id: int, item_ids: Sequence[int]) -> dict[int, booking.Open]:
    rows = OpenItem.objects.filter(organisation_id=organisation_id, pk__in=item_ids)
    return {
        item.pk: booking.Open(
            item.pk, item.customer_id, item.entity_id, item.currency, item.open_minor, item.item_date,
            item.document_number,
        )
        for item in rows
    }  # fmt: skip


def accept(
    *, organisation_id: int, line_ids: Sequence[int], by: Actor, today: date, rights: Rights = NO_LIMIT
) -> tuple[list[Match], dict[int, Exception]]:
    """Accept the proposals of lines as they stand, each for itself; the matches, and why others were refused."""
    how = How.BULK if len(line_ids) > 1 else How.CONFIRMED
    matches: list[Match] = []
    refused: dict[int, Exception] = {}
    for line_id in line_ids:
        try:
            matches.append(
                accept_proposal(
                    organisation_id=organisation_id, line_id=line_id, by=by, today=today, how=how, rights=rights
                )
            )
        except (Refused, NotFound, Conflict) as error:
            refused[line_id] = error
    return matches, refused


@transaction.atomic
def accept_proposal(
    *,
    organisation_id: int,
    line_id: int,
    by: Actor,
    today: date,
    how: str = How.CONFIRMED,
    rights: Rights = NO_LIMIT,
    rival: int | None = None,
) -> Match:
    """Apply what is proposed for a line, or one of the rivals; a returned line undoes what it had paid."""
    work = LineWork.objects.filter(organisation_id=organisation_id, line_id=line_id).first()
    if work is None:
        raise NothingProposed
    stored = work.proposal if rival is None else dict(enumerate(work.rivals)).get(rival)
    if stored is None:
        raise NothingProposed
    if work.state == State.RETURNED and stored.get("undoes"):
        return accept_return(
            organisation_id=organisation_id, line_id=line_id, match_id=stored["undoes"][0], by=by, today=today
        )
    proposal = kept.from_json(stored)
    if not proposal.customer_id and not proposal.allocations:
        raise NothingProposed
    choice = Choice(proposal.customer_id, proposal.allocations, proposal.residuals)
    return apply_match(
        organisation_id=organisation_id, line_id=line_id, choice=choice, by=by, today=today, how=how, rights=rights,
        proposal=proposal,
    )  # fmt: skip


@transaction.atomic
def undo_match(*, organisation_id: int, match_id: int, by: Actor, today: date, why: str) -> Match:
    """Take back what a line paid: its items are open again as before, its receipt and differences leave the books.

    The line waits again and is never applied alone any more; what was learnt from it is counted as wrong. Refused when
    it was undone already, or when money of its receipt was since used elsewhere.
    """
    match = Match.objects.filter(organisation_id=organisation_id, pk=match_id).first()
    if match is None:
        raise MatchUnknown(match_id=match_id)
    _work(organisation_id, match.line_id)  # whoever comes second waits here
    if match.reverses_id or Match.objects.filter(organisation_id=organisation_id, reverses=match).exists():
        raise MatchUndoneAlready
    mirror = Match.objects.create(
        organisation_id=organisation_id,
        entity_id=match.entity_id,
        line_id=match.line_id,
        customer_id=match.customer_id,
        how=match.how,
        currency=match.currency,
        amount_minor=-match.amount_minor,
        match_date=today,
        key=f"undo:{match.pk}",
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
        reverses=match,
    )
    _take_out_of_the_books(match, by=by, today=today, why=why)
    LineWork.objects.filter(organisation_id=organisation_id, line_id=match.line_id).update(
        state=State.WAITING, match=None, how="", is_undone=True, decided_date=None, why_not="undone_before"
    )
    if match.how != How.TIED:
        _unlearn(match)
    publish(MatchUndone(organisation_id, match.pk, by, today, why))
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="undo_match",
        subject_kind="bank_line",
        subject_id=match.line_id,
        why=why,
        details={"match": match.pk, "how": match.how, "allocations": match.allocations},
    )
    return mirror


def _take_out_of_the_books(match: Match, *, by: Actor, today: date, why: str) -> None:
    organisation_id = match.organisation_id
    closed_until = facts_of.closed_days(organisation_id).get(match.entity_id)
    if match.transaction is not None:
        day = open_day(match.transaction.transaction_date, closed_until=closed_until)
        accounts.reverse_entries(
            organisation_id=organisation_id, transaction_id=match.transaction.pk, on=day, by=by, why=why
        )
    if match.how == How.TIED:
        return
    settled: list[int] = []
    if match.allocation is not None:
        settled = list(match.allocation.legs.filter(organisation_id=organisation_id).values_list("item_id", flat=True))
        ledger.undo_allocation(organisation_id=organisation_id, allocation_id=match.allocation.pk, by=by, why=why)
    for item_id in [*match.extra_item_ids, *([match.item_id] if match.item_id else [])]:
        item = OpenItem.objects.get(organisation_id=organisation_id, pk=item_id)
        day = open_day(item.item_date, closed_until=closed_until)
        ledger.reverse_item(organisation_id=organisation_id, item_id=item_id, by=by, why=why, on=day)
    lettering.letter(organisation_id=organisation_id, item_ids=settled, today=today)


def _unlearn(match: Match) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """update matching_payeralias p set undone_count = undone_count + 1
               from payments_bankline b
               where b.organisation_id = p.organisation_id and b.id = %(line)s
                 and p.organisation_id = %(organisation)s and p.customer_id = %(customer)s
                 and ((p.kind = 'iban' and p.value = replace(b.counterparty_iban, ' ', ''))
                      or (p.kind = 'name' and p.value = %(name)s))""",
            {
                "organisation": match.organisation_id,
                "line": match.line_id,
                "customer": match.customer_id,
                "name": _payer_key_of(match),
            },
        )
        if match.signature:
            cursor.execute(
                """insert into matching_evidencecount as e (organisation_id, signature, right_count, wrong_count)
                   values (%s, %s, 0, 1)
                   on conflict (organisation_id, signature) do update set wrong_count = e.wrong_count + 1""",
                [match.organisation_id, match.signature],
            )


def _payer_key_of(match: Match) -> str:
    found = facts_of.line_of(match.organisation_id, match.line_id)
    return payer_key(found[1].payer_name) if found else ""


@transaction.atomic
def accept_return(*, organisation_id: int, line_id: int, match_id: int, by: Actor, today: date) -> Match:
    """Money that came back: what the payment had settled is open again, and the two movements settle each other.

    The first receipt stays in the books, as the bank has it; the return is booked against it.
    """
    row = _row(organisation_id, line_id)
    match = Match.objects.filter(organisation_id=organisation_id, pk=match_id, reverses__isnull=True).first()
    if match is None or match.item_id is None or match.amount_minor != -row.amount_minor:
        raise MatchUnknown(match_id=match_id)
    settled: list[int] = []
    if match.allocation is not None:
        settled = list(match.allocation.legs.filter(organisation_id=organisation_id).values_list("item_id", flat=True))
        ledger.undo_allocation(
            organisation_id=organisation_id, allocation_id=match.allocation.pk, by=by, why="returned by the bank"
        )
    closed_until = facts_of.closed_days(organisation_id).get(match.entity_id)
    for item_id in match.extra_item_ids:
        day = open_day(row.booking_date, closed_until=closed_until)
        ledger.reverse_item(organisation_id=organisation_id, item_id=item_id, by=by, why="returned by the bank", on=day)
    lettering.letter(organisation_id=organisation_id, item_ids=settled, today=today)
    first = OpenItem.objects.get(organisation_id=organisation_id, pk=match.item_id)
    choice = Choice(
        match.customer_id, (Allocation(first.pk, first.document_number, first.open_minor),), why="returned by the bank"
    )
    return apply_match(
        organisation_id=organisation_id, line_id=line_id, choice=choice, by=by, today=today, how=How.CONFIRMED
    )


@transaction.atomic
def tie_to_receipt(
    *, organisation_id: int, line_id: int, receipt_id: int, by: Actor, today: date, why: str = ""
) -> Match:
    """Say that a line is money the books know already: nothing is booked.

    Refused for a receipt of another company, currency or amount, or one that another line is tied to.
    """
    row = _row(organisation_id, line_id)
    near = {str(row.line_id): row}
    found = [
        one
        for one in facts_of.known_receipts(organisation_id, near, around_days=366).get(
            (row.entity_id, row.currency, row.amount_minor), []
        )
        if one.receipt_id == receipt_id
    ]
    if not found:
        raise ReceiptNotSame(receipt_id=receipt_id)
    booked.tie(organisation_id=organisation_id, ties=[(row, found[0])], by=by, today=today, why=why)
    match = Match.objects.filter(organisation_id=organisation_id, line_id=line_id).latest("pk")
    _audit_line(organisation_id, line_id, by=by, verb="tie_to_receipt", why=why, details={"receipt": receipt_id})
    return match


@transaction.atomic
def ignore_line(*, organisation_id: int, line_id: int, by: Actor, today: date, why: str) -> LineWork:
    """Leave a line out of cash application: it is no customer's money. It can be taken back in."""
    work = _work(organisation_id, line_id)
    if work.state not in OPEN_STATES:
        raise LineDecided
    _change(work, state=State.IGNORED, decided_date=today, why_not="by_hand")
    _audit_line(organisation_id, line_id, by=by, verb="ignore_line", why=why)
    return work


@transaction.atomic
def restore_line(*, organisation_id: int, line_id: int, by: Actor, why: str = "") -> LineWork:
    """Take a line that was left out back in: it waits again."""
    work = _work(organisation_id, line_id)
    if work.state != State.IGNORED:
        raise LineDecided
    _change(work, state=State.PROPOSED if work.proposal else State.WAITING, decided_date=None, why_not="")
    _audit_line(organisation_id, line_id, by=by, verb="restore_line", why=why)
    return work


@transaction.atomic
def assign_line(*, organisation_id: int, line_id: int, owner_id: int | None, by: Actor) -> LineWork:
    """Put a line on a colleague's desk, or back on nobody's."""
    if (
        owner_id is not None
        and not Membership.objects.filter(organisation_id=organisation_id, user_id=owner_id, is_active=True).exists()
    ):
        raise NotAMember
    work = _work(organisation_id, line_id)
    _change(work, owner_id=owner_id)
    _audit_line(organisation_id, line_id, by=by, verb="assign_line", details={"owner": owner_id})
    return work


@transaction.atomic
def note_line(*, organisation_id: int, line_id: int, note: str, by: Actor) -> LineWork:
    """Keep a note with a line, in place of the one before; the trail keeps both."""
    work = _work(organisation_id, line_id)
    before = work.note
    _change(work, note=note)
    _audit_line(organisation_id, line_id, by=by, verb="note_line", why=note, details={"before": before})
    return work


@transaction.atomic
def book_line(*, organisation_id: int, line_id: int, account: str, by: Actor, today: date, why: str = "") -> Match:
    """Book a line on an account that is no customer's: a fee, interest, a transfer between own accounts."""
    row = _row(organisation_id, line_id)
    booked.book_on_accounts(
        organisation_id=organisation_id, lines=[(row, account, 0)], by=by, today=today, how=How.MANUAL
    )
    match = Match.objects.filter(organisation_id=organisation_id, line_id=line_id).latest("pk")
    _audit_line(organisation_id, line_id, by=by, verb="book_line", why=why, details={"account": account})
    return match


def _work(organisation_id: int, line_id: int) -> LineWork:
    """The line's state, locked; made where no run has seen the line yet."""
    row = _row(organisation_id, line_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into matching_linework (organisation_id, line_id, entity_id, account_id, booking_date, currency,
                   amount_minor, state, why_not, rivals, changed_at)
               values (%s, %s, %s, %s, %s, %s, %s, 'waiting', '', '[]', transaction_timestamp())
               on conflict (organisation_id, line_id) do nothing""",
            [
                organisation_id, line_id, row.entity_id, row.account_id, row.booking_date, row.currency,
                row.amount_minor,
            ],
        )  # fmt: skip
    return LineWork.objects.select_for_update().get(organisation_id=organisation_id, line_id=line_id)


def _change(work: LineWork, **values: Any) -> None:
    for name, value in values.items():
        setattr(work, name, value)
    work.save(update_fields=list(values))


def _audit_line(
    organisation_id: int, line_id: int, *, by: Actor, verb: str, why: str = "", details: Mapping[str, Any] | None = None
) -> None:
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=verb,
        subject_kind="bank_line",
        subject_id=line_id,
        why=why,
        details=details or {},
    )
