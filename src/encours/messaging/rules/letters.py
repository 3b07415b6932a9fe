"""A letter on paper: what stands where on its pages, from its text, its context and both addresses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import segno
from pypdf import PdfReader, PdfWriter

from encours.core.money import Money
from encours.messaging.rules import context as contexts
from encours.messaging.rules import formats, postal, typesetting
from encours.messaging.rules.channels import ELECTRONIC_REGISTERED_LETTER, REGISTERED_LETTER
from encours.messaging.rules.layout import BLOCK_MARK
from encours.messaging.rules.values import Address, Json, Letter

BLOCKS = re.compile(f"{BLOCK_MARK}([a-z]+){BLOCK_MARK}")
_SPACES = re.compile("[ \t]+")  # not the no-break spaces inside amounts

# The pages' own words, beside the templates' (which customers' readers edit): not for gettext, for they follow the
# language of the letter, not of whoever looks at it.
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "object": "Objet", "customer": "Votre numéro de client", "reference": "Référence à rappeler", "page": "Page",
        "of": "sur", "number": "Document", "issued": "Date", "due": "Échéance", "late": "Retard", "amount": "Reste dû",
        "total": "À régler", "balance": "Solde du compte", "pay": "Pour régler par virement",
        "account": "Votre compte en ligne",
        "date": "{city}, le {day}",
        REGISTERED_LETTER: "Lettre recommandée avec avis de réception",
        ELECTRONIC_REGISTERED_LETTER: "Lettre recommandée électronique",
        "enclosed": "Contestée", "credit": "À déduire", "telephone": "Tél.",
    },
    "en": {
        "object": "Subject", "customer": "Your customer number", "reference": "Reference to quote", "page": "Page",
        "of": "of", "number": "Document", "issued": "Date", "due": "Due", "late": "Late", "amount": "Outstanding",
        "total": "To pay", "balance": "Balance of the account", "pay": "To pay by transfer",
        "account": "Your account online", "date": "{city}, {day}",
        REGISTERED_LETTER: "Registered letter with acknowledgement of receipt",
        ELECTRONIC_REGISTERED_LETTER: "Electronic registered letter",
        "enclosed": "Contested", "credit": "To deduct", "telephone": "Tel.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, as the head of the page tells it."""

    name: str
    lines: Sequence[str]
    city: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter ready to print or to deposit."""

    pdf: bytes
    page_count: int


def paper(
    letter: Letter, context: Json, *, to: Address, head: Letterhead, language: str, channel: str, day: date
) -> Paper:
    """The letter as PDF/A, its address where a window envelope shows it (NF Z 11-001, DL with window).

    Refuses an address the post cannot deliver to. What customers wrote is set as it is, never read as markup.
    """
    values = contexts.typed(context)
    data = page_data(letter, values, to=to, head=head, language=language, channel=channel, day=day)
    made = typesetting.pdf("letter", data, day=day)
    return Paper(made, len(PdfReader(BytesIO(made)).pages))


def with_annexes(made: Paper, annexes: Sequence[bytes]) -> Paper:
    """The letter and, after its last page, the pages of what is enclosed."""
    if not annexes:
        return made
    joined = PdfWriter()
    for part in (made.pdf, *annexes):
        joined.append(PdfReader(BytesIO(part)))
    out = BytesIO()
    joined.write(out)
    return Paper(out.getvalue(), len(joined.pages))


def page_data(
    letter: Letter, values: Mapping[str, Any], *, to: Address, head: Letterhead, language: str, channel: str, day: date
) -> dict[str, Any]:
    """All that the page prints, already in the reader's language, as plain strings and lists."""
    words = WORDS[language]
    place = words["date"].format(city=head.city, day=formats.long_date(day, language)) if head.city else ""
    is_electronic = channel == ELECTRONIC_REGISTERED_LETTER
    lines = [to.name, *to.lines] if is_electronic else postal.window(to.name, to.lines)
    return {
        "language": language,
        "words": dict(words),
        "head": {"name": head.name, "lines": list(head.lines), "phone": head.phone, "email": head.email},
        "to": [*lines, *([to.email] if is_electronic else [])],
        "mention": words.get(channel, ""),
        "place_and_date": place or formats.long_date(day, language),
        "subject": letter.subject,
        "references": [
            [words["customer"], values["customer"]["number"]],
            *_reference(values["customer"]["reference_rf"], words),
        ],
        "blocks": list(_blocks(letter.text, values, language)),
        "foot": values["entity"]["legal_line"] or head.name,
    }


def _reference(code: str | None, words: Mapping[str, str]) -> list[list[str]]:
    return [[words["reference"], formats.in_fours(code)]] if code else []


def _blocks(text: str, values: Mapping[str, Any], language: str) -> Iterable[dict[str, Any]]:
    """Paragraphs as they are written, and in their places the tables and boxes that the text asks for."""
    for place, part in enumerate(BLOCKS.split(text)):
        if place % 2:
            yield from _block(part, values, language)
            continue
        for paragraph in re.split(r"\n\s*\n", part):
            lines = [_SPACES.sub(" ", line).strip(" ") for line in paragraph.strip().split("\n")]
            if any(lines):
                yield {"kind": "paragraph", "lines": lines}


def _block(name: str, values: Mapping[str, Any], language: str) -> Iterable[dict[str, Any]]:
    if name in ("items", "statement"):
        yield table(values, language, is_statement=name == "statement")
    elif name == "pay" and values["entity"]["iban"]:
        entity = values["entity"]
        yield {
            "kind": "pay",
            "iban": formats.in_fours(entity["iban"]),
            "bic": entity["bic"] or "",
            "holder": entity["name"],
            "reference": formats.in_fours(values["customer"]["reference_rf"] or values["customer"]["number"]),
            "page": _code(values["links"]["portal"]),
        }
    elif name == "signature":
        sender = values["sender"]
        phone = f"{WORDS[language]['telephone']} {sender['phone']}" if sender["phone"] else ""
        lines = [sender["title"], phone, sender["email"]]
        yield {"kind": "signature", "name": sender["name"], "lines": [line for line in lines if line]}


def _code(address: str | None) -> str:
    """The address of the customer's own page as a drawing that a telephone reads; nobody types it from paper."""
    return segno.make(address, error="l", micro=False).svg_inline(border=0, omitsize=True) if address else ""


def table(values: Mapping[str, Any], language: str, *, is_statement: bool) -> dict[str, Any]:
    """The items asked for, and on a statement what is contested or to be deducted, with one total per currency."""
    words = WORDS[language]
    rows = [_row(item, item["open"], "", language) for item in values["items"]]
    if is_statement:
        rows += [_row(item, item["open"], words["enclosed"], language) for item in values["disputed_items"]]
        rows += [_row(item, -abs(item["open"]), words["credit"], language) for item in values["credit_items"]]
    has_late = any(row["late"] for row in rows)
    label = words["balance"] if is_statement else words["total"]
    return {
        "kind": "table",
        "has_late": has_late,
        "rows": rows,
        "totals": [[label, formats.money(total.minor, total.currency, language)] for total in values["totals"]],
    }


def _row(item: Mapping[str, Any], amount: Money, note: str, language: str) -> dict[str, Any]:
    late = item["days_late"]
    days = {"issued": item["issue_date"], "due": item["due_date"]}
    return {
        "number": item["number"],
        "note": note or item["label"] or "",
        **{name: formats.short_date(day, language) if day else "" for name, day in days.items()},
        "late": formats.days(late, language) if late and late > 0 else "",
        "amount": formats.money(amount.minor, amount.currency, language),
    }
