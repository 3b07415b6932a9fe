"""Which mails can be answered without judgement, and which of these answers may leave alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from encours.core.errors import gettext_noop
from encours.core.text import fold

SAFE = ("invoice_copy", "statement", "payment_details")
OFF, CONFIRM, ALONE = "off", "confirm", "alone"
DEFAULT_MODES: Mapping[str, str] = {"invoice_copy": CONFIRM, "statement": CONFIRM, "payment_details": CONFIRM}
# an answer is prepared when we are fairly sure, and leaves alone only when we are very sure
PREPARED_PERCENT_MIN = 60
ALONE_PERCENT_MIN = 80
_END_LENGTH_MIN = 4
_THREAD_INVOICES_MAX = 10

REASONS: Mapping[str, str] = {
    "to_confirm": gettext_noop("The settings ask that a person sends it."),
    "unknown_sender": gettext_noop("It was not written from a known contact's address."),
    "unsure": gettext_noop("What is asked is not quite sure."),
    "more_said": gettext_noop("The mail says something else too."),
    "automatic": gettext_noop("A machine wrote it: answering it alone could go round and round."),
    "cap_reached": gettext_noop("This customer has had as many automatic answers today as are allowed."),
    # of answers made before a copy that is not held became a task
    "no_file": gettext_noop("We hold no copy of this invoice: a statement of account is sent instead."),
    "of_thread": gettext_noop("The mail does not say which of the invoices it answers about it wants."),
    "no_account": gettext_noop("The company's own bank account is not in its settings."),
    "checks_hold": gettext_noop("One of the checks before sending speaks against it."),
    "nobody": gettext_noop("The address it came from is not written to any more."),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a mail asks that can be answered without judgement."""

    kind: str
    confidence_percent: int
    invoices: tuple[str, ...]
    says_more: bool
    # the mail names none: these are the invoices that the message it answers asked for
    is_of_thread: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known around the request when it is decided."""

    mode: str
    daily_cap: int
    answered_today: int
    is_known_sender: bool
    is_automatic: bool
    has_file: bool
    has_account: bool
    checks_hold: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer to prepare, whether it may leave alone, and every reason why not."""

    kind: str
    is_alone: bool
    reasons: tuple[str, ...]


def request_of(intents: Sequence[Mapping[str, Any]]) -> Request | None:
    """The safe request in a mail; None when there is none, and always None where bank details are named.

    "Pouvez-vous renvoyer F-12 ?" -> invoice_copy of F-12; the same with "notre nouveau RIB" -> None
    """
    classes = {str(intent.get("class")) for intent in intents}
    if "bank_detail_change" in classes or "complaint" in classes:
        return None
    for intent in intents:
        said = dict(intent.get("fields") or {})
        percent = round(Decimal(str(intent.get("confidence", 0))) * 100)
        kind = _KINDS.get((str(intent.get("class")), str(said.get("asked", ""))))
        if kind and percent >= PREPARED_PERCENT_MIN:
            more = classes - {"invoice_copy", "payment_link", "other"}
            return Request(kind, percent, tuple(said.get("invoices", ())), bool(more))
    return None


_KINDS = {
    ("invoice_copy", "invoice"): "invoice_copy",
    ("invoice_copy", "statement"): "statement",
    ("payment_link", "bank_details"): "payment_details",
    ("payment_link", "link"): "payment_details",
}


def decided(request: Request, around: Circumstances) -> Decided | None:
    """The answer to a safe request: none when switched off or without a known sender; else prepared, perhaps alone.

    statement, mode "alone", known sender, 90 % sure, first today -> leaves alone
    invoice_copy of an invoice whose PDF we do not hold -> none: somebody has to look for it
    """
    if around.mode == OFF or not around.is_known_sender or lacks_file(request, around):
        return None
    if request.kind == "payment_details" and not around.has_account:
        return None
    stops = {
        "to_confirm": around.mode != ALONE,
        "unsure": request.confidence_percent < ALONE_PERCENT_MIN,
        "more_said": request.says_more,
        "of_thread": request.is_of_thread and len(request.invoices) > 1,
        "automatic": around.is_automatic,
        "cap_reached": around.answered_today >= around.daily_cap,
        "checks_hold": around.checks_hold,
    }
    stopped = [code for code, stops_it in stops.items() if stops_it]
    return Decided(request.kind, not stopped, tuple(stopped))


def lacks_file(request: Request, around: Circumstances) -> bool:
    """Whether a copy is asked for that we cannot send: then a person is asked to find it, and nothing else is sent."""
    return request.kind == "invoice_copy" and not around.has_file


def meant(said: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The numbers of the books that numbers in a mail mean: written alike but for signs, or their end; else as said.

    ["FA 2026 4290"], ["FA-2026-4290", ...] -> ("FA-2026-4290",); ["4290"] -> the same where no other ends in 4290
    """
    keys = {number: _key(number) for number in known}
    found = []
    for one in said:
        wanted = _key(one)
        alike = [number for number, key in keys.items() if key == wanted]
        if not alike and len(wanted) >= _END_LENGTH_MIN:
            alike = [number for number, key in keys.items() if key.endswith(wanted)]
        found.append(alike[0] if len(alike) == 1 else one)
    return tuple(dict.fromkeys(found))


def of_thread(items: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The invoices a message asked for, by its lines: "FA-1 (1/2)" and "FA-1 (2/2)" -> ("FA-1",)."""
    numbers = (re.sub(r" \(\d+/\d+\)$", "", str(item.get("number", ""))) for item in items)
    return tuple(dict.fromkeys(number for number in numbers if number))[:_THREAD_INVOICES_MAX]


def _key(number: str) -> str:
    return re.sub(r"[^0-9a-z]", "", fold(number))
