"""The values that messages are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox and the name shown with it."""

    email: str
    name: str = ""

    def as_json(self) -> dict[str, str]:
        return {"email": self.email, "name": self.name}


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a message leaves: a person's own account first, else the company's, else the organisation's."""

    user_id: int | None = None
    entity_id: int | None = None


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


@dataclass(frozen=True, slots=True)
class Wording:
    """What a template version says: a subject, an MJML body and a text body, in one language."""

    language: str
    subject: str
    mjml: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A wording filled with a context: what the reader gets to see."""

    subject: str
    html: str
    text: str
