"""Ask clamd about some bytes by INSTREAM: they are streamed to it and never touch a disk here."""

import re
import socket
import struct
from contextlib import closing

from encours.core.errors import Unavailable, gettext_noop
from encours.messaging.rules.server import Scan, ScanAnswer

TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 16
ANSWER_BYTES_MAX = 4_096


class ScannerSilent(Unavailable):
    """The scanner does not answer, or not in words we know: what waits for it goes on waiting."""

    message = gettext_noop("The virus scanner at {address} does not answer: {problem}.")


def scanner(address: str) -> Scan:
    """A scanner at "host:port" or at the path of a socket, ready to be asked."""

    def scan(content: bytes) -> ScanAnswer:
        return ask(address, content)

    return scan


def ask(address: str, content: bytes) -> ScanAnswer:
    """What the scanner says of the bytes; ScannerSilent when it says nothing sure."""
    try:
        with closing(_connected(address)) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK_BYTES):
                chunk = content[start : start + CHUNK_BYTES]
                line.sendall(struct.pack("!L", len(chunk)) + chunk)
            line.sendall(struct.pack("!L", 0))
            said = _answer(line)
    except (OSError, ValueError) as error:
        raise ScannerSilent(retry=True, address=address, problem=str(error)[:200]) from None
    found = re.fullmatch(r"stream: (?:(?P<name>.+) FOUND|OK)", said)
    if found is None:
        raise ScannerSilent(retry=True, address=address, problem=said[:200] or "no words")
    return ScanAnswer(found["name"] is None, found["name"] or "")


def is_there(address: str) -> bool:
    """Whether the scanner answers to its name being called."""
    try:
        with closing(_connected(address)) as line:
            line.sendall(b"zPING\0")
            return _answer(line) == "PONG"
    except (OSError, ValueError):
        return False


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(TIMEOUT_SECONDS)
        line.connect(address)
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS)


def _answer(line: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < ANSWER_BYTES_MAX:
        part = line.recv(ANSWER_BYTES_MAX)
        if not part:
            break
        said += part
    return said.split(b"\0")[0].decode("utf-8", "replace").strip()
