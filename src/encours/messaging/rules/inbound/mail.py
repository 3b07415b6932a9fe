"""An e-mail as bytes, read within limits and without running, fetching or believing anything in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from hashlib import sha256

from encours.core.errors import Refused, gettext_noop
from encours.messaging.rules.inbound import charset, hypertext


class MailTooLarge(Refused):
    """The mail is larger than what is read."""

    code = "mail_too_large"
    message = gettext_noop("The mail has {size_bytes} bytes; at most {size_bytes_max} are read.")


class MailUnreadable(Refused):
    """The bytes are no mail, or one built to exhaust its reader."""

    code = "mail_unreadable"
    message = gettext_noop("This is not an e-mail that can be read.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a mail is looked at; beyond `size_bytes` it is refused, beyond the others it is read in part."""

    size_bytes: int = 40_000_000
    parts: int = 200
    depth: int = 12
    text_letters: int = 200_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along: what it calls itself and how big it is; its content stays in the raw mail."""

    name: str
    content_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the mail that is text: its type, its text, and how deep in a returned message it stands."""

    content_type: str
    text: str
    is_returned: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says of itself, and its text; `is_whole` is false when a limit cut it short."""

    headers: Mapping[str, tuple[str, ...]]
    parts: tuple[Part, ...]
    attachments: tuple[Attachment, ...]
    text: str
    is_whole: bool

    def header(self, name: str) -> str:
        """The first header of that name, decoded; empty when there is none."""
        found = self.headers.get(name.lower())
        return found[0] if found else ""

    @property
    def subject(self) -> str:
        """The subject line."""
        return self.header("subject")

    @property
    def from_email(self) -> str:
        """The sender's address in lower case."""
        return addresses_of(self.header("from"))[:1][0] if addresses_of(self.header("from")) else ""

    @property
    def from_name(self) -> str:
        """The sender's name as written."""
        return parseaddr(self.header("from"))[0].strip()

    @property
    def message_id(self) -> str:
        """Its own Message-ID with its angle brackets."""
        found = re.search(r"<[^<>\s]+>", self.header("message-id"))
        return found[0] if found else ""

    @property
    def answers(self) -> tuple[str, ...]:
        """The Message-IDs it answers, the nearest first."""
        near = re.findall(r"<[^<>\s]+>", self.header("in-reply-to"))
        far = re.findall(r"<[^<>\s]+>", self.header("references"))
        return tuple(dict.fromkeys([*near, *reversed(far)]))

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address it was sent to, in lower case."""
        names = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to")
        return tuple(
            dict.fromkeys(one for name in names for h in self.headers.get(name, ()) for one in addresses_of(h))
        )

    @property
    def sent_at(self) -> datetime | None:
        """When its sender's clock says it was written; without a zone it counts as UTC."""
        try:
            stated = parsedate_to_datetime(self.header("date"))
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)


def addresses_of(header: str) -> list[str]:
    """The addresses a header names, in lower case.

    'Lise <L.Marchal@dautricourt.example>, x' -> ["l.marchal@dautricourt.example"]
    """
    return [address.strip().lower() for _, address in getaddresses([header]) if "@" in address]


def read(raw: bytes, *, limits: Limits | None = None) -> Mail:
    """The mail in the bytes; what is malformed is read as well as it can be.

    b"Subject: =?utf-8?q?R=C3=A9glement?=\\n\\nFait ce jour." -> subject "Réglement", text "Fait ce jour."
    """
    limits = limits or Limits()
    if len(raw) > limits.size_bytes:
        raise MailTooLarge(size_bytes=len(raw), size_bytes_max=limits.size_bytes)
    try:
        message = message_from_bytes(_with_line_feeds(raw), policy=compat32)
        leaves = list(_leaves(message, limits))
    except (RecursionError, LookupError, HeaderParseError):
        raise MailUnreadable from None
    texts = [leaf for leaf in leaves if isinstance(leaf, Part)]
    return Mail(
        headers=_headers(message),
        parts=tuple(texts),
        attachments=tuple(leaf for leaf in leaves if isinstance(leaf, Attachment)),
        text=_body(texts)[: limits.text_letters],
        is_whole=len(leaves) < limits.parts and sum(len(part.text) for part in texts) < limits.text_letters,
    )


def _with_line_feeds(raw: bytes) -> bytes:
    """Old copies end their lines by a bare carriage return, which the parser would take for one long line."""
    if raw.count(b"\r") > raw.count(b"\n") * 2:
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw


def _headers(message: Message) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        if len(found) < 200:
            found.setdefault(name.lower(), []).append(decoded(value)[:10_000])
    return {name: tuple(values) for name, values in found.items()}


def decoded(value: object) -> str:
    """A header in plain letters, on one line, its encoded words read and its raw bytes guessed."""
    text = str(value)
    if "=?" not in text:
        return " ".join(charset.from_escaped(text).split())
    try:
        pieces = decode_header(re.sub(r"\?=\s+=\?", "?==?", text))
    except (HeaderParseError, ValueError):
        return " ".join(text.split())
    words = [piece if isinstance(piece, str) else charset.decoded(piece, name or "") for piece, name in pieces]
    return " ".join("".join(words).split())


def _leaves(message: Message, limits: Limits) -> Iterator[Part | Attachment]:
    """The leaves in order, each level of nesting a step, never by recursion into what the sender built."""
    waiting: list[tuple[Message, int, bool]] = [(message, 0, False)]
    count = 0
    while waiting and count < limits.parts:
        part, depth, is_returned = waiting.pop()
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list):
            if part.get_content_type() in _REPORTS:
                count += 1
                yield Part(
                    part.get_content_type(),
                    "\n\n".join(_block(group) for group in inner if isinstance(group, Message)),
                    is_returned,
                )
            elif depth < limits.depth:
                below = is_returned or part.get_content_type() == "message/rfc822"
                if part.get_content_type() == "message/rfc822":
                    count += 1
                    yield Part(
                        "message/rfc822", "\n".join(_block(one) for one in inner if isinstance(one, Message)), True
                    )
                waiting.extend((child, depth + 1, below) for child in reversed(inner) if isinstance(child, Message))
            continue
        count += 1
        yield _leaf(part, limits, is_returned=is_returned)


_REPORTS = frozenset({"message/delivery-status", "message/feedback-report", "message/disposition-notification"})


def _block(message: Message) -> str:
    lines = [f"{name}: {decoded(value)}" for name, value in message.raw_items()]
    rest = message.get_payload()
    return "\n".join(lines) + (f"\n\n{rest.strip()}" if isinstance(rest, str) and rest.strip() else "")


def _leaf(part: Message, limits: Limits, *, is_returned: bool) -> Part | Attachment:
    content_type = part.get_content_type()
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    name = decoded(part.get_filename() or "")
    if content_type.startswith("multipart/"):  # its boundary is nowhere: what is there is text
        content_type, content = "text/plain", str(part.get_payload()).encode("utf-8", "surrogateescape")
    is_text = content_type.startswith(("text/", "message/")) and content_type not in ("text/calendar", "text/csv")
    is_kept_apart = part.get_content_disposition() == "attachment" and content_type.startswith("text/")
    if is_text and not (is_kept_apart and name):
        text = charset.decoded(content[: limits.text_letters * 4], str(part.get_content_charset() or ""))
        return Part(content_type, text[: limits.text_letters], is_returned)
    return Attachment(name, content_type, len(content), sha256(content).hexdigest())


def attachment_content(raw: bytes, sha256_hex: str, *, limits: Limits | None = None) -> bytes | None:
    """The bytes of the attachment with that hash, found as `read` finds it; None when the mail has no such one."""
    message = message_from_bytes(_with_line_feeds(raw), policy=compat32)
    for part in message.walk() if _depth_is_bearable(message, limits or Limits()) else ():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and sha256(content).hexdigest() == sha256_hex:
            return content
    return None


def _depth_is_bearable(message: Message, limits: Limits) -> bool:
    waiting, most = [(message, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        most = max(most, depth)
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list) and depth <= limits.depth:
            waiting.extend((child, depth + 1) for child in inner if isinstance(child, Message))
    return most <= limits.depth


def html_of(received: Mail) -> str:
    """The HTML part as it came, for a frame that runs and loads nothing; empty when the mail has none."""
    return "\n".join(part.text for part in received.parts if part.content_type == "text/html" and not part.is_returned)


def _body(parts: list[Part]) -> str:
    """The text a reader sees: the plain part, else the HTML one turned into text."""
    own = [part for part in parts if not part.is_returned]
    plain = "\n".join(part.text for part in own if part.content_type == "text/plain").strip()
    marked = [part.text for part in own if part.content_type == "text/html"]
    if marked and (len(plain) < 20 or hypertext.is_markup(plain)):
        return "\n".join(hypertext.text_of(one) for one in marked).strip() or plain
    return plain.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
