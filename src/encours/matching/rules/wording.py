"""What each reason says to a clerk; English templates for the catalogues."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from string import Formatter
from typing import Any

from encours.core.errors import gettext_noop as _
from encours.core.money import decimal_string
from encours.matching.rules.facts import Reason

type Show = Callable[[str, Any], str]

TEMPLATES = 2_048  # in all languages together

SENTENCES: Mapping[str, str] = {
    # how a document is quoted
    "quote_reference": _("Bears the payment reference of {document_number}."),
    "quote_advice": _("The remittance advice names {document_number}."),
    "quote_full": _("Quotes {document_number}."),
    "quote_digits": _("Quotes the digits of {document_number}."),
    "quote_dated": _("Quotes {document_number} with its year, without its prefix or its zeros."),
    "quote_split": _("Quotes {document_number} with a blank or line break in it."),
    "quote_padded": _("Quotes the running number of {document_number}."),
    "quote_bare": _("Quotes the running number of {document_number}, without its zeros."),
    "quote_order": _("Quotes the order that {document_number} invoices."),
    "quote_range": _("Names a range of numbers in which {document_number} lies."),
    "quote_lookalike": _("Quotes {document_number} with letters in place of digits."),
    "quote_swapped": _("Quotes {document_number} with two digits swapped."),
    "quote_dropped": _("Quotes {document_number} with one digit missing."),
    "quote_wrong": _("Quotes {document_number} with one wrong digit."),
    "quote_added": _("Quotes {document_number} with one digit too many."),
    "quote_cut": _("Quotes the beginning of {document_number}, where the text is cut."),
    # how the amount fits
    "amount_equal": _("The amount is exactly what is open: {amount_minor}."),
    "amount_of_several": _("The amount is exactly the sum of {count} items: {amount_minor}."),
    "amount_over": _("{over_minor} more than what is open: it stays on account."),
    "amount_partial": _("Part payment: {short_minor} stays open."),
    "amount_partial_said": _("The payer says it is a part: {short_minor} stays open."),
    "amount_write_off": _("{short_minor} less than what is open: a rounding difference."),
    "amount_discount": _("{short_minor} less than what is open: a discount of {percent_permyriad}."),
    "amount_discount_said": _("The payer takes a discount of {short_minor}."),
    "amount_charge": _("{short_minor} less than what is open, as bank charges are."),
    "amount_charge_said": _("The payer or the bank kept {short_minor} of charges."),
    "amount_deduction": _("{short_minor} less than what is open: a deduction without a reason given."),
    "amount_deduction_said": _("The payer deducts {short_minor} and says so."),
    "amount_withholding": _("{short_minor} less than what is open: a withholding of {percent_permyriad}."),
    "amount_withholding_said": _("The payer withholds {short_minor}."),
    "amount_fx": _("Paid in another currency."),
    # which items, where the payer is silent
    "sum_whole": _("The amount is the whole account, credit notes deducted."),
    "sum_whole_debts": _("The amount is the sum of all invoices of the account."),
    "sum_due": _("The amount is all that is due, credit notes deducted."),
    "sum_due_debts": _("The amount is the sum of all invoices that are due."),
    "sum_oldest": _("The amount is the sum of the {count} oldest items."),
    "sum_run": _("The amount is the sum of {count} items that follow each other by due date."),
    "sum_oldest_and_one": _("The amount is the sum of the oldest items and one more."),
    "sum_all_but_one": _("The amount is the whole account but one item."),
    "sum_pair": _("The amount is the sum of two items of the account."),
    "sum_three": _("The amount is the sum of three items of the account."),
    "sum_some": _("The amount is the sum of {count} items of the account."),
    "completed": _("Other items of the account make up the rest: {count}."),
    "netted": _("A credit note of the account explains the difference."),
    "imputed": _("The payer is silent: the legal order of imputation."),
    "imputed_oldest": _("The payer is silent: the oldest items first."),
    "on_account": _("The customer is known, what is paid is not: on account."),
    # who pays
    "payer_account": _("Paid from the customer's account."),
    "payer_learnt_account": _("Paid from an account that has paid for this customer before."),
    "payer_mandate": _("Collected under the customer's mandate."),
    "payer_told": _("Somebody said, or a rule says, that it is this customer's money."),
    "payer_number": _("The customer's number stands in the text."),
    "payer_name": _("The payer bears the customer's name."),
    "payer_name.several": _("The payer bears the customer's name; {count} customers are called so."),
    "payer_learnt_name": _("A payer of this name has paid for this customer before."),
    "payer_name_and_town": _("The payer bears the customer's name and town."),
    "payer_cut_name": _("The payer's name is the beginning of the customer's."),
    "payer_alike_name": _("The payer's name is like the customer's."),
    "payer_group": _("The payer belongs to the customer's group."),
    "payer_stranger": _("Nothing is known of the payer."),
    "payer_third_party": _("Somebody else pays for this customer."),
}
WHY_NOT: Mapping[str, str] = {
    "unsure": _("Not sure enough to be applied alone."),
    "one_witness": _("Only one thing speaks for it: of payer, reference and amount, two must agree."),
    "rivals": _("Another way to apply it is nearly as likely."),
    "undone_before": _("It was applied before and undone by a person."),
    "old_line": _("The line is too old to be applied alone."),
    "rule": _("A rule wants a person to look at it."),
    "contended": _("Another line of the same run claims the same items."),
    "nothing_fits": _("No open item fits."),
    "no_items": _("Nothing is open in this currency."),
    "silent": _("The payer does not say what is paid."),
    "other_currency": _("It settles items of another currency."),
    "returned": _("Money that goes back: a returned payment."),
    "asked": _("Only a proposal was asked for."),
    "receipt_known": _("The books may know this money already."),
    "changed_meanwhile": _("Somebody used an item in the meantime."),
    "period_closed": _("Its day lies in a closed period."),
    "by_hand": _("Left out by a person."),
    "more_than_open": _("More than is open on an item."),
    "other_company": _("Its items are another company’s: a person confirms that the money is handed on."),
    "item_gone": _("An item is no longer open."),
    "more_than_received": _("More than was received."),
    "wrong_side": _("An item would grow instead of being settled."),
}


def sentence(
    reason: Reason | Mapping[str, Any],
    *,
    currency: str = "EUR",
    translate: Callable[[str], str] = _,
    show: Show | None = None,
) -> str:
    """The sentence of a reason, also of a stored one: "Quotes F-2026-0412 with two digits swapped."

    `show(name, value)` writes what fills it: `*_minor` are amounts in `currency`, `percent_permyriad` a rate.
    """
    code, data = (reason.code, reason.data) if isinstance(reason, Reason) else (reason["code"], reason.get("data", {}))
    if code == "payer_name" and data.get("count", 1) > 1:
        code = "payer_name.several"
    template = SENTENCES.get(code)
    if template is None:
        return code
    spoken = translate(template)
    if "{" not in spoken:
        return spoken
    said = ""
    for piece, name in _pieces(spoken):
        said += piece + _written(name, data, currency, show) if name else piece
    return said


@lru_cache(maxsize=TEMPLATES)
def _pieces(template: str) -> tuple[tuple[str, str], ...]:
    """A template taken apart once: each piece of text with the name of what follows it, blank at the end."""
    return tuple((text, name or "") for text, name, _, _ in Formatter().parse(template))


def _written(name: str, data: Mapping[str, Any], currency: str, show: Show | None) -> str:
    """What fills a gap; data of an older form leaves it blank, never a failure."""
    if name not in data:
        return ""
    return show(name, data[name]) if show else show_plainly(name, data[name], currency)


def gathered(reasons: Sequence[Reason], *, most: int = 3) -> list[Reason]:
    """The reasons as a person reads them: what is read of several documents in one way is one sentence.

    "Quotes FA-1", "Quotes FA-2" ... of two hundred -> "Quotes FA-1, FA-2, FA-3 + 197", with the points of all.
    """
    of_code: dict[str, list[Reason]] = {}
    for one in reasons:
        of_code.setdefault(one.code, []).append(one)
    found = []
    for code, alike in of_code.items():
        numbers = sorted({str(one.data["document_number"]) for one in alike if "document_number" in one.data})
        if len(numbers) < 2:
            found += alike
            continue
        more = f" + {len(numbers) - most}" if len(numbers) > most else ""
        said = {**alike[0].data, "document_number": ", ".join(numbers[:most]) + more}
        found.append(Reason(code, sum(one.points for one in alike), said))
    return found


def why_not(code: str, *, translate: Callable[[str], str] = _) -> str:
    """What kept a line from being applied alone, in words."""
    return translate(WHY_NOT[code]) if code in WHY_NOT else code


def show_plainly(name: str, value: Any, currency: str) -> str:
    """Amounts with their currency, rates in percent: ("short_minor", 2000, "EUR") -> "20.00 EUR"."""
    if name.endswith("_minor"):
        return f"{decimal_string(value, currency)} {currency}"
    if name.endswith("_permyriad"):
        return f"{value / 100:g} %"
    return str(value)
