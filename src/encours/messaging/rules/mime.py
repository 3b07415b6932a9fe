"""A letter as the bytes that mail servers carry: RFC 5322 headers, a text part and an HTML part."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote

from encours.core.errors import Refused, gettext_noop
from encours.messaging.rules.values import Address, Attachment, Letter

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]{1,255}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")
_LINE_LETTERS_MAX = 76
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]+")


class HeaderUnsafe(Refused):
    """A name, subject or address holds a line break or another control character, which could forge a header."""

    message = gettext_noop("The {header} of the message holds a line break or a control character.")


class AddressUnusable(Refused):
    """An e-mail address cannot be written to."""

    message = gettext_noop("“{address}” is not an e-mail address one can write to.")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and under which identity the message will be known."""

    sender: Address
    to: Sequence[Address]
    message_id: str
    date: datetime
    cc: Sequence[Address] = ()
    reply_to: str = ""
    in_reply_to: str = ""  # the Message-ID it answers, so that mail programs show one thread
    is_automatic: bool = False  # no person sent it: other programs must not answer it (RFC 3834)
    marks: Sequence[tuple[str, str]] = ()  # headers by which a provider gives back which message it reports of

    @property
    def recipients(self) -> list[str]:
        """Every mailbox the message goes to, once."""
        return list(dict.fromkeys(wire_address(address.email) for address in [*self.to, *self.cc]))


def is_safe(text: str) -> bool:
    """Whether a text may stand in a header: "Dupont\\r\\nBcc: x@y.z" may not."""
    return _UNSAFE.search(text) is None


def wire_address(email: str) -> str:
    """An address as SMTP wants it, its domain in ASCII: compta@brévanne.fr -> compta@xn--brvanne-cya.fr."""
    local, _, domain = email.strip().rpartition("@")
    if not _ADDRESS.fullmatch(email.strip()) or not local.isascii():
        raise AddressUnusable(address=email)
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise AddressUnusable(address=email) from None


def _safe(text: str, header: str) -> str:
    if not is_safe(text):
        raise HeaderUnsafe(header=header)
    return text


def _encoded(text: str, *, indent: int) -> str:
    if text.isascii() and len(text) + indent <= _LINE_LETTERS_MAX and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=_LINE_LETTERS_MAX, header_name="x" * indent).encode(linesep="\r\n")


def _mailbox(address: Address, header: str) -> str:
    wire = wire_address(_safe(address.email, header))
    name = _safe(address.name, header)
    if not name:
        return wire
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        shown = name if _PLAIN_NAME.fullmatch(name) else f'"{quoted}"'
    else:
        shown = _encoded(name, indent=len(header) + 2)
    return f"{shown} <{wire}>"


def _mailboxes(addresses: Sequence[Address], header: str) -> str:
    return ",\r\n ".join(_mailbox(address, header) for address in addresses)


def _part(text: str, subtype: str) -> bytes:
    body = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + binascii.b2a_qp(body, istext=True)


def build(letter: Letter, envelope: Envelope, attachments: Sequence[Attachment] = ()) -> bytes:
    """The message in full, lines ended by CRLF and within 76 letters, nothing but ASCII on the wire.

    A name or subject with a line break is refused, since what follows the break would be read as a header.
    """
    if not envelope.to:
        raise AddressUnusable(address="")
    headers = [
        ("From", _mailbox(envelope.sender, "From")),
        ("To", _mailboxes(envelope.to, "To")),
        ("Cc", _mailboxes(envelope.cc, "Cc")),
        ("Reply-To", wire_address(_safe(envelope.reply_to, "Reply-To")) if envelope.reply_to else ""),
        ("Subject", _encoded(_safe(letter.subject, "Subject"), indent=9)),
        ("Date", format_datetime(envelope.date)),
        ("Message-ID", _safe(envelope.message_id, "Message-ID")),
        ("In-Reply-To", _safe(envelope.in_reply_to, "In-Reply-To")),
        ("References", _safe(envelope.in_reply_to, "References")),
        ("Auto-Submitted", "auto-replied" if envelope.is_automatic else ""),
        ("X-Auto-Response-Suppress", "All" if envelope.is_automatic else ""),
        *((name, _safe(value, name)) for name, value in envelope.marks),
        ("MIME-Version", "1.0"),
    ]
    boundary = "encours-" + re.sub(r"[^A-Za-z0-9]", "", envelope.message_id)[:50]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers if value)
    parts = [_part(letter.text, "plain"), _part(letter.html, "html")]
    body = _joined(parts, boundary=boundary, kind="alternative")
    if attachments:
        files = [_file(one) for one in attachments]
        body = _joined([body, *files], boundary=f"{boundary}-files", kind="mixed")
    return lines.encode("ascii") + body


def _joined(parts: Sequence[bytes], *, boundary: str, kind: str) -> bytes:
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _file(attachment: Attachment) -> bytes:
    """A file as a part of its own."""
    name = _safe(attachment.name, "Content-Disposition")
    if not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise HeaderUnsafe(header="Content-Type")
    # a name beyond ASCII is written as RFC 2231 says, which all mail programs read; two forms would only disagree
    is_plain = name.isascii() and not set(name) & set('"\\')
    shown = f'filename="{name}"' if is_plain else f"filename*=utf-8''{quote(name, safe='')}"
    head = (
        f"Content-Type: {attachment.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {shown}\r\n\r\n"
    )
    return head.encode("ascii") + base64.encodebytes(attachment.content).replace(b"\n", b"\r\n").rstrip(b"\r\n")
