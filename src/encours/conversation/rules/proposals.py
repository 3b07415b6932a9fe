"""From what a mail was understood to say to what a person is asked to decide, each with its sentence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from encours.core.text import fold

# below this a class is a guess, and a guess is not proposed
CONFIDENCE_PERCENT_MIN = 60
_PROPOSED_MAX = 8

_ADVICE_TYPES = re.compile(
    r"application/(?:pdf|vnd\.ms-excel|vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet|edifact|xml)|"
    r"text/(?:csv|plain|xml)"
)
_ADVICE_NAMES = re.compile(r"\.(?:pdf|xlsx|csv|txt|edi|xml)$")
_NOT_ADVICE = re.compile(r"factur|invoice|signature|logo|rib\b|iban|cgv|conditions")


@dataclass(frozen=True, slots=True)
class File:
    """A file of the mail: its place and what it calls itself; `is_refused` when it is never opened."""

    position: int
    name: str
    content_type: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a person is asked to decide: the deed, the sentence relied on, its values, how sure."""

    kind: str
    quote: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    confidence_percent: int = 0


def proposed(
    intents: Sequence[Mapping[str, Any]], *, files: Sequence[File] = (), today: date, from_email: str = ""
) -> list[Proposed]:
    """The deeds a mail seems to ask for, in its own order; nothing for what is unsure or past, nor for bank details.

    promise of 2026-11-30, 92 % sure -> one proposal "promise"; away until yesterday -> none; "nouveau RIB" -> none
    """
    found: list[Proposed] = []
    for intent in intents:
        percent = round(Decimal(str(intent.get("confidence", 0))) * 100)
        maker = _MAKERS.get(str(intent.get("class", "")))
        if maker is None or percent < CONFIDENCE_PERCENT_MIN:
            continue
        said = dict(intent.get("fields") or {})
        for kind, fields in maker(said, files, today, from_email):
            found.append(Proposed(kind, str(intent.get("quote", "")), fields, percent))
    return found[:_PROPOSED_MAX]


type _Made = Iterator[tuple[str, dict[str, Any]]]


def _promise(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    day = said.get("date")
    if day and date.fromisoformat(day) >= today:
        yield "promise", _only(said, "date", "amount", "share_percent", "invoices", "asks_for")


def _dispute(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    numbers = said.get("invoices") or [""]
    for number in numbers[:3]:
        fields = _only(said, "reason", "wants_credit_note") | ({"invoices": [number]} if number else {})
        # an amount said once is of one invoice; of several nobody knows which
        yield "dispute", fields | (_only(said, "amount") if len(numbers) == 1 else {})


def _contact(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    emails = [one for one in said.get("emails", ()) if one.lower() != from_email.lower()]
    phones = list(said.get("phones", ()))
    # somebody who signs in a mail is rarely who it is about; a form asks for the name
    if said.get("name"):
        email, phone = [*said.get("emails", ()), ""][0], [*phones, ""][0]
        yield "contact", {"name": said["name"], "email": email, "phone": phone}
    elif emails or phones:
        yield "contact", {"email": emails[0] if emails else "", "phone": phones[0] if phones and not emails else ""}


def _pause(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    back = said.get("return_date")
    if back and date.fromisoformat(back) > today:
        yield "pause", {"return_date": back, "email": from_email}


def _order_number(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    numbers = said.get("order_numbers")
    if numbers:
        yield "order_number", {"order_number": numbers[0]} | _only(said, "invoices")


def _remittance(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    for one in files:
        if is_advice(one):
            yield "remittance", {"attachment": one.position, "name": one.name} | _only(said, "amount", "date")
            return


def _unsubscribe(said: dict[str, Any], files: Sequence[File], today: date, from_email: str) -> _Made:
    if from_email:
        yield "unsubscribe", {"email": from_email}


def stranger(email: str, name: str) -> Proposed:
    """Whoever wrote from an address nobody knew, once their mail is filed: somebody to add, or not."""
    return Proposed("contact", "", {"email": email, "name": name})


def is_advice(file: File) -> bool:
    """Whether a file may be a remittance advice: "AVP_20261119.pdf" -> yes; "Facture F12.pdf" -> no."""
    flat = fold(file.name)
    may_be = bool(_ADVICE_TYPES.match(file.content_type.lower())) or bool(_ADVICE_NAMES.search(flat))
    return may_be and not file.is_refused and not _NOT_ADVICE.search(flat)


def _only(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: said[name] for name in names if said.get(name)}


_MAKERS = {
    "promise": _promise,
    "dispute": _dispute,
    "contact_change": _contact,
    "out_of_office": _pause,
    "po_number": _order_number,
    "remittance": _remittance,
    "unsubscribe": _unsubscribe,
}
