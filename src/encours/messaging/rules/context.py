"""What a message may speak of: the variables of its context, those it must have, and their typed values."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from encours.core.errors import Refused, gettext_noop
from encours.core.errors import gettext_noop as _
from encours.core.money import Money
from encours.messaging.rules.values import Json

type Kind = Literal["text", "date", "money", "count", "amounts", "colour", "link"]

DEFAULT_COLOUR = "#0f5c57"


class ContextUnreadable(Refused):
    """A value of the context is not of the kind its variable has."""

    message = gettext_noop("{name} should be a {kind} and is “{value}”.")


class VariableMissing(Refused):
    """A text prints something that the context does not have."""

    message = gettext_noop("The text needs {name}, which is not known for this customer.")


class VariableWithheld(Refused):
    """A text prints something that is not to be told, for a reason that is."""

    message = gettext_noop("The text needs {name}. {reason}")


@dataclass(frozen=True, slots=True)
class Withheld:
    """In place of a value: why it may not be printed, as {"withheld": "..."} in the context."""

    reason: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing a template may name; `path` has [] after a list, so items[].number is said of each item."""

    path: str
    kind: Kind
    meaning: str
    sample: str = ""
    is_required: bool = False


_ITEM_LISTS = {
    "items": _("what is asked for"),
    "disputed_items": _("what is set aside because the customer contests it"),
    "credit_items": _("credit notes and payments not yet allocated"),
}


def _item_variables(name: str) -> Iterator[Variable]:
    yield Variable(f"{name}[].number", "text", _("number of the document"), is_required=True)
    yield Variable(f"{name}[].order_number", "text", _("the customer's own order number"))
    yield Variable(f"{name}[].label", "text", _("what the row is, where it is no invoice"))
    yield Variable(f"{name}[].issue_date", "date", _("day of issue"))
    yield Variable(f"{name}[].due_date", "date", _("due date of the instalment"))
    yield Variable(f"{name}[].days_late", "count", _("days since the due date, negative before it"))
    yield Variable(f"{name}[].open", "money", _("what is still to pay"), is_required=True)
    yield Variable(f"{name}[].amount", "money", _("amount of the instalment"))
    yield Variable(f"{name}[].case_number", "text", _("number of the dispute"))
    yield Variable(f"{name}[].answer_date", "date", _("day by which the dispute is answered"))


VARIABLES: tuple[Variable, ...] = (
    Variable("entity.name", "text", _("company that sells"), "Brévanne Équipement", is_required=True),
    Variable("entity.legal_line", "text", _("legal form, capital, SIREN, register and seat (C. com. R123-237)")),
    Variable("entity.iban", "text", _("account to pay to"), "FR2399999000010001234567890"),
    Variable("entity.bic", "text", _("bank of that account")),
    Variable("entity.email", "text", _("general address of the company")),
    Variable("entity.phone", "text", _("general telephone number")),
    Variable("entity.colour", "colour", _("colour of the mark and of buttons, as #rrggbb"), DEFAULT_COLOUR),
    Variable("entity.penalty_mention", "text", _("sentence on late-payment penalties and the EUR 40")),
    Variable("customer.name", "text", _("customer"), "Maison Delorme", is_required=True),
    Variable("customer.number", "text", _("customer number in the books"), "C10316", is_required=True),
    Variable("customer.reference_rf", "text", _("creditor reference to quote (ISO 11649)"), "RF91C10316K2611"),
    Variable("contact.greeting", "text", _("opening words without the comma"), "Bonjour Madame Marchal"),
    Variable("contact.name", "text", _("person written to"), "Lise Marchal"),
    *(variable for name in _ITEM_LISTS for variable in _item_variables(name)),
    Variable("totals", "amounts", _("sum of the items, one per currency")),
    Variable("penalties.interest", "amounts", _("late-payment interest run up to the day of the message")),
    Variable("penalties.compensation", "amounts", _("fixed compensation of EUR 40 for each late invoice asked for")),
    Variable("penalties.total", "amounts", _("both together, one amount per currency")),
    Variable("received.amount", "money", _("payment one gives thanks for")),
    Variable("received.value_date", "date", _("day that payment arrived")),
    Variable("own.subject", "text", _("subject that a person wrote"), "Votre commande 7118"),
    Variable("own_paragraphs[].text", "text", _("paragraph that a person wrote"), is_required=True),
    Variable("new_deadline_date", "date", _("day by which one asks to be paid")),
    Variable("sender.name", "text", _("person who signs"), "Nadia Ferrand", is_required=True),
    Variable("sender.title", "text", _("function of that person"), "Recouvrement clients"),
    Variable("sender.email", "text", _("address that person reads")),
    Variable("sender.phone", "text", _("telephone of that person"), "01 99 00 41 20"),
    Variable("sent_on", "date", _("day the message is written"), is_required=True),
    Variable("books_date", "date", _("day to which the books are complete")),
    Variable("bank_date", "date", _("day to which the bank is known")),
    Variable("previous_contacts[].on", "date", _("day of an earlier message or call"), is_required=True),
    Variable("previous_contacts[].what", "text", _("what it was")),
    Variable("links.pay", "link", _("address of the payment page")),
    Variable("links.dispute", "link", _("address to contest an invoice")),
    Variable("links.promise", "link", _("address to propose a date")),
    Variable("links.plan", "link", _("address to ask for instalments")),
    Variable("links.portal", "link", _("address of the customer's own page, for the person written to")),
)
BY_PATH: Mapping[str, Variable] = {variable.path: variable for variable in VARIABLES}
LISTS = frozenset(path.split("[]")[0] for path in BY_PATH if "[]" in path)
_ROWS = {
    name: [
        (path.removeprefix(f"{name}[]."), variable)
        for path, variable in BY_PATH.items()
        if path.startswith(f"{name}[].")
    ]
    for name in LISTS
}
KNOWN = frozenset(BY_PATH) | LISTS | {path.split(".")[0] for path in BY_PATH}


def is_known(path: str) -> bool:
    """Whether a template may name this path: entity.iban, items[].number, items."""
    return path in KNOWN


def typed(context: Json) -> dict[str, Any]:
    """The context with dates, amounts and counts as values, and None for what is not given; what must be there is.

    {"sent_on": "2026-11-23", ...} -> sent_on date(2026, 11, 23); without entity.name, VariableMissing names it.
    What no variable describes is left out, so that a template can print only what is documented.
    """
    result: dict[str, Any] = {name: [] for name in LISTS}
    for path, variable in BY_PATH.items():
        if "[]." in path:
            continue
        _put(result, path, _value(_at(context, path), variable))
    for name in LISTS:
        result[name] = [_row(name, row) for row in context.get(name) or ()]
    for row in result["items"]:
        if row["days_late"] is None and row["due_date"] is not None:
            row["days_late"] = (result["sent_on"] - row["due_date"]).days
    return result


def _row(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(row.get(key), variable) for key, variable in _ROWS[name]}


def _at(context: Mapping[str, Any], path: str) -> Any:
    value: Any = context
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(result: dict[str, Any], path: str, value: Any) -> None:
    head, _, name = path.partition(".")
    if name:
        result.setdefault(head, {})[name] = value
    else:
        result[head] = value


def _value(value: Any, variable: Variable) -> Any:
    if value is None or value == "":
        if variable.is_required:
            raise VariableMissing(name=variable.path)
        return {"amounts": [], "colour": DEFAULT_COLOUR}.get(variable.kind)
    if isinstance(value, Mapping) and "withheld" in value:
        return Withheld(str(value["withheld"]))
    try:
        return _READERS[variable.kind](value)
    except (ValueError, TypeError, KeyError, InvalidOperation, Refused):
        raise ContextUnreadable(name=variable.path, kind=variable.kind, value=str(value)[:80]) from None


def _text(value: Any) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError
    # the sign that marks a letter's tables (rules.layout) is not for values to write
    return str(value).replace("\ue000", "")


def _date(value: Any) -> date:
    return value if type(value) is date else date.fromisoformat(value)


def _money(value: Any) -> Money:
    return value if isinstance(value, Money) else Money.from_decimal(Decimal(value["amount"]), value["currency"])


def _count(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _colour(value: Any) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise ValueError
    return str(value)


def _link(value: Any) -> str:
    if not re.fullmatch("https?://[^\\s\"'<>]+", value):
        raise ValueError
    return str(value)


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "date": _date,
    "money": _money,
    "count": _count,
    "amounts": lambda values: [_money(value) for value in values],
    "colour": _colour,
    "link": _link,
}
