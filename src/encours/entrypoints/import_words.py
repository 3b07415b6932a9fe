"""What an import says to people: fields by their names, the file's own columns, refusals in the reader's language."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from encours.core.errors import EncoursError, Refused
from encours.imports.models import FileKind

FIELDS: Mapping[str, Promise] = {
    "number": gettext_lazy("Number"),
    "external_id": gettext_lazy("Identifier in the source"),
    "name": gettext_lazy("Name"),
    "customer": gettext_lazy("Customer number"),
    "customer_name": gettext_lazy("Customer name"),
    "kind": gettext_lazy("Kind of document"),
    "issue_date": gettext_lazy("Issue date"),
    "due_date": gettext_lazy("Due date"),
    "currency": gettext_lazy("Currency"),
    "net": gettext_lazy("Net amount"),
    "tax": gettext_lazy("Tax"),
    "gross": gettext_lazy("Gross amount"),
    "open": gettext_lazy("Open amount"),
    "paid": gettext_lazy("Paid amount"),
    "settled_date": gettext_lazy("Settled on"),
    "reference": gettext_lazy("Reference"),
    "order_number": gettext_lazy("Order number"),
    "related_number": gettext_lazy("Related invoice"),
    "disputed": gettext_lazy("In dispute"),
    "terms": gettext_lazy("Payment terms"),
    "instalment": gettext_lazy("Instalment number"),
    "instalment_amount": gettext_lazy("Instalment amount"),
    "payment": gettext_lazy("Payment number"),
    "date": gettext_lazy("Date"),
    "invoice": gettext_lazy("Invoice number"),
    "amount": gettext_lazy("Amount"),
    "deduction": gettext_lazy("Deduction"),
    "method": gettext_lazy("Means of payment"),
    "payer_name": gettext_lazy("Payer"),
    "payer_iban": gettext_lazy("Payer's IBAN"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Telephone"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "role": gettext_lazy("Role"),
    "street": gettext_lazy("Street"),
    "postcode": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "legal_form": gettext_lazy("Legal form"),
    "vat_number": gettext_lazy("VAT number"),
    "account": gettext_lazy("Bank account"),
    "value_date": gettext_lazy("Value date"),
    "text": gettext_lazy("Wording"),
    "debit": gettext_lazy("Debit"),
    "credit": gettext_lazy("Credit"),
    "amount_inverse": gettext_lazy("Amount, money out counted positive"),
    "side": gettext_lazy("Debit or credit"),
    "balance": gettext_lazy("Balance"),
    "original_amount": gettext_lazy("Amount of origin"),
    "original_currency": gettext_lazy("Currency of origin"),
    "iban": gettext_lazy("Counterparty's IBAN"),
    "end_to_end": gettext_lazy("End-to-end reference"),
    "code": gettext_lazy("Kind of movement"),
    "more": gettext_lazy("More wording"),
    "fee": gettext_lazy("Fee"),
    "opening": gettext_lazy("Opening balance"),
    "reason": gettext_lazy("Reason"),
    "batch": gettext_lazy("Batch"),
    "status": gettext_lazy("State"),
    "file": gettext_lazy("File"),
    "siren": gettext_lazy("SIREN"),
    "siret": gettext_lazy("SIRET"),
    "naf_code": gettext_lazy("Activity code"),
    "is_natural_person": gettext_lazy("Private person"),
    "dunning_block": gettext_lazy("Not to be reminded"),
    "notes": gettext_lazy("Notes"),
    "credit_limit": gettext_lazy("Credit limit"),
    "collector": gettext_lazy("Collector"),
    "sales_rep": gettext_lazy("Salesperson"),
    "success_owner": gettext_lazy("Customer success"),
    "is_primary": gettext_lazy("Main contact"),
    "total": gettext_lazy("Total"),
    "discount": gettext_lazy("Discount"),
    "record": gettext_lazy("Record of the file"),
    "decimals": gettext_lazy("Number of decimals"),
}
_LINE = re.compile(r"line (\d+)")


def field(name: str) -> str:
    """A field as a clerk calls it; what we have no word for is the file's own tag, shown as it stands."""
    return str(FIELDS.get(name, name))


def place(name: str, kind: str, form: Mapping[str, Any]) -> tuple[str, str]:
    """What a cell holds, and the heading of its column as it stands in the file, where the file has one.

    `due_date` of a file whose column is called "Date éch." is ("Échéance", "Date éch."); the names of a FEC are its
    own headings.
    """
    if kind == FileKind.FEC and name not in FIELDS:
        return "", name
    return field(name), str(form.get("headings", {}).get(name, ""))


def placed(name: str, kind: str, form: Mapping[str, Any]) -> str:
    """Both in one: "Due date (column “Date éch.”)"."""
    called, heading = place(name, kind, form)
    if not heading:
        return called
    column = gettext("column “{heading}”").format(heading=heading)
    return f"{called} ({column})" if called else column


def refusal(error: EncoursError) -> str:
    """Why a whole file is refused, its kind and its fields named as a clerk names them."""
    if not isinstance(error, Refused):
        return error.translated(gettext)
    return type(error)(**{name: _word(name, value) for name, value in error.data.items()}).translated(gettext)


def kept_refusal(said: Mapping[str, Any]) -> str:
    """The same of a refusal that a run kept, whose sentence was kept in English."""
    for kind in _refusals(Refused):
        if kind.code == said.get("code"):
            return refusal(kind(**said.get("data", {})))
    return str(said.get("message", ""))


def _refusals(kind: type[Refused]) -> Iterator[type[Refused]]:
    for one in kind.__subclasses__():
        yield one
        yield from _refusals(one)


def _word(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "fields":
        return ", ".join(" / ".join(field(one) for one in group.split(" / ")) for group in value.split(", "))
    if name == "field":
        return field(value)
    if name == "kind":
        return str(FileKind(value).label) if value in FileKind.values else value
    if name == "place" and (line := _LINE.fullmatch(value)):
        return gettext("line {number}").format(number=line[1])
    return value
