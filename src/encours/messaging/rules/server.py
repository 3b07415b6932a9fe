"""A mail server, how to get in, and what is asked of it; the SMTP, IMAP and clamd connectors keep to these shapes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from encours.messaging.rules.delivery import HandedOver

SECURITIES = ("tls", "starttls", "none")


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how to sign in to send; the password is in clear only here, in memory."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # in place of a password, by XOAUTH2


class Carrier(Protocol):
    """An open way to a mail server."""

    def hand_over(self, *, sender: str, recipients: Sequence[str], raw: bytes) -> HandedOver: ...

    def close(self) -> None: ...


type Connect = Callable[[Server], Carrier]


class OpenMailbox(Protocol):
    """A mailbox open for reading; its numbers mean the same as long as `uid_validity` does."""

    uid_validity: int

    def new(self, *, after_uid: int, limit: int) -> Iterable[tuple[int, bytes]]: ...

    def close(self) -> None: ...


type OpenFolder = Callable[[Server, str], OpenMailbox]


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What a virus scanner says of some bytes: harmless, or the name of what it found."""

    is_clean: bool
    words: str


type Scan = Callable[[bytes], ScanAnswer]
