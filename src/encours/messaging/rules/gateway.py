"""A provider that takes short messages or electronic registered letters, and what is asked of its connector."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from encours.messaging.rules.delivery import HandedOver


@dataclass(frozen=True, slots=True)
class GatewayAccess:
    """Where and how to get in; the secret is in clear only here, in memory."""

    channel: str
    adapter: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it is handed over; `reference` is its own for ever, so a provider can tell a repetition."""

    reference: str
    sender: str
    recipients: Sequence[str]
    body: bytes
    media_type: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """What a provider reports of a message that it had taken; `key` is the provider's own name for this report."""

    key: str
    reference: str
    kind: str
    at: datetime
    recipient: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    proof: bytes = b""
    proof_name: str = ""


class Gateway(Protocol):
    """An open way to a provider.

    `hand_over` says truthfully how it ended: sent, failed (surely not taken, try again), refused, or in doubt when
    nobody knows; it never raises once the parcel may have been taken. `news` gives what is known now, oldest first;
    the same report may come again under the same key. `waiting` are references of which no end is known yet.
    """

    def hand_over(self, parcel: Parcel) -> HandedOver: ...

    def news(self, waiting: Sequence[str] = ()) -> Iterable[News]: ...

    def close(self) -> None: ...


type OpenGateway = Callable[[GatewayAccess], Gateway]
