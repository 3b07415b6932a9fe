"""Bank lines with what they may pay; applying and taking back; files for accounting."""

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema

from encours.access.queries import entities
from encours.access.rules import Permission, Scope
from encours.core.actors import Actor
from encours.core.errors import NotFound, gettext_noop
from encours.core.money import PLAIN, Money
from encours.disputes import queries as disputes
from encours.entrypoints.api.shapes import (
    Limit,
    MoneyShape,
    TokenNotAllowed,
    cursor_of,
    customer_id_of,
    money,
    place_of,
    scope_for,
    scope_of,
    today,
)
from encours.entrypoints.responses import stream_of
from encours.matching import actions as matching
from encours.matching.actions.exporting import ExportUnknown
from encours.matching.actions.undoing import MatchUnknown
from encours.matching.models import Match
from encours.matching.queries import files, workbench
from encours.matching.rules import wording
from encours.matching.rules.facts import MILLION, Allocation, Proposal, Residual, Treatment
from encours.matching.rules.fec_file import MEDIA_TYPE as FEC_TYPE
from encours.matching.rules.fec_file import fec_lines

router = Router()


class LineUnknown(NotFound):
    """No bank line of that number, or none the token may see."""

    message = gettext_noop("There is no such bank line.")


class EntityUnknown(NotFound):
    """No company of that code."""

    message = gettext_noop("There is no company {code}.")


class ItemUnknown(NotFound):
    """No open item of that document number on the accounts the token may see."""

    message = gettext_noop("Nothing is open on {invoice_number}.")


class AllocationShape(Schema):
    """Money of the line on one document."""

    invoice_number: str
    amount: MoneyShape


class ResidualShape(Schema):
    """A difference and what becomes of it."""

    treatment: str
    amount: MoneyShape
    invoice_number: str | None
    booked: bool


class ReasonShape(Schema):
    """One piece of evidence, for programs and for people."""

    code: str
    points: int
    text: str


class ProposalShape(Schema):
    """What a line may pay."""

    customer_number: str
    allocations: list[AllocationShape]
    residuals: list[ResidualShape]
    probability: Any
    reasons: list[ReasonShape]


class BankLineShape(Schema):
    """One bank line and where it stands."""

    line: int
    entry_reference: str
    account: str
    booking_date: date
    amount: MoneyShape
    payer_name: str
    text: str
    state: str
    how: str
    customer_number: str
    probability: Any
    why_not: str
    owner: str
    note: str
    match: int | None


class BankLinePage(Schema):
    """Some bank lines, and where the next ones start."""

    items: list[BankLineShape]
    next_cursor: str | None


class BankLineDetail(BankLineShape):
    """One bank line with its proposal, the rivals, and what was done before."""

    proposal: Any
    rivals: list[Any]
    history: list[dict[str, Any]]


class BankLineFilter(Schema):
    """Which bank lines, likeliest first."""

    state: Literal["open", "likely", "unknown", "returned", "applied", "ignored", "all"] = "open"
    text: str = ""
    customer_number: str | None = None
    booked_from: date | None = None
    booked_to: date | None = None
    limit: Limit = 50
    cursor: str | None = None


class ChosenAllocation(Schema):
    """An amount for a document, in major units; of several instalments the oldest first."""

    invoice_number: str
    amount: str


class ChosenResidual(Schema):
    """A difference to treat; `booked` writes it away, else it stays open."""

    invoice_number: str
    treatment: Literal["discount", "charge", "deduction", "withholding", "write_off"]
    amount: str
    booked: bool = True
    account: str = ""


class ChoiceShape(Schema):
    """How a line is to be applied; without allocations it is money on the customer's account."""

    customer_number: str
    allocations: list[ChosenAllocation] = []
    residuals: list[ChosenResidual] = []
    why: str = ""


class WhyShape(Schema):
    """The reason, kept in the trail."""

    why: str


class MatchShape(Schema):
    """A line applied."""

    match: int
    line: int
    how: str
    customer_number: str
    amount: MoneyShape
    on_account: MoneyShape
    allocations: list[AllocationShape]
    residuals: list[ResidualShape]


def _by(request: HttpRequest) -> Actor:
    scope = scope_of(request)
    return Actor(user_id=scope.user_id, name="API", channel="api")


def _rights(scope: Scope) -> matching.Rights:
    return matching.Rights(write_off_limit_minor=workbench.write_off_limit(scope))


def _line(row: workbench.QueueRow) -> dict[str, Any]:
    return {
        "line": row.line_id,
        "entry_reference": row.entry_reference,
        "account": row.account_name,
        "booking_date": row.booking_date,
        "amount": money(row.amount_minor, row.currency),
        "payer_name": row.payer_name,
        "text": row.text,
        "state": row.state,
        "how": row.how,
        "customer_number": row.customer_number,
        "probability": None if row.probability_ppm is None else row.probability_ppm / MILLION,
        "why_not": row.why_not,
        "owner": row.owner_name,
        "note": row.note,
        "match": row.match_id,
    }


@router.get("/bank-lines", response=BankLinePage, summary="Bank lines, those that wait by default, likeliest first")
def list_bank_lines(request: HttpRequest, asked: Query[BankLineFilter]) -> Any:
    scope = scope_of(request)
    chosen = workbench.QueueFilter(
        tab=asked.state,
        text=asked.text,
        customer_id=customer_id_of(asked.customer_number, scope=scope),
        from_date=asked.booked_from,
        to_date=asked.booked_to,
    )
    after: Any = place_of(asked.cursor, kinds=(int, date, int))
    rows = workbench.queue(scope, chosen, after=after, limit=asked.limit + 1)
    shown = rows[: asked.limit]
    return {
        "items": [_line(row) for row in shown],
        "next_cursor": cursor_of(*shown[-1].place) if len(rows) > asked.limit else None,
    }


@router.get("/bank-lines/{line_id}", response=BankLineDetail, summary="One bank line: proposal, reasons, rivals")
def get_bank_line(request: HttpRequest, line_id: int) -> Any:
    scope = scope_of(request)
    detail = workbench.line_detail(line_id, scope=scope, today=today())
    if detail is None:
        raise LineUnknown(line_id=line_id)
    return {
        **_line(detail.row),
        "proposal": _proposal(detail.proposal, detail.row) if detail.proposal else None,
        "rivals": [_proposal(one, detail.row) for one in detail.rivals],
        "history": [
            {
                "match": one.match_id,
                "how": one.how,
                "match_date": one.match_date.isoformat(),
                "by": one.actor_name,
                "why": one.why,
                "is_undone": one.is_undone,
            }
            for one in detail.history
        ],
    }


def _proposal(proposal: Proposal, row: workbench.QueueRow) -> dict[str, Any]:
    return {
        "customer_number": row.customer_number,
        "allocations": [
            {"invoice_number": one.document_number, "amount": money(one.amount_minor, row.currency)}
            for one in proposal.allocations
        ],
        "residuals": [
            {
                "treatment": one.treatment.value,
                "amount": money(one.amount_minor, row.currency),
                "invoice_number": one.document_number or None,
                "booked": one.is_booked,
            }
            for one in proposal.residuals
        ],
        "probability": proposal.probability_ppm / MILLION,
        "reasons": [
            {"code": one.code, "points": one.points, "text": wording.sentence(one, currency=row.currency)}
            for one in proposal.reasons
        ],
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "match": match.pk,
        "line": match.line_id,
        "how": match.how,
        "customer_number": match.customer.number if match.customer else "",
        "amount": money(match.amount_minor, match.currency),
        "on_account": money(match.on_account_minor, match.currency),
        "allocations": [
            {"invoice_number": one["invoice_number"], "amount": money(one["amount_minor"], match.currency)}
            for one in match.allocations
        ],
        "residuals": [
            {
                "treatment": one["treatment"],
                "amount": money(one["amount_minor"], match.currency),
                "invoice_number": one["invoice_number"] or None,
                "booked": one["is_booked"],
            }
            for one in match.residuals
        ],
    }


def _once(request: HttpRequest, verb: str, subject_id: int, perform: Callable[[], Match]) -> dict[str, Any]:
    scope = scope_of(request)
    made = matching.once(
        organisation_id=scope.organisation_id,
        key=request.headers.get("Idempotency-Key", "")[:200],
        verb=verb,
        subject_id=subject_id,
        perform=perform,
    )
    return _match(Match.objects.select_related("customer").get(organisation_id=scope.organisation_id, pk=made.pk))


def _seen(scope: Scope, line_id: int) -> workbench.QueueRow:
    found = workbench.line_detail(line_id, scope=scope, today=today(), candidate_limit=1)
    if found is None:
        raise LineUnknown(line_id=line_id)
    return found.row


@router.post("/bank-lines/{line_id}/apply", response=MatchShape, summary="Apply a bank line as chosen")
def apply_line(
    request: HttpRequest,
    line_id: int,
    chosen: ChoiceShape,
) -> Any:
    scope = scope_for(request, Permission.ALLOCATE)
    row = _seen(scope, line_id)
    return _once(
        request,
        "apply",
        line_id,
        lambda: matching.apply_match(
            organisation_id=scope.organisation_id,
            line_id=line_id,
            choice=_choice(scope, row, chosen),
            by=_by(request),
            today=today(),
            rights=_rights(scope),
        ),
    )


def _choice(scope: Scope, row: workbench.QueueRow, chosen: ChoiceShape) -> matching.Choice:
    customer_id = customer_id_of(chosen.customer_number, scope=scope)
    allocations: list[Allocation] = []
    for one in chosen.allocations:
        rest = Money.parse(one.amount, row.currency, style=PLAIN).minor
        items = [
            item
            for item in workbench.search_items(one.invoice_number, scope=scope, today=today(), currency=row.currency)
            if item.document_number == one.invoice_number
        ]
        if not items:
            raise ItemUnknown(invoice_number=one.invoice_number)
        for place, item in enumerate(items):
            is_last = place == len(items) - 1
            part = rest if is_last else _part(rest, item.open_minor)
            if part:
                allocations.append(Allocation(item.item_id, item.document_number, part))
            rest -= part
    item_of = {one.document_number: one.item_id for one in allocations}
    residuals = tuple(
        Residual(
            Treatment(one.treatment),
            Money.parse(one.amount, row.currency, style=PLAIN).minor,
            item_of.get(one.invoice_number, 0),
            one.invoice_number,
            one.booked,
        )
        for one in chosen.residuals
    )
    accounts: dict[tuple[int, str], str] = {
        (item_of.get(one.invoice_number, 0), one.treatment): one.account for one in chosen.residuals if one.account
    }
    return matching.Choice(customer_id, tuple(allocations), residuals, accounts, chosen.why)


def _part(rest_minor: int, open_minor: int) -> int:
    return min(rest_minor, open_minor) if open_minor > 0 else max(rest_minor, open_minor)


@router.post("/bank-lines/{line_id}/accept", response=MatchShape, summary="Accept what is proposed for a bank line")
def accept_line(
    request: HttpRequest,
    line_id: int,
) -> Any:
    scope = scope_for(request, Permission.ALLOCATE)
    _seen(scope, line_id)
    return _once(
        request,
        "accept",
        line_id,
        lambda: matching.accept_proposal(
            organisation_id=scope.organisation_id,
            line_id=line_id,
            by=_by(request),
            today=today(),
            rights=_rights(scope),
        ),
    )


@router.post("/matches/{match_id}/undo", response=MatchShape, summary="Take back what a bank line paid")
def undo(
    request: HttpRequest,
    match_id: int,
    given: WhyShape,
) -> Any:
    scope = scope_for(request, Permission.ALLOCATE)
    found = Match.objects.filter(organisation_id=scope.organisation_id, pk=match_id).first()
    if found is None:
        raise MatchUnknown(match_id=match_id)
    _seen(scope, found.line_id)
    return _once(
        request,
        "undo",
        match_id,
        lambda: matching.undo_match(
            organisation_id=scope.organisation_id, match_id=match_id, by=_by(request), today=today(), why=given.why
        ),
    )


class RunShape(Schema):
    """What a run made of the lines that waited."""

    lines: int
    applied: int
    proposed: int
    unmatched: int
    ignored: int


@router.post("/matching-runs", response=RunShape, summary="Match what waits now")
def run(request: HttpRequest, propose_only: bool = False) -> Any:
    scope = scope_for(request, Permission.ALLOCATE)
    result = matching.run_matching(
        organisation_id=scope.organisation_id,
        today=today(),
        now=timezone.now(),
        by=_by(request),
        propose_only=propose_only,
        claimed_item_ids=disputes.claimed_item_ids(scope.organisation_id),
    )
    names = ("applied", "proposed", "unmatched", "ignored")
    return {"lines": len(result.line_ids), **{name: result.counts[name] for name in names}}


def _books(request: HttpRequest, permission: Permission) -> Scope:
    """The reader of whole accounts: not for those who see their own customers only."""
    scope = scope_for(request, permission)
    if scope.own_portfolio_only:
        raise TokenNotAllowed
    return scope


def _entity_id(scope: Scope, code: str) -> int:
    found = entities(scope).filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise EntityUnknown(code=code)
    return found


@router.get("/lettrage", summary="Account 411 with its lettrage, in the form of the FEC")
def lettrage(
    request: HttpRequest, entity_code: str, first: date, last: date, only_lettered: bool = False
) -> StreamingHttpResponse:
    scope = _books(request, Permission.EXPORT)
    entity_id = _entity_id(scope, entity_code)
    rows = list(
        files.lettered_rows(
            scope.organisation_id, entity_id=entity_id, first=first, last=last, only_lettered=only_lettered
        )
    )
    return _file(rows, f"lettrage-{entity_code}-{first:%Y%m%d}-{last:%Y%m%d}.txt")


def _file(rows: list[Any], name: str) -> StreamingHttpResponse:
    return stream_of(fec_lines(rows), name, FEC_TYPE)


class ExportShape(Schema):
    """One journal file and what accounting said of it."""

    export: int
    entity_code: str
    number: int
    state: str
    row_count: int
    debit_minor: int
    attempt_count: int
    reference: str
    first: date | None
    last: date | None


class AnswerShape(Schema):
    """What accounting says of a journal file."""

    accepted: bool
    reference: str = ""


def _exports(scope: Scope) -> list[files.ExportRow]:
    """The files of the companies the reader may see."""
    codes = set(entities(scope).values_list("code", flat=True))
    return [row for row in files.exports(scope.organisation_id) if row.entity_code in codes]


def _export(scope: Scope, export_id: int) -> files.ExportRow:
    found = next((row for row in _exports(scope) if row.export_id == export_id), None)
    if found is None:
        raise ExportUnknown(export_id=export_id)
    return found


def _export_shape(row: files.ExportRow) -> dict[str, Any]:
    return {
        "export": row.export_id,
        "entity_code": row.entity_code,
        "number": row.number,
        "state": row.state,
        "row_count": row.row_count,
        "debit_minor": row.debit_minor,
        "attempt_count": row.attempt_count,
        "reference": row.reference,
        "first": row.from_date,
        "last": row.to_date,
    }


@router.get("/journal-exports", response=list[ExportShape], summary="The journal files made, the latest first")
def list_exports(request: HttpRequest) -> Any:
    scope = _books(request, Permission.EXPORT)
    return [_export_shape(row) for row in _exports(scope)]


@router.post("/journal-exports", response=ExportShape, summary="Put new postings into a journal file")
def make_export(request: HttpRequest, entity_code: str, first: date | None = None, last: date | None = None) -> Any:
    """Without days all that accounting does not have; with them the postings dated from `first` to `last`."""
    scope = _books(request, Permission.ALLOCATE)
    entity_id = _entity_id(scope, entity_code)
    made = matching.make_export(
        organisation_id=scope.organisation_id, entity_id=entity_id, by=_by(request), first=first, last=last
    )
    return _export_shape(_export(scope, made.pk))


@router.get("/journal-exports/{export_id}/file", summary="The journal file, in the form of the FEC")
def export_file(request: HttpRequest, export_id: int) -> StreamingHttpResponse:
    scope = _books(request, Permission.EXPORT)
    row = _export(scope, export_id)
    rows = list(files.journal_rows(scope.organisation_id, export_id=export_id))
    return _file(rows, f"journal-{row.entity_code}-{row.number:06d}.txt")


@router.post("/journal-exports/{export_id}/answer", response=ExportShape, summary="Acknowledge or refuse a file")
def answer(request: HttpRequest, export_id: int, given: AnswerShape) -> Any:
    scope = _books(request, Permission.ALLOCATE)
    matching.answer_export(
        organisation_id=scope.organisation_id,
        export_id=_export(scope, export_id).export_id,
        is_accepted=given.accepted,
        reference=given.reference,
        now=timezone.now(),
        by=_by(request),
    )
    return _export_shape(_export(scope, export_id))
