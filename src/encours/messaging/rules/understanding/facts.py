"""What is understood of a mail, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a mail is or asks."""

    REMITTANCE = "remittance"
    PROMISE = "promise"
    DISPUTE = "dispute"
    INVOICE_COPY = "invoice_copy"
    PAYMENT_LINK = "payment_link"
    PO_NUMBER = "po_number"
    BANK_DETAIL_CHANGE = "bank_detail_change"
    CONTACT_CHANGE = "contact_change"
    UNSUBSCRIBE = "unsubscribe"
    OUT_OF_OFFICE = "out_of_office"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    DELIVERY_RECEIPT = "delivery_receipt"
    COMPLAINT = "complaint"
    OTHER = "other"


# nothing may be done about these but by a person (CM-11)
BY_A_PERSON = frozenset({Kind.BANK_DETAIL_CHANGE, Kind.COMPLAINT})
# what no person wrote: it neither holds reminders nor waits for an answer
AUTOMATIC = frozenset({Kind.OUT_OF_OFFICE, Kind.AUTO_REPLY, Kind.BOUNCE, Kind.DELIVERY_RECEIPT, Kind.COMPLAINT})


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing a mail says: its class, how sure (percent), the sentence relied on, and the fields in it."""

    kind: Kind
    confidence_percent: int
    quote: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For storing and for programs; confidence from 0 to 1."""
        return {
            "class": str(self.kind),
            "confidence": self.confidence_percent / 100,
            "quote": self.quote,
            "fields": dict(self.fields),
        }


@dataclass(frozen=True, slots=True)
class Understanding:
    """A mail's classes, the main one first, the text its writer wrote now, and whether the reader abstains."""

    intents: tuple[Intent, ...]
    text: str
    language: str
    is_abstaining: bool

    @property
    def main(self) -> Intent:
        """The class acted on; "other" when the reader is not sure enough of any."""
        if self.is_abstaining:
            unsure = self.intents[0].confidence_percent if self.intents else 0
            return Intent(Kind.OTHER, 100 - unsure, self.intents[0].quote if self.intents else "")
        return self.intents[0]

    @property
    def needs_a_person(self) -> bool:
        """Whether anything in it must be handled by a person alone, whatever the settings allow."""
        return self.is_abstaining or any(intent.kind in BY_A_PERSON for intent in self.intents)
