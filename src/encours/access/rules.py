"""What each role may do, over which rows, and how the audit trail is chained."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

CHAIN_START = bytes(32)


class Permission(StrEnum):
    """Something a person may be allowed to do; a permission names the deed, never the screen."""

    VIEW_BOOKS = "view_books"
    VIEW_KPIS = "view_kpis"
    VIEW_AUDIT = "view_audit"
    EXPORT = "export"
    IMPORT_BOOKS = "import_books"
    EDIT_CUSTOMER = "edit_customer"
    MERGE_CUSTOMERS = "merge_customers"
    ALLOCATE = "allocate"
    WRITE_OFF = "write_off"
    PROPOSE_WRITE_OFF = "propose_write_off"
    WRITE_OFF_ABOVE_LIMIT = "write_off_above_limit"
    OPEN_DISPUTE = "open_dispute"
    RESOLVE_DISPUTE = "resolve_dispute"
    RECORD_PROMISE = "record_promise"
    ADD_NOTE = "add_note"
    PAUSE_REMINDERS = "pause_reminders"
    SEND_MESSAGE = "send_message"
    RELEASE_MESSAGE = "release_message"
    CLAIM_PENALTIES = "claim_penalties"
    PLAN_PAYMENTS = "plan_payments"
    APPROVE_PLAN = "approve_plan"
    CLAIM_FORMALLY = "claim_formally"
    RECORD_PROCEEDINGS = "record_proceedings"
    HAND_OVER = "hand_over"
    EDIT_SCENARIO = "edit_scenario"
    SET_CREDIT_LIMIT = "set_credit_limit"
    PROPOSE_CREDIT = "propose_credit"
    APPROVE_CREDIT_NOTE = "approve_credit_note"
    EDIT_ENTITY = "edit_entity"
    EDIT_BANK_DETAILS = "edit_bank_details"
    EDIT_ORGANISATION = "edit_organisation"
    MANAGE_USERS = "manage_users"


_READS = {Permission.VIEW_BOOKS, Permission.VIEW_KPIS, Permission.EXPORT}
_TALKS = {
    Permission.ADD_NOTE,
    Permission.OPEN_DISPUTE,
    Permission.RECORD_PROMISE,
    Permission.PAUSE_REMINDERS,
    Permission.SEND_MESSAGE,
}
_REPORTS = {Permission.ADD_NOTE, Permission.OPEN_DISPUTE, Permission.RECORD_PROMISE, Permission.PROPOSE_CREDIT}
_COLLECTS = (
    _READS
    | _TALKS
    | {
        Permission.EDIT_CUSTOMER,
        Permission.RESOLVE_DISPUTE,
        Permission.RELEASE_MESSAGE,
        Permission.PLAN_PAYMENTS,
        Permission.PROPOSE_WRITE_OFF,
        Permission.PROPOSE_CREDIT,
        # whoever reads of a judgment first stops everything
        Permission.RECORD_PROCEEDINGS,
    }
)
_MANAGES_CREDIT = _COLLECTS | {
    Permission.IMPORT_BOOKS,
    Permission.MERGE_CUSTOMERS,
    Permission.ALLOCATE,
    Permission.WRITE_OFF,
    Permission.CLAIM_PENALTIES,
    Permission.APPROVE_PLAN,
    Permission.CLAIM_FORMALLY,
    Permission.HAND_OVER,
    Permission.EDIT_SCENARIO,
    Permission.SET_CREDIT_LIMIT,
    Permission.APPROVE_CREDIT_NOTE,
    Permission.EDIT_ENTITY,
    Permission.VIEW_AUDIT,
}

# Bank details and people are in few hands, because a changed IBAN or a new user is how money is stolen.
PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    "cfo": frozenset(_MANAGES_CREDIT | {Permission.EDIT_BANK_DETAILS, Permission.WRITE_OFF_ABOVE_LIMIT}),
    "credit_manager": frozenset(_MANAGES_CREDIT),
    "collector": frozenset(_COLLECTS | {Permission.ALLOCATE}),
    "adv": frozenset(
        _READS
        | {
            Permission.IMPORT_BOOKS,
            Permission.EDIT_CUSTOMER,
            Permission.ALLOCATE,
            Permission.ADD_NOTE,
            Permission.OPEN_DISPUTE,
            Permission.RESOLVE_DISPUTE,
            Permission.PROPOSE_CREDIT,
        }
    ),
    "sales": frozenset({Permission.VIEW_BOOKS, Permission.EXPORT, *_REPORTS}),
    "customer_success": frozenset({Permission.VIEW_BOOKS, *_REPORTS}),
    "auditor": frozenset(_READS | {Permission.VIEW_AUDIT}),
    "admin": frozenset(Permission),
}


# Whoever sells or cares for customers sees their own, whatever box is ticked.
OWN_PORTFOLIO_ROLES = frozenset({"sales", "customer_success"})


@dataclass(frozen=True)
class Scope:
    """The rows and rights of one person in one organisation; empty `entity_ids` means all entities."""

    organisation_id: int
    user_id: int | None
    role: str
    entity_ids: tuple[int, ...] = ()
    own_portfolio_only: bool = False
    # the absent people whose work is this person's today; whoever lets a person in knows the day and says so
    stands_in_for: tuple[int, ...] = ()

    @property
    def people(self) -> tuple[int, ...]:
        """Those whose portfolio this person sees: their own, and that of the people they stand in for."""
        return () if self.user_id is None else (self.user_id, *self.stands_in_for)


def can(scope: Scope, permission: Permission | str) -> bool:
    """Whether the role of this scope may do that: an auditor views the audit trail and writes nothing off."""
    return Permission(permission) in PERMISSIONS.get(scope.role, frozenset())


def covers_entity(scope: Scope, entity_id: int) -> bool:
    """Whether rows of this legal company are the person's to see; no list of entities means all of them."""
    return not scope.entity_ids or entity_id in scope.entity_ids


def covers_customer(scope: Scope, *, owner_ids: Collection[int | None]) -> bool:
    """Whether a customer is in the person's portfolio: theirs to collect from, to sell to or to care for.

    Ada sees her own customers only and stands in for Bea, who is away: she sees those of Bea until Bea is back.
    """
    return not scope.own_portfolio_only or any(person in owner_ids for person in scope.people)


def canonical(content: Mapping[str, Any]) -> bytes:
    """One spelling for one content: keys sorted, no spaces, UTF-8, so that a hash can be taken again years later."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def chain_hash(previous_hash: bytes, content: Mapping[str, Any]) -> bytes:
    """The hash of an entry and, through the hash before it, of all entries before: SHA-256 of both in a row.

    The first entry follows CHAIN_START. Whoever changes, removes or inserts an entry has to change every hash after
    it, which a hash noted elsewhere (in a backup, in a mail to the auditor) gives away.
    """
    return hashlib.sha256(previous_hash + canonical(content)).digest()
