"""One bank line on the workbench: what the panel shows of it, and what a person ticked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, QueryDict
from django.utils.translation import get_language, gettext

from encours.access import queries as access
from encours.access.rules import can
from encours.core.currencies import exponent
from encours.core.errors import EncoursError
from encours.core.money import Money
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.entrypoints.desk import cash_words
from encours.entrypoints.forms import AmountField
from encours.entrypoints.requests import DeskRequest
from encours.matching.models import OPEN_STATES
from encours.matching.queries import advices, book, workbench
from encours.matching.queries.workbench import CandidateRow, LineDetail, PastMatch
from encours.matching.rules import booking, choosing, marking, wording
from encours.matching.rules.choosing import Difference, Part, Tick
from encours.matching.rules.facts import Proposal, Treatment

CANDIDATES_MAX = 500
PARTS_MAX = 4
PART_CHOICES = tuple(one for one in cash_words.SHORT_CHOICES if one != Treatment.PARTIAL)
RAW_FIELDS = ("text", "structured_reference", "end_to_end_id", "mandate_id")


@dataclass(frozen=True)
class ItemShown:
    """One open item beside the line, ticked or not."""

    row: CandidateRow
    tick_minor: int | None
    amount_text: str
    open_text: str
    word: str = ""
    company: str = ""  # whose it is, where that is not the company the money came to

    @property
    def left_minor(self) -> int:
        """What stays open of it."""
        return self.row.open_minor - (self.tick_minor or 0)


@dataclass(frozen=True)
class ProposalShown:
    """A proposal as the panel lists it, by its key 1, 2, 3."""

    number: int
    title: str
    share: str
    tone: str
    reasons: Sequence[tuple[str, int]]
    is_chosen: bool


@dataclass(frozen=True)
class PartRow:
    """One more difference as its row holds it, also while it is being filled in."""

    place: int
    item_id: int = 0
    treatment: str = Treatment.DISCOUNT.value
    amount_text: str = ""


@dataclass(frozen=True)
class Said:
    """What the form of a line says."""

    ticks: tuple[Tick, ...]
    difference: Difference
    customer_id: int | None
    proposal: Proposal | None = None
    why: str = ""
    is_unreadable: bool = False
    parts: tuple[Part, ...] = ()
    part_rows: tuple[PartRow, ...] = ()


def detail_of(request: DeskRequest, line_id: int) -> LineDetail:
    """The line, if the person may see it."""
    found = workbench.line_detail(line_id, scope=request.scope, today=request.today, candidate_limit=CANDIDATES_MAX)
    if found is None:
        raise Http404
    return found


def proposals_of(detail: LineDetail) -> list[Proposal]:
    """The proposal and its rivals, in the order of their keys."""
    return [*([detail.proposal] if detail.proposal else []), *detail.rivals][:3]


def panel(request: DeskRequest, line_id: int) -> dict[str, Any]:
    """All that the right side shows: line, items, proposals with reasons, the difference, the totals."""
    detail = detail_of(request, line_id)
    proposals = proposals_of(detail)
    number = _whole(request.GET.get("proposal", "")) or 1
    chosen_customer = _whole(request.GET.get("customer", ""))
    proposal = proposals[number - 1] if proposals and number <= len(proposals) and not chosen_customer else None
    customer_id = chosen_customer or (proposal.customer_id if proposal else detail.row.customer_id)
    seen = choosing.seen(proposal) if proposal else choosing.Seen((), Difference())
    items = _items(request, detail, proposal, customer_id, seen.ticks)
    rows = tuple(
        PartRow(place, part.item_id, part.treatment.value, amount_text(part.amount_minor, detail.row.currency))
        for place, part in enumerate(seen.parts)
    )
    said = Said(seen.ticks, seen.difference, customer_id, proposal, parts=seen.parts, part_rows=rows)
    return {
        "detail": detail,
        "line": detail.row,
        "name": cash_words.name_of(detail.row),
        "chip": cash_words.chip_of(detail.row),
        "customer": customers.in_scope(request.scope).filter(pk=customer_id).first() if customer_id else None,
        "raw": _raw(detail, proposal),
        "payer_tail": detail.fields["counterparty_iban"][-4:],
        "items": items,
        "item_total_minor": sum(item.row.open_minor for item in items),
        "proposals": [_shown(one, at, number if proposal else 0, detail) for at, one in enumerate(proposals, start=1)],
        "proposal_number": number if proposal else 0,
        "why_not": cash_words.why_not(detail.row.why_not),
        "is_open": detail.row.state in OPEN_STATES,
        "may_apply": can(request.scope, "allocate"),
        "history": [_told(one) for one in detail.history],
        "advice": advices.of_line(line_id, scope=request.scope),
        **settlement(request, detail, said),
    }


def _items(
    request: DeskRequest,
    detail: LineDetail,
    proposal: Proposal | None,
    customer_id: int | None,
    ticks: Sequence[Tick],
) -> list[ItemShown]:
    if customer_id is None:
        return []
    rows = (
        detail.candidates
        if proposal is not None and proposal is detail.proposal
        else workbench.customer_items(
            customer_id,
            scope=request.scope,
            today=request.today,
            currency=detail.row.currency,
            entity_id=detail.entity_id,
            proposal=proposal,
            limit=CANDIDATES_MAX,
        )
    )
    companies = others_of(request, detail)
    ticked = {tick.item_id: tick.amount_minor for tick in ticks}
    words = marking.words_read(proposal, dict(detail.fields)) if proposal else {}
    return [
        item_shown(row, ticked.get(row.item_id), words.get(row.document_number, ""), companies.get(row.entity_id, ""))
        for row in rows
    ]


def others_of(request: DeskRequest, detail: LineDetail) -> dict[int, str]:
    """The names of the companies the reader sees, but for the one the money came to."""
    companies = access.entities(request.scope).exclude(pk=detail.entity_id)
    return dict(companies.values_list("pk", "name"))


def item_shown(row: CandidateRow, tick_minor: int | None, word: str = "", company: str = "") -> ItemShown:
    """An item with the amount its field holds."""
    text = "" if tick_minor is None else amount_text(tick_minor, row.currency)
    return ItemShown(row, tick_minor, text, amount_text(row.open_minor, row.currency), word, company)


def amount_text(minor: int, currency: str) -> str:
    """An amount as its field holds it, without currency."""
    language = formats.known_language(get_language())
    return formats.number(Money(minor, currency).as_decimal(), language=language, decimals=exponent(currency))


def _told(past: PastMatch) -> dict[str, Any]:
    """One application of the line, in words."""
    residuals = [{**one, "words": cash_words.TREATMENTS[Treatment(one["treatment"])]} for one in past.residuals]
    return {
        "match_id": past.match_id,
        "how_words": cash_words.HOW.get(past.how, past.how),
        "actor_name": past.actor_name,
        "recorded_at": past.recorded_at,
        "why": past.why,
        "is_undone": past.is_undone,
        "allocations": past.allocations,
        "residuals": residuals,
        "on_account_minor": past.on_account_minor,
    }


def _raw(detail: LineDetail, proposal: Proposal | None) -> list[list[marking.Piece]]:
    """What the bank wrote, with the recognised words: who paid, the text, the references it has besides."""
    marks = proposal.highlights if proposal else detail.highlights
    fields = detail.fields
    shown = []
    text = fields["text"]
    for name in ("counterparty_name", "ultimate_name"):
        if fields[name] and fields[name].casefold() not in text.casefold():
            shown.append(marking.pieces(fields[name], marks, field=name))
    for name in RAW_FIELDS:
        value = fields[name]
        if value and (name == "text" or value not in text):
            shown.append(marking.pieces(value, marks, field=name))
    return shown


def _shown(proposal: Proposal, number: int, chosen: int, detail: LineDetail) -> ProposalShown:
    show = _shower(detail)
    reasons = [
        (wording.sentence(one, currency=detail.row.currency, translate=gettext, show=show), round(one.points / 10))
        for one in wording.gathered(proposal.reasons)
    ]
    tone = "good" if proposal.probability_ppm >= workbench.LIKELY_PPM else ""
    return ProposalShown(
        number,
        cash_words.title_of(proposal),
        cash_words.share(proposal.probability_ppm) if proposal.probability_ppm else gettext("as before"),
        tone,
        [(text, points) for text, points in reasons if text],
        number == chosen,
    )


def _shower(detail: LineDetail) -> Any:
    """How data stands in the sentence of a reason: amounts, days and rates as the reader writes them."""
    language, currency = formats.known_language(get_language()), detail.row.currency

    def show(name: str, value: Any) -> str:
        if name.endswith("_minor") and isinstance(value, int):
            return formats.money(value, currency, language=language)
        if name.endswith("_permyriad") and isinstance(value, int):
            ratio = Decimal(value) / 10_000
            return formats.percent(ratio, language=language, decimals=0 if value % 100 == 0 else 2)
        return str(value)

    return show


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


class _Amount(forms.Form):
    """Reads one amount as people write it."""

    amount = AmountField()


def _minor(text: str, currency: str) -> int | None:
    """The amount typed; None when it cannot be read, which is never taken for nothing."""
    form = _Amount({"amount": text})
    if not form.is_valid():
        return None
    try:
        return Money.from_decimal(form.cleaned_data["amount"], currency).minor
    except EncoursError:
        return None


def said_of(request: DeskRequest, detail: LineDetail, form: QueryDict) -> Said:
    """What was ticked; an amount left empty is all that is open, one that cannot be read is never taken for nothing."""
    ids = list(dict.fromkeys(one for text in form.getlist("item") if (one := _whole(text))))
    opens = workbench.open_by_id(ids, organisation_id=request.organisation_id)
    texts = {one: form.get(f"amount-{one}", "").strip() for one in ids}
    minors = {one: _minor(text, opens[one].currency) for one, text in texts.items() if text and one in opens}
    ticks = tuple(_tick(opens[one], minors.get(one)) for one in ids if one in opens)
    bearer = _whole(form.get("bearer", "")) or 0
    treatment = form.get("treatment", "")
    difference = Difference(Treatment(treatment) if treatment in set(Treatment) else Treatment.PARTIAL, bearer)
    number = _whole(form.get("proposal", "")) or 0
    proposals = proposals_of(detail)
    proposal = proposals[number - 1] if 0 < number <= len(proposals) else None
    customer_id = _whole(form.get("customer", "")) or next((opens[tick.item_id].customer_id for tick in ticks), None)
    rows = _part_rows(form)
    amounts = {row: _minor(row.amount_text, detail.row.currency) for row in rows if row.amount_text}
    parts = tuple(Part(Treatment(row.treatment), row.item_id, abs(minor)) for row, minor in amounts.items() if minor)
    is_unreadable = None in minors.values() or None in amounts.values()
    why = form.get("why", "").strip()[:300]
    return Said(ticks, difference, customer_id, proposal, why, is_unreadable, parts, rows)


def _part_rows(form: QueryDict) -> tuple[PartRow, ...]:
    """The further differences told, also those not told in full yet."""
    allowed = {one.value for one in PART_CHOICES}
    found = []
    for place in range(PARTS_MAX):
        treatment = form.get(f"part-treatment-{place}", "")
        row = PartRow(
            place,
            _whole(form.get(f"part-item-{place}", "")) or 0,
            treatment if treatment in allowed else Treatment.DISCOUNT.value,
            form.get(f"part-amount-{place}", "").strip()[:30],
        )
        if row.item_id or row.amount_text:
            found.append(row)
    return tuple(found)


def _tick(item: booking.Open, minor: int | None) -> Tick:
    sign = 1 if item.open_minor >= 0 else -1
    return Tick(item.item_id, item.document_number, sign * abs(item.open_minor if minor is None else minor))


def settlement(request: DeskRequest, detail: LineDetail, said: Said) -> dict[str, Any]:
    """The foot of the panel: the difference and its treatment, the totals as the booking rule has them."""
    line = detail.row
    found = choosing.chosen(line.amount_minor, said.ticks, said.difference, said.parts)
    totals = (
        workbench.live_totals(
            line.line_id,
            organisation_id=request.organisation_id,
            customer_id=said.customer_id,
            allocations=found.allocations,
            residuals=found.residuals,
        )
        if said.customer_id
        else None
    )
    fault = "" if totals and totals.is_possible else totals.fault if totals else "no_customer"
    fault = "unreadable" if said.is_unreadable else found.fault or fault
    policy = book.policy_row(request.organisation_id)
    opens = workbench.open_by_id([tick.item_id for tick in said.ticks], organisation_id=request.organisation_id)
    owners = {one.entity_id for one in opens.values()}
    undecided = max(found.rest_minor, 0) if found.short_minor > 0 else found.short_minor
    return {
        "ticked_minor": sum(tick.amount_minor for tick in said.ticks),
        "ticked_count": len(said.ticks),
        "short_minor": found.short_minor,
        "over_minor": -found.short_minor,
        "rest_minor": found.rest_minor if found.short_minor > 0 else 0,
        "treatments": _treatments(undecided, said.difference) if said.ticks else [],
        "part_rows": _rows_shown(said) if said.ticks and found.short_minor > 0 else [],
        "has_parts": bool(said.part_rows),
        "part_choices": [(one.value, cash_words.TREATMENTS[one]) for one in PART_CHOICES],
        "treatment": said.difference.treatment.value,
        "bearers": [tick for tick in said.ticks if tick.amount_minor > 0] if found.short_minor > 0 else [],
        "bearer": said.difference.item_id,
        "booked_minor": totals.booked_minor if totals else 0,
        "left_open_minor": totals.left_open_minor if totals else 0,
        "on_account_minor": totals.on_account_minor if totals else line.amount_minor,
        "fault": cash_words.FAULTS.get(fault, fault),
        "contest_until": line.booking_date + timedelta(days=policy.contest_days),
        "contest_days": policy.contest_days,
        "said": said,
        "handed_to": others_of(request, detail).get(owners.pop(), "") if len(owners) == 1 else "",
    }


def _rows_shown(said: Said) -> list[PartRow]:
    """The rows for further differences: those begun, and an empty one while there is room."""
    rows = [*said.part_rows]
    return [*rows, PartRow(len(rows))][:PARTS_MAX] if len(rows) < PARTS_MAX else rows


def _treatments(short_minor: int, difference: Difference) -> list[dict[str, Any]]:
    if not short_minor:
        return []
    choices = cash_words.SHORT_CHOICES if short_minor > 0 else cash_words.OVER_CHOICES
    chosen = difference.treatment if difference.treatment in choices else choices[0]
    words = cash_words.TREATMENTS if short_minor > 0 else cash_words.OVER_WORDS
    return [{"code": one.value, "label": words[one], "is_chosen": one == chosen} for one in choices]
