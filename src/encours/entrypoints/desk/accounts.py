"""A customer's open items as the account page lays them out: documents, their instalments under them, a state each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext

from encours.collections.queries.account import PromiseKept, StepTaken
from encours.disputes.models import Dispute
from encours.entrypoints import formats
from encours.ledger.models import ItemKind, OpenItem
from encours.ledger.queries import ItemRow

SOON_DAYS = 14
_WITH_PAGE = {ItemKind.INVOICE, ItemKind.CREDIT_NOTE, ItemKind.DEBIT_NOTE, ItemKind.DEPOSIT}


@dataclass(frozen=True)
class State:
    """What a chip says of an item."""

    text: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Row:
    """One document, or one of its instalments when `is_part`."""

    label: str
    url: str
    item_date: date | None
    due_date: date | None
    due_note: str
    amount_minor: int
    open_minor: int
    currency: str
    days_late: int
    state: State
    is_part: bool = False
    item_ids: Sequence[int] = field(default_factory=tuple)


def rows_of(items: Sequence[OpenItem], *, today: date, states: Mapping[int, State] | None = None) -> list[Row]:
    """The rows of an account, oldest due first, credits last; `states` are what other rooms say of some items."""
    known = states or {}
    documents: dict[tuple[object, ...], list[OpenItem]] = {}
    for item in sorted(items, key=_order):
        # two companies may use one number, and receipts may have none: only instalments of one document are summed
        named = item.document_number or item.pk
        documents.setdefault((named, item.kind, item.entity_id, item.currency), []).append(item)
    rows: list[Row] = []
    for parts in documents.values():
        if len(parts) == 1 and parts[0].instalment_count == 1:
            rows.append(_single(parts[0], today=today, states=known))
        else:
            rows.extend(_with_parts(parts, today=today, states=known))
    return rows


def state_of(item: OpenItem | ItemRow, *, today: date) -> State:
    """What the item itself says: settled, in credit, late, due soon, not due."""
    if item.open_minor == 0:
        settled = item.legs_last_date
        text = gettext("Settled")
        if settled:
            text = gettext("Settled on {day}").format(day=formats.day_near(settled, today=today, language=_language()))
        return State(text, "good", "check")
    if item.open_minor < 0:
        return _credit(item)
    if item.due_date < today:
        return State(gettext("Overdue"))
    if (item.due_date - today).days <= SOON_DAYS:
        return State(formats.relative_days(item.due_date, today=today, language=_language()).capitalize())
    return State(gettext("Not due"))


@dataclass(frozen=True)
class Known:
    """What other rooms know of an account: open disputes, promises, the step that left last for each item."""

    disputes: Sequence[Dispute] = ()
    promises: Sequence[PromiseKept] = ()
    steps: Mapping[int, StepTaken] = field(default_factory=dict)


def states_of(items: Sequence[OpenItem], known: Known, *, today: date) -> dict[int, State]:
    """The strongest thing to say of each item: a broken promise, a dispute, a promise, the last reminder."""
    found = {item.pk: _known_state(item, known, today=today) for item in items if item.open_minor > 0}
    return {pk: state for pk, state in found.items() if state is not None}


def _known_state(item: OpenItem, known: Known, *, today: date) -> State | None:
    for promise in known.promises:
        if promise.promise.item_id == item.pk and promise.state(today=today) in ("broken", "partly_kept"):
            return State(gettext("Promise not kept"), "act", "calendar-x")
    for dispute in known.disputes:
        if dispute.item_id == item.pk or (dispute.document_number and dispute.document_number == item.document_number):
            return _disputed(dispute)
    for promise in known.promises:
        if promise.promise.item_id == item.pk and promise.state(today=today) == "open":
            day = formats.day_near(promise.promise.promised_date, today=today, language=_language())
            return State(gettext("Promised for {day}").format(day=day), "info", "calendar-check")
    step = known.steps.get(item.pk)
    return State(step.name, "", "mail") if step and item.due_date < today else None


def _disputed(dispute: Dispute) -> State:
    if dispute.amount_minor is None:
        return State(gettext("Dispute"), "watch", "message-report")
    amount = formats.money_round(dispute.amount_minor, dispute.currency or "EUR", language=_language())
    return State(gettext("Dispute {amount}").format(amount=amount), "watch", "message-report")


def _credit(item: OpenItem | ItemRow) -> State:
    if item.kind == ItemKind.CREDIT_NOTE:
        return State(gettext("Credit to apply"), "info", "receipt-refund")
    if item.kind == ItemKind.RECEIPT:
        return State(gettext("Payment to apply"), "info", "arrow-down-left")
    return State(gettext("To apply"), "info", "receipt-refund")


def _order(item: OpenItem) -> tuple[bool, date, str, int]:
    return item.open_minor < 0, item.due_date, item.document_number, item.instalment_number


def _language() -> str:
    return formats.known_language(get_language())


def address_of(item: OpenItem) -> str:
    """The page of the item's document, if it has one: what was received or paid back has none."""
    if item.document_id is None or item.kind not in _WITH_PAGE:
        return ""
    return reverse("desk:document", args=[item.document_id])


def _days_late(item: OpenItem, today: date) -> int:
    return max(0, (today - item.due_date).days) if item.open_minor > 0 else 0


def _single(item: OpenItem, *, today: date, states: Mapping[int, State]) -> Row:
    return Row(
        label=item.document_number or item.get_kind_display(),
        url=address_of(item),
        item_date=item.item_date,
        due_date=item.due_date if item.amount_minor > 0 else None,
        due_note="",
        amount_minor=item.amount_minor,
        open_minor=item.open_minor,
        currency=item.currency,
        days_late=_days_late(item, today),
        state=states.get(item.pk) or state_of(item, today=today),
        item_ids=(item.pk,),
    )


def _with_parts(parts: Sequence[OpenItem], *, today: date, states: Mapping[int, State]) -> list[Row]:
    ordered = sorted(parts, key=lambda part: part.instalment_number)
    first, count = ordered[0], ordered[0].instalment_count
    settled = sum(part.open_minor == 0 for part in ordered)
    head = Row(
        label=first.document_number,
        url=address_of(first),
        item_date=first.item_date,
        due_date=None,
        due_note=ngettext("{count} instalment", "{count} instalments", count).format(count=count),
        amount_minor=sum(part.amount_minor for part in ordered),
        open_minor=sum(part.open_minor for part in ordered),
        currency=first.currency,
        days_late=0,
        state=State(gettext("Schedule {settled}/{count}").format(settled=settled, count=count), "", "list-numbers"),
        item_ids=tuple(part.pk for part in ordered if part.open_minor),
    )
    return [head, *(_part(part, today=today, states=states) for part in ordered)]


def _part(item: OpenItem, *, today: date, states: Mapping[int, State]) -> Row:
    place = gettext("instalment {number}/{count}").format(number=item.instalment_number, count=item.instalment_count)
    return Row(
        label=place,
        url="",
        item_date=None,
        due_date=item.due_date,
        due_note="",
        amount_minor=item.amount_minor,
        open_minor=item.open_minor,
        currency=item.currency,
        days_late=_days_late(item, today),
        state=states.get(item.pk) or state_of(item, today=today),
        is_part=True,
        item_ids=(item.pk,) if item.open_minor else (),
    )
