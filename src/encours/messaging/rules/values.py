"""The values that messages are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody to write to: a mailbox, a telephone number or the lines of a postal address, and the name with it."""

    email: str = ""
    name: str = ""
    phone: str = ""
    lines: Sequence[str] = ()  # under the name, as `rules.postal.lines_of` gives them
    country: str = ""

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"email": self.email, "name": self.name}
        if self.phone:
            found["phone"] = self.phone
        if self.lines:
            found["lines"] = list(self.lines)
        return found

    @classmethod
    def of_json(cls, kept: Json) -> "Address":
        """The address as a message keeps it."""
        return cls(kept.get("email", ""), kept.get("name", ""), kept.get("phone", ""), tuple(kept.get("lines", ())))

    @property
    def where(self) -> str:
        """Where it is, in one line: the mailbox, else the number, else the last line of the postal address."""
        return self.email or self.phone or (self.lines[-1] if self.lines else "")


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a message leaves: a person's own account first, else the company's, else the organisation's."""

    user_id: int | None = None
    entity_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with an e-mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Quiet:
    """Which messages wait because it is no hour to write, by our clock or by the customer's own."""

    # closed here: these kinds wait, for whoever has no clock of their own
    kinds: tuple[str, ...] = ()
    # customers with a clock or an hour of their own, those for whom it is no hour now, and the kinds it concerns
    own: frozenset[int] = frozenset()
    asleep: frozenset[int] = frozenset()
    own_kinds: tuple[str, ...] = ()


NO_QUIET = Quiet()


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to queue; `key` says which message it is, so that the same one is never queued twice."""

    key: str
    kind: str
    customer_id: int
    sender: Sender
    to: Sequence[Address]
    template_key: str
    language: str
    context: Json
    send_after: datetime
    cc: Sequence[Address] = field(default_factory=tuple)
    channel: str = "email"
    # files that go with an e-mail, by name; kept with the message, so made once
    attachments: Sequence["Attachment"] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a template version says in one language: subject, MJML and text for e-mail, less for other channels."""

    language: str
    subject: str
    mjml: str
    text: str
    channel: str = "email"  # of texts: email, sms, letter


@dataclass(frozen=True, slots=True)
class Letter:
    """A wording filled with a context: what the reader gets to see."""

    subject: str
    html: str
    text: str
