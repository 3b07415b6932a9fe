"""What there is to read about an account, in one statement: most customers have no dispute, pause, promise or note."""

from collections.abc import Sequence
from dataclasses import dataclass

from encours.access.rules import Scope
from encours.core import statements

_ROOMS = {
    "disputes": "disputes_dispute",
    "pauses": "collections_pause",
    "promises": "collections_promise",
    "steps": "collections_reminder",
    "notes": "customers_note",
    "calls": "collections_call",
    "contacts": "customers_contact",
    "messages": "messaging_message",
    "replies": "messaging_reply",
    "tasks": "team_task",
    "visits": "portal_portalvisit",
    "page_notes": "conversation_portalnote",
    "plans": "plans_plan",
    "notices": "recovery_formalnotice",
    "handovers": "recovery_handover",
    "proceedings": "recovery_proceeding",
    "bad_debts": "recovery_baddebt",
}


@dataclass(frozen=True, slots=True)
class Presence:
    """How many receipts and documents an account has, and which rooms know anything of it."""

    receipt_count: int
    document_count: int
    rooms: frozenset[str]

    def has(self, room: str) -> bool:
        """Whether there is anything to read there."""
        return room in self.rooms


def presence_of(account_ids: Sequence[int], *, scope: Scope) -> Presence:
    """The presence of a customer the person may see, with the duplicates merged into it."""
    entities = " and entity_id = any(%(entities)s::bigint[])" if scope.entity_ids else ""
    of_account = "organisation_id = %(organisation)s and customer_id = any(%(accounts)s::bigint[])"
    rooms = ", ".join(f"exists (select from {table} where {of_account})" for table in _ROOMS.values())
    asked = f"""select (select count(*) from payments_receipt where {of_account}{entities}),
                       (select count(*) from invoices_document where {of_account}{entities} and is_current), {rooms}"""
    values = {
        "organisation": scope.organisation_id,
        "accounts": list(account_ids),
        "entities": list(scope.entity_ids),
    }
    receipts, documents, *found = statements.rows(asked, values)[0]
    return Presence(
        receipts, documents, frozenset(room for room, is_known in zip(_ROOMS, found, strict=True) if is_known)
    )
