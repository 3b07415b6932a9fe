"""Cash application in words: states and chips of lines, why one waits, what becomes of a difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, pgettext_lazy

from encours.entrypoints import formats
from encours.matching.queries.workbench import LIKELY_PPM, QueueRow
from encours.matching.rules import wording
from encours.matching.rules.facts import MILLION, Proposal, Treatment

WHY_NOT: Mapping[str, Promise] = {
    "asked": gettext_lazy("The run was asked to propose only."),
    "receipt_known": gettext_lazy("The books may know this payment already."),
    "period_closed": gettext_lazy("Its day lies in a closed period."),
    "changed_meanwhile": gettext_lazy("Its items moved while it was looked at."),
    "more_than_open": gettext_lazy("It would take more than is open."),
    "unknown_payer": gettext_lazy("Nobody of that name or account has paid before."),
    "by_hand": gettext_lazy("Left out by a person."),
}
TREATMENTS: Mapping[Treatment, Promise] = {
    Treatment.PARTIAL: pgettext_lazy("difference", "Still due"),
    Treatment.DEDUCTION: pgettext_lazy("difference", "Deduction"),
    Treatment.DISCOUNT: pgettext_lazy("difference", "Discount"),
    Treatment.CHARGE: pgettext_lazy("difference", "Charges"),
    Treatment.WITHHOLDING: pgettext_lazy("difference", "Retention"),
    Treatment.WRITE_OFF: pgettext_lazy("difference", "Loss"),
    Treatment.ON_ACCOUNT: pgettext_lazy("difference", "On account"),
    Treatment.FX: pgettext_lazy("difference", "Exchange"),
}
SHORT_CHOICES = (
    Treatment.PARTIAL,
    Treatment.DEDUCTION,
    Treatment.DISCOUNT,
    Treatment.CHARGE,
    Treatment.WITHHOLDING,
    Treatment.WRITE_OFF,
)
OVER_CHOICES = (Treatment.ON_ACCOUNT, Treatment.WRITE_OFF)
OVER_WORDS = {**TREATMENTS, Treatment.WRITE_OFF: pgettext_lazy("difference", "Income")}
HOW: Mapping[str, Promise] = {
    "alone": gettext_lazy("applied alone"),
    "confirmed": gettext_lazy("confirmed"),
    "bulk": gettext_lazy("confirmed with others"),
    "manual": gettext_lazy("by hand"),
    "tied": gettext_lazy("known to the books"),
}
STATES: Mapping[str, tuple[Promise, str, str]] = {
    "applied": (pgettext_lazy("line", "Applied"), "good", "check"),
    "on_account": (pgettext_lazy("difference", "On account"), "info", "wallet"),
    "booked": (gettext_lazy("Booked elsewhere"), "", "book"),
    "tied": (gettext_lazy("Known to the books"), "", "link"),
    "ignored": (gettext_lazy("Left out"), "", "eye-off"),
    "returned": (pgettext_lazy("line", "Returned"), "act", "arrow-back-up"),
}
FAULTS: Mapping[str, Promise] = {
    "more_than_open": gettext_lazy("More than is open on an item."),
    "other_currency": gettext_lazy("An item is in another currency."),
    "other_company": gettext_lazy("The items are of several companies: tick those of one."),
    "item_gone": gettext_lazy("An item is no longer open."),
    "more_than_received": gettext_lazy("More than was received."),
    "wrong_side": gettext_lazy("An item would grow instead of being settled."),
    "unreadable": gettext_lazy("An amount cannot be read."),
    "parts_beyond": gettext_lazy("The differences come to more than is short."),
    "part_beyond_item": gettext_lazy("A difference is more than its item is ticked for."),
    "no_customer": gettext_lazy("Tick an item, or choose the customer whose money this is."),
}


@dataclass(frozen=True)
class Chip:
    """A state in two words."""

    text: str
    tone: str = ""
    icon: str = ""


def share(probability_ppm: int | None) -> str:
    """A probability as a whole per cent, never rounded up to certainty: 997999 -> "99 %"."""
    percent = min((probability_ppm or 0) * 100 // MILLION, 99)
    return formats.percent(percent / 100, language=formats.known_language(get_language()), decimals=0)


def chip_of(row: QueueRow) -> Chip:
    """What the queue says of a line at its right."""
    if row.state in STATES:
        text, tone, icon = STATES[row.state]
        return Chip(str(text), tone, icon)
    if row.customer_id is None:
        return Chip(gettext("Payer unknown"), "watch", "help")
    if row.probability_ppm is None and row.why_not == "undone_before":
        return Chip(gettext("Taken back"), "watch", "history")
    if row.probability_ppm is None:
        return Chip(gettext("Nothing fits"), "watch", "help")
    if row.rival_count and row.probability_ppm < LIKELY_PPM:
        count = row.rival_count + 1
        return Chip(ngettext("{count} lead", "{count} leads", count).format(count=count), "watch")
    return Chip(share(row.probability_ppm), "good" if row.probability_ppm >= LIKELY_PPM else "")


def why_not(code: str) -> str:
    """What kept a line from being applied alone; nothing where nothing did."""
    if code in WHY_NOT:
        return str(WHY_NOT[code])
    return wording.why_not(code, translate=gettext) if code else ""


def name_of(row: QueueRow) -> str:
    """Whose money it seems to be: the customer, else who paid, else nobody we know."""
    return row.customer_name or row.payer_name or gettext("Unknown")


def title_of(proposal: Proposal) -> str:
    """A proposal in short: the documents it pays, or that it stays on account."""
    numbers = list(dict.fromkeys(one.document_number for one in proposal.allocations))
    if not numbers:
        return gettext("Leave it on account")
    more = f" +{len(numbers) - 3}" if len(numbers) > 3 else ""
    return " + ".join(numbers[:3]) + more


def money(minor: int, currency: str) -> str:
    """An exact amount in the reader's style."""
    return formats.money(minor, currency, language=formats.known_language(get_language()))
