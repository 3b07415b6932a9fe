"""A mail server, how to get in, and what a message needs of it; the SMTP connector keeps to these shapes."""

from collections.abc import Callable, Sequence
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


class Carrier(Protocol):
    """An open way to a mail server."""

    def hand_over(self, *, sender: str, recipients: Sequence[str], raw: bytes) -> HandedOver: ...

    def close(self) -> None: ...


type Connect = Callable[[Server], Carrier]
