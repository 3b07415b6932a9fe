"""Keys of programs to the API: how they look, what they may do, and reading them back."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.models import QuerySet

from encours.access import context
from encours.access.models import ApiToken
from encours.access.queries import membership_of, scope_of
from encours.access.rules import Scope
from encours.core.actors import Actor

MARK = "enc_"
SHOWN_CHARACTERS = 12


class TokenScope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token speaks for, and what it may do."""

    token_id: int
    scope: Scope
    actor: Actor
    token_scopes: frozenset[str]


def new_secret() -> str:
    """A fresh key: 256 random bits, marked so that a leaked one is recognised in a text."""
    return MARK + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a key; it is random enough that a plain digest cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_of(secret: str, *, now: datetime) -> Bearer | None:
    """Whoever the key speaks for; None when it is unknown, revoked, expired, or its user has left."""
    if not secret.startswith(MARK):
        return None
    token = _shown(digest_of(secret))
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
        return None
    with context.bound(token.organisation_id):
        membership = membership_of(token.user_id, organisation_id=token.organisation_id)
    if membership is None or membership.organisation_id != token.organisation_id or not token.user.is_active:
        return None
    actor = Actor(user_id=token.user_id, name=f"{token.user.display_name} ({token.name})", channel="api")
    return Bearer(token.pk, scope_of(membership), actor, frozenset(token.scopes))


def _shown(digest: str) -> ApiToken | None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('encours.token', %s, false)", [digest])
        try:
            return ApiToken.objects.select_related("user").filter(digest=digest).first()
        finally:
            cursor.execute("select set_config('encours.token', '', false)")


def tokens(organisation_id: int) -> QuerySet[ApiToken]:
    """The organisation's tokens, the latest first."""
    return ApiToken.objects.filter(organisation_id=organisation_id).select_related("user").order_by("-pk")
