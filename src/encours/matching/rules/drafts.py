"""A proposal while it is being weighed: items, money, residuals, points and the evidence for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from encours.matching.rules import evidence, folding
from encours.matching.rules.book import points_of
from encours.matching.rules.differences import shortfall
from encours.matching.rules.facts import (
    Allocation,
    Candidate,
    Highlight,
    Line,
    Proposal,
    Reason,
    Residual,
    Treatment,
)
from encours.matching.rules.payers import Payer
from encours.matching.rules.quotes import Quote
from encours.matching.rules.standing import Standing

QUOTE_CLASS = {
    "reference": "reference", "full": "full", "digits": "full", "dated": "dated", "split": "dated", "padded": "part",
    "bare": "part", "order": "order", "range": "range", "lookalike": "slip", "swapped": "slip", "dropped": "slip",
    "wrong": "slip", "added": "slip", "cut": "cut", "advice": "advice",
}  # fmt: skip
SLIP_MINOR = 2_000  # what a payer adds by mistake; more than that pays something else
WEAKEST_LAST = ("reference", "advice", "full", "dated", "part", "range", "order", "slip", "cut", "none")
PAYER_CLASS = {
    "account": "account", "learnt_account": "account", "mandate": "account", "told": "account", "number": "number",
    "name": "name", "learnt_name": "name", "name_and_town": "name", "cut_name": "alike", "alike_name": "alike",
    "group": "group", "stranger": "unknown", "third_party": "other",
}  # fmt: skip


@dataclass(slots=True)
class Draft:
    """One way to spend the line. `cash` is (position, amount); `kind` how the amount fits."""

    customer_id: int
    cash: tuple[tuple[int, int], ...]
    kind: str
    points: int
    payer: Payer
    quotes: tuple[Quote, ...] = ()
    residuals: tuple[Residual, ...] = ()
    reasons: list[Reason] = field(default_factory=list)
    probability_ppm: int = 0
    signature: str = ""

    def __reduce__(self) -> tuple[type["Draft"], tuple[Any, ...]]:
        """By its fields in their order: drafts are handed from one process to another by the ten thousand."""
        return Draft, _FIELDS_OF_A_DRAFT(self)

    @property
    def evidence(self) -> str:
        """The kind of evidence: how it is quoted, how the amount fits, how the payer is known."""
        classes = {QUOTE_CLASS[quote.form] for quote in self.quotes}
        weakest = next((one for one in reversed(WEAKEST_LAST) if one in classes), "none")
        return f"{weakest}/{self.kind}/{PAYER_CLASS[self.payer.how]}"

    @property
    def is_silent_by_choice(self) -> bool:
        """Whether the payer says nothing, and the organisation chose what becomes of such money."""
        return self.kind in ("on_account", "imputed")

    @property
    def same_as(self) -> tuple[tuple[int, int], ...]:
        """What makes two drafts the same proposal."""
        return tuple(sorted(self.cash))


_FIELDS_OF_A_DRAFT = attrgetter(*(one.name for one in fields(Draft)))


def fitted(
    line: Line, standing: Standing, payer: Payer, positions: Sequence[int], quotes: Sequence[Quote], *, text: str
) -> Draft:
    """The line's money on these items, all of them meant: exact, short or over, with the points of the amount."""
    items = standing.shelf.items
    total = sum(standing.opens[one] for one in positions)
    amount = line.amount_minor
    short = total - amount if amount > 0 else amount - total
    several = len(positions) > 1
    if short == 0:
        cash = tuple((one, standing.opens[one]) for one in positions)
        points = standing.shelf.rarity(amount)
        reason = Reason(
            "amount_of_several" if several else "amount_equal", points, {"amount_minor": amount, "count": len(cash)}
        )
        return _draft(payer, cash, "sum" if several else "exact", points, quotes, (), [reason])
    if short < 0:
        return _over(line, standing, payer, positions, quotes, -short)
    return _short(line, standing, payer, [(one, items[one]) for one in positions], quotes, short, text)


def _over(
    line: Line, standing: Standing, payer: Payer, positions: Sequence[int], quotes: Sequence[Quote], over: int
) -> Draft:
    """More than the items: the rest stays on the customer's account."""
    cash = tuple((one, standing.opens[one]) for one in positions)
    total = sum(amount for _, amount in cash)
    sign = 1 if line.amount_minor > 0 else -1
    is_slip = over <= SLIP_MINOR or over * 50 <= abs(total)
    kind, points = ("over", -420) if is_slip else ("far_over", -520)
    if over == abs(total):  # paid twice: an amount that is exact in its way
        kind, points = "twice", -450 + standing.shelf.rarity(line.amount_minor)
    rest = Residual(Treatment.ON_ACCOUNT, sign * over)
    reason = Reason("amount_over", points, {"over_minor": over})
    return _draft(payer, cash, kind, points, quotes, (rest,), [reason])


def _short(
    line: Line,
    standing: Standing,
    payer: Payer,
    meant: list[tuple[int, Candidate]],
    quotes: Sequence[Quote],
    short: int,
    text: str,
) -> Draft:
    policy = standing.book.policy
    total = abs(sum(standing.opens[one] for one, _ in meant))
    habits = standing.book.learnt.habits.get(payer.customer_id)
    why = shortfall(line, [item for _, item in meant], total, short, text=text, policy=policy, habits=habits)
    cash, left = _spread(standing, [one for one, _ in meant], short, evenly=bool(why.permyriad) and len(meant) > 1)
    points = why.points
    if why.permyriad or why.is_booked:  # a difference to the cent says as much as an equal amount, of fewer rates
        points += standing.shelf.rarity(line.amount_minor) * 2 // 3
    kind = {Treatment.PARTIAL: "partial", Treatment.WRITE_OFF: "rounding"}.get(why.treatment, "short")
    if kind == "short" and why.permyriad:
        kind = "rate"
    if len(meant) > 1:
        kind, points = f"several_{kind}", points - (0 if why.permyriad else 250)
    residuals = tuple(
        Residual(
            why.treatment,
            amount,
            standing.shelf.items[one].item_id,
            standing.shelf.items[one].document_number,
            why.is_booked,
        )
        for one, amount in left
    )
    code = "amount_" + why.treatment.value + ("_said" if why.is_said else "")
    reason = Reason(code, points, {"short_minor": short, "percent_permyriad": why.permyriad})
    return _draft(payer, cash, kind, points, quotes, residuals, [reason])


def _spread(
    standing: Standing, positions: list[int], short: int, *, evenly: bool
) -> tuple[tuple[tuple[int, int], ...], list[tuple[int, int]]]:
    """Where the shortfall lies: in proportion when it is a rate of all, else on the youngest items."""
    opens = [standing.opens[one] for one in positions]
    sign = 1 if sum(opens) > 0 else -1
    missing = [0] * len(opens)
    left = short
    if evenly:
        total = sum(opens)
        for index, amount in enumerate(opens):
            missing[index] = short * amount // total
        left -= sum(missing)
    for index in range(len(opens) - 1, -1, -1):
        take = min(left, max(0, sign * opens[index] - missing[index]))
        missing[index] += take
        left -= take
    cash = tuple(
        (one, amount - sign * less)
        for one, amount, less in zip(positions, opens, missing, strict=True)
        if amount - sign * less
    )
    return cash, [(one, less) for one, less in zip(positions, missing, strict=True) if less]


def _draft(
    payer: Payer,
    cash: tuple[tuple[int, int], ...],
    kind: str,
    points: int,
    quotes: Sequence[Quote],
    residuals: tuple[Residual, ...],
    reasons: list[Reason],
) -> Draft:
    return Draft(payer.customer_id, cash, kind, points, payer, tuple(quotes), residuals, reasons)


def ranked(drafts: Iterable[Draft], nothing: int, standing: Standing, *, most: int = 6) -> list[Draft]:
    """The drafts by probability; equal proposals count once, by their best evidence."""
    best: dict[tuple[tuple[int, int], ...], Draft] = {}
    for one in drafts:
        known = best.get(one.same_as)
        if known is None or known.points < one.points:
            best[one.same_as] = one
    order = sorted(best.values(), key=lambda one: (-one.points, one.same_as))[:40]
    if not order:
        return []
    learnt = standing.book.learnt.evidence
    shares = evidence.probabilities([one.points for one in order], nothing)
    for one, share in zip(order[:most], shares, strict=False):
        one.signature = one.evidence
        one.probability_ppm = evidence.floored(share, one.signature, learnt)
    return order[:most]


def proposal(draft: Draft, standing: Standing, line: Line, *, is_to_be_read: bool = False) -> Proposal:
    """The draft as it is stored and shown; for one that a person reads, the payer's name is marked in the text too."""
    items = standing.shelf.items
    quoted = [
        Reason(f"quote_{quote.form}", quote.points, {"document_number": items[quote.position].document_number})
        for quote in draft.quotes
    ]
    payer = draft.payer
    paid_by = Reason(f"payer_{payer.how}", payer.points, {"customer_id": payer.customer_id, "count": payer.among})
    highlights = [Highlight(quote.field, quote.start, quote.end, quote.form) for quote in draft.quotes if quote.end]
    if payer.field and payer.end:
        highlights.append(Highlight(payer.field, payer.start, payer.end, payer.how))
    if is_to_be_read and payer.field != "text" and payer.customer_id in standing.book.customers:
        core = standing.book.core_of(payer.customer_id)
        at = folding.plain(folding.unwrapped(line.text)[0]).find(core) if core else -1
        highlights += [Highlight("text", at, at + len(core), payer.how)] if at >= 0 else []
    if "\n" in line.text:
        removed = folding.unwrapped(line.text)[1]
        highlights = [_rewrapped(one, removed) if one.field == "text" else one for one in highlights]
    return Proposal(
        draft.customer_id,
        tuple(Allocation(items[one].item_id, items[one].document_number, amount) for one, amount in draft.cash),
        draft.residuals,
        draft.points,
        draft.probability_ppm,
        (*quoted, *draft.reasons, paid_by),
        tuple(highlights),
        draft.signature,
    )


def _rewrapped(highlight: Highlight, removed: Sequence[int]) -> Highlight:
    """The place in the text as the bank wrote it, its line breaks included."""
    start, end = highlight.start, highlight.end
    for at in removed:
        start += start >= at
        end += end > at
    return highlight._replace(start=start, end=end)


def unallocated(line: Line, payer: Payer, points: int) -> Draft:
    """All of the line on the customer's account."""
    rest = Residual(Treatment.ON_ACCOUNT, line.amount_minor)
    return Draft(payer.customer_id, (), "on_account", points, payer, (), (rest,), [Reason("on_account", points)])


def imputed(
    line: Line, standing: Standing, payer: Payer, cash: tuple[tuple[int, int], ...], points: int, code: str
) -> Draft:
    """The line shared out in the order chosen, what is beyond all debts on account."""
    items = standing.shelf.items
    residuals = [
        Residual(Treatment.PARTIAL, standing.opens[one] - amount, items[one].item_id, items[one].document_number)
        for one, amount in cash
        if standing.opens[one] != amount
    ]
    rest = line.amount_minor - sum(amount for _, amount in cash)
    if rest:
        residuals.append(Residual(Treatment.ON_ACCOUNT, rest))
    return Draft(payer.customer_id, cash, "imputed", points, payer, (), tuple(residuals), [Reason(code, points)])


def prior(payer: Payer, standing: Standing) -> int:
    """Any customer, any of its items, before anything is looked at; and what the payer shows."""
    count = len(standing.shelf.by_customer.get(payer.customer_id, ()))
    return payer.points - standing.book.ln_customers - points_of(max(1, count))


def quoted_points(payer: Payer, chosen: Iterable[Quote], standing: Standing) -> int:
    """What the quotations say together: each but the best within the account of its customer."""
    ordered = sorted((one.points for one in chosen), reverse=True)
    if len(ordered) == 1:
        return ordered[0]
    width = points_of(max(1, len(standing.shelf.by_customer.get(payer.customer_id, ()))))
    return ordered[0] + sum(max(-100, points - width) for points in ordered[1:])
