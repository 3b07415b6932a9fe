"""E-mails that announce a payment: the attached advice where there is one, else the text."""

import html
import re
import tempfile
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from encours.core.errors import EncoursError
from encours.imports.formats.remittance import edifact, grid, pdf, sheet
from encours.imports.formats.remittance.model import Advice, AdviceTooLong, NoAdvice

SIZE_MAX_BYTES = 40 * 1024 * 1024
_PARTS_MAX = 100
_TEXT_MAX = 500_000
_HIDDEN = re.compile(r"(?is)<(script|style|head)\b.*?</\1>")
_CELL, _ROW, _TAG = (
    re.compile(r"(?i)</t[dh]>"),
    re.compile(r"(?i)<br\s*/?>|</(?:tr|p|div|li|h\d)>"),
    re.compile(r"<[^>]*>"),
)
_QUOTED = re.compile(r"(?m)^>.*$")


def read(path: Path, *, currency: str) -> list[Advice]:
    """The advices an e-mail brings, several in an EDIFACT attachment; refuses one that names no invoice."""
    if path.stat().st_size > SIZE_MAX_BYTES:
        raise AdviceTooLong(limit=SIZE_MAX_BYTES // 1024 // 1024, what="MB")
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise NoAdvice()
    attached = _attached(message, currency)
    text = _body(message)
    said = grid.read(grid.rows_of(text), text, source="email", currency=currency)
    if len(attached) == 1:  # what the mail says besides is said of it; of several nobody knows of which
        attached[0].number = attached[0].number or said.number
        attached[0].total_minor = said.total_minor if attached[0].total_minor is None else attached[0].total_minor
    found = [advice for advice in attached or [said] if advice.lines]
    if not found:
        raise NoAdvice()
    name, address = parseaddr(str(message.get("From", "")))
    for advice in found:
        advice.payer_email = address[:254]
        advice.payer_name = advice.payer_name or said.payer_name or name[:200]
        advice.advice_date = advice.advice_date or said.advice_date
        if advice.advice_date is None and message.get("Date"):
            advice.advice_date = _sent(str(message["Date"]))
    return found


def _sent(text: str) -> date | None:
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError):
        return None


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    text = _content(part)
    if part.get_content_type() == "text/html":
        text = _CELL.sub("\t", _HIDDEN.sub("", text))
        text = html.unescape(_TAG.sub("", _ROW.sub("\n", text)))
    return f"{message.get('Subject', '')}\n{_QUOTED.sub('', text)}"[:_TEXT_MAX]


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, KeyError):
        raw = part.get_payload(decode=True)
        return raw.decode("latin-1") if isinstance(raw, bytes) else ""


def _attached(message: EmailMessage, currency: str) -> list[Advice]:
    """What the first attachment that is an advice holds; others, such as logos and conditions, are passed over."""
    for rank, part in enumerate(message.walk()):
        if rank > _PARTS_MAX:
            raise AdviceTooLong(limit=_PARTS_MAX, what="parts")
        if part.is_multipart() or part.get_content_disposition() != "attachment":
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content:
            continue
        with tempfile.TemporaryDirectory(prefix="encours-advice-") as folder:
            kept = Path(folder) / "attachment"
            kept.write_bytes(content)
            found = [advice for advice in _advices_in(kept, content, currency) if advice.lines]
        if found:
            return found
    return []


def _advices_in(path: Path, content: bytes, currency: str) -> list[Advice]:
    try:
        if content.startswith(b"%PDF"):
            text = pdf.text_of(path)
            return [grid.read(grid.rows_of(text), text, source="pdf", currency=currency)]
        if edifact.is_remadv(content[:2000].decode("latin-1")):
            return edifact.read(path, currency=currency)
        return [sheet.read(path, currency=currency)]
    except EncoursError:
        return []
