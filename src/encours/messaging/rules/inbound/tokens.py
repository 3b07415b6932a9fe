"""Reply addresses that name the message they answer, sealed so that nobody can name another one."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# to a customer (e), to a colleague (s)
TO_CUSTOMER, TO_COLLEAGUE = "e", "s"
_TOKEN = re.compile(r"\+([es])(\d{1,18})-([a-z2-7]{16})@", re.IGNORECASE)
_SAID = {TO_CUSTOMER: "encours reply", TO_COLLEAGUE: "encours answer of a colleague"}
# RFC 5321 section 4.5.3.1.1
_LOCAL_LETTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a reply address says: the message it names, and whether the seal is ours."""

    message_id: int
    is_ours: bool


def _seal(message_id: int, *, organisation_id: int, key: str, kind: str) -> str:
    said = f"{_SAID[kind]} {organisation_id} {message_id}".encode()
    digest = hmac.new(key.encode(), said, hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def address_for(address: str, message_id: int, *, organisation_id: int, key: str, kind: str = TO_CUSTOMER) -> str:
    """The address that answers to a message go to; the plain one where the token would not fit.

    "nadia@brevanne.example", 4711 -> "nadia+e4711-k3v...@brevanne.example"
    """
    local, _, domain = address.rpartition("@")
    marked = f"{local}+{kind}{message_id}-{_seal(message_id, organisation_id=organisation_id, key=key, kind=kind)}"
    return f"{marked}@{domain}" if len(marked) <= _LOCAL_LETTERS_MAX and "+" not in local else address


def is_marked(address: str, *, kind: str = TO_CUSTOMER) -> bool:
    """Whether an address bears a token of that kind at all, of whatever seal."""
    match = _TOKEN.search(address)
    return match is not None and match[1].lower() == kind


def claimed(
    recipients: Iterable[str], *, organisation_id: int, keys: Sequence[str], kind: str = TO_CUSTOMER
) -> list[Claimed]:
    """What the addresses of a mail claim to answer; a token of another key or organisation is not ours."""
    found = []
    for address in recipients:
        match = _TOKEN.search(address)
        if match is None or match[1].lower() != kind:
            continue
        message_id, mark = int(match[2]), match[3].lower()
        seals = [_seal(message_id, organisation_id=organisation_id, key=key, kind=kind) for key in keys]
        found.append(Claimed(message_id, any(hmac.compare_digest(mark, seal) for seal in seals)))
    return found
