"""Which mails can be answered without judgement, and which of these answers may leave alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from encours.core.errors import gettext_noop

SAFE = ("invoice_copy", "statement", "payment_details")
OFF, CONFIRM, ALONE = "off", "confirm", "alone"
DEFAULT_MODES: Mapping[str, str] = {"invoice_copy": CONFIRM, "statement": CONFIRM, "payment_details": CONFIRM}
# an answer is prepared when we are fairly sure, and leaves alone only when we are very sure
PREPARED_PERCENT_MIN = 60
ALONE_PERCENT_MIN = 80

REASONS: Mapping[str, str] = {
    "to_confirm": gettext_noop("The settings ask that a person sends it."),
    "unknown_sender": gettext_noop("It was not written from a known contact's address."),
    "unsure": gettext_noop("What is asked is not quite sure."),
    "more_said": gettext_noop("The mail says something else too."),
    "automatic": gettext_noop("A machine wrote it: answering it alone could go round and round."),
    "cap_reached": gettext_noop("This customer has had as many automatic answers today as are allowed."),
    "no_file": gettext_noop("We hold no copy of this invoice: a statement of account is sent instead."),
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
    invoice_copy without a file, mode "alone" -> a statement, which leaves alone only if statements may
    """
    if around.mode == OFF or not around.is_known_sender:
        return None
    kind, reasons = request.kind, []
    if kind == "invoice_copy" and not around.has_file:
        kind = "statement"
        reasons.append("no_file")
    if kind == "payment_details" and not around.has_account:
        return None
    stops = {
        "to_confirm": around.mode != ALONE,
        "unsure": request.confidence_percent < ALONE_PERCENT_MIN,
        "more_said": request.says_more,
        "automatic": around.is_automatic,
        "cap_reached": around.answered_today >= around.daily_cap,
        "checks_hold": around.checks_hold,
    }
    stopped = [code for code, stops_it in stops.items() if stops_it]
    return Decided(kind, not stopped, (*reasons, *stopped))
