"""The common cases at once: what is quoted, paid and paid by agrees, so that no search is needed."""

from collections.abc import Mapping, Sequence

from encours.matching.rules import drafts, evidence, folding, payers, quotes
from encours.matching.rules.book import Book, points_of
from encours.matching.rules.drafts import Draft
from encours.matching.rules.facts import Line
from encours.matching.rules.payers import Payer
from encours.matching.rules.quotes import Quote
from encours.matching.rules.standing import Standing

SURE_QUOTE = 550
SURE_WHOLE = 300
SURE_FORMS = ("reference", "full", "digits")


def sure(line: Line, standing: Standing, known: Mapping[int, Payer], quoted: Sequence[Quote]) -> Draft | None:
    """The draft of a line whose numbers are one customer's and their amount to the cent, or a part of a single one
    where nothing else of that account fits it."""
    if not quoted:
        return None
    shelf = standing.shelf
    chosen = {one.position: one for one in reversed(quoted)}  # the first quotation of each counts
    customer_id = shelf.items[quoted[0].position].customer_id
    if len(chosen) > 1 and any(shelf.items[one].customer_id != customer_id for one in chosen):
        return None
    if min(one.points for one in chosen.values()) < SURE_QUOTE:
        return None
    total = sum(standing.opens[one] for one in chosen)
    is_exact = total == line.amount_minor
    payer = known.get(customer_id) or _named(line, standing.book, customer_id, is_account_known=bool(known))
    if payer is None and is_exact and all(one.form in SURE_FORMS for one in chosen.values()):
        payer = _spoken(line, standing.book, customer_id) if not known else None
        payer = payer or _unnamed(standing.book, customer_id, known)
    if payer is None:
        return None
    is_near = len(chosen) == 1 and 0 < line.amount_minor <= total + drafts.SLIP_MINOR
    if not is_exact and not (is_near and not _fits_else(line, standing, quoted[0], total)):
        return None
    order = sorted(chosen, key=lambda one: (shelf.items[one].due_date, shelf.items[one].item_id))
    text = folding.plain(line.text) if not is_exact else ""
    draft = drafts.fitted(line, standing, payer, order, tuple(chosen.values()), text=text)
    draft.points += drafts.prior(payer, standing) + drafts.quoted_points(payer, chosen.values(), standing)
    if draft.points < SURE_WHOLE:
        return None
    draft.signature = draft.evidence
    draft.probability_ppm = evidence.floored(999_999, draft.signature, standing.book.learnt.evidence)
    return draft


def _named(line: Line, book: Book, customer_id: int, *, is_account_known: bool) -> Payer | None:
    """A customer as payer by the line's name alone: the same, cut by the bank, or with a town behind it."""
    name = line.counterparty_name
    if not name or is_account_known or customer_id not in book.customers:
        return None
    theirs, ours = payers.core_of(name), book.core_of(customer_id)
    if theirs == ours:
        how, shift = "name", payers.NAME
    elif len(theirs) >= payers.LONGEST_CUT and ours.startswith(theirs):
        how, shift = "cut_name", payers.CUT_NAME
    elif len(ours) >= payers.LONGEST_CUT and theirs.startswith(f"{ours} "):
        how, shift = "name_and_town", payers.CUT_NAME
    else:
        return None
    count = len(book.by_name[ours])
    return Payer(
        customer_id, how, book.ln_customers - points_of(count) + shift, "counterparty_name", 0, len(name), count
    )


def _spoken(line: Line, book: Book, customer_id: int) -> Payer | None:
    """A customer as payer by its name within the text, also where the bank broke a word of it."""
    core = book.core_of(customer_id) if customer_id in book.customers else ""
    if len(core) < payers.SHORTEST_SPOKEN or line.counterparty_name:
        return None
    text = folding.plain(line.text)
    at = text.find(core)
    if at < 0 and core.replace(" ", "") not in text.replace(" ", ""):
        return None
    count = len(book.by_name[core])
    points = book.ln_customers - points_of(count) + payers.NAME
    return Payer(customer_id, "name", points, "text" if at >= 0 else "", max(at, 0), max(at, 0) + len(core), count)


def _unnamed(book: Book, customer_id: int, known: Mapping[int, Payer]) -> Payer:
    """Somebody pays for a customer whose name and account the line does not bear."""
    if not known:
        return Payer(customer_id, "stranger", payers.STRANGER)
    ours = book.customers.get(customer_id)
    for other in known.values():
        theirs = book.customers.get(other.customer_id)
        if ours and theirs and payers.is_group(ours, theirs):
            return Payer(customer_id, "group", other.points + payers.GROUP, other.field, other.start, other.end)
    return Payer(customer_id, "third_party", payers.THIRD_PARTY)


def _fits_else(line: Line, standing: Standing, quote: Quote, total: int) -> bool:
    """Whether another item has this very amount, one or a credit note explains the rest, or a list goes on."""
    customer_id = standing.shelf.items[quote.position].customer_id
    for amount in (line.amount_minor, line.amount_minor - total):
        if standing.of_customer_and_amount(customer_id, amount):
            return True
    return quote.field == "text" and quotes.is_cut_short(folding.plain(line.text), [quote], standing.shelf)
