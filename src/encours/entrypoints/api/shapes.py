"""What several answers have in common: money, pages and their cursors."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Schema
from pydantic import Field as PydanticField

from encours.access import call_actions as calls
from encours.access.rules import Permission, Scope, can
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.core.money import Money
from encours.customers import queries as customers

LIMIT_MAX = 500
type Limit = Annotated[int, PydanticField(ge=1, le=LIMIT_MAX)]


class CursorUnreadable(Refused):
    """The cursor is not one this list gave."""

    message = gettext_noop("This cursor was not given by this list.")


class CustomerUnknown(NotFound):
    """No customer of that number, or none the token may see."""

    message = gettext_noop("There is no customer {number}.")


class TokenNotAllowed(Refused):
    """The token, or the role of its user, does not cover this."""

    message = gettext_noop("This token may not do that.")


class MoneyShape(Schema):
    """An amount in major units as a decimal string, and its currency."""

    amount: str = Field(examples=["1234.50"])
    currency: str = Field(examples=["EUR"])


def money(minor: int, currency: str) -> dict[str, str]:
    """An amount in minor units as the API gives it."""
    return Money(minor, currency).as_json()


def scope_of(request: HttpRequest) -> Scope:
    """What the token's user may see."""
    scope: Scope = request.bearer.scope  # type: ignore[attr-defined]  # set by app.py's key
    return scope


def actor_of(request: HttpRequest) -> Actor:
    """Who does something through the API: the token's user."""
    return Actor(user_id=scope_of(request).user_id, name="API", channel="api")


def done_once(request: HttpRequest, scope: Scope, verb: str, perform: Callable[[], int]) -> int:
    """Done once for the call's `Idempotency-Key`; the same key with another address or body is refused."""
    said = f"{request.path}\n".encode() + request.body
    return calls.once(
        organisation_id=scope.organisation_id,
        key=request.headers.get("Idempotency-Key", "")[:200],
        verb=verb,
        fingerprint=hashlib.sha256(said).hexdigest(),
        perform=perform,
    )


def scope_for(request: HttpRequest, permission: Permission) -> Scope:
    """The same, for what only some roles may read; refuses the others."""
    scope = scope_of(request)
    if not can(scope, permission):
        raise TokenNotAllowed
    return scope


def today() -> date:
    """The day in Paris, where the books are kept unless a day is asked for."""
    return business_date(timezone.now(), timezone="Europe/Paris")


def cursor_of(*place: Any) -> str:
    """The place of the last row as an opaque text."""
    plain = [value.isoformat() if isinstance(value, date | datetime) else _plain(value) for value in place]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int) or value is None else str(value)


def place_of(cursor: str | None, *, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    """The place a cursor holds: each part read as its kind."""
    if not cursor:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(
            date.fromisoformat(value) if kind is date else kind(value) for kind, value in zip(kinds, plain, strict=True)
        )
    except (binascii.Error, ValueError, TypeError):
        raise CursorUnreadable from None


def customer_id_of(number: str | None, *, scope: Scope) -> int | None:
    """The customer named, if one is; refused when the token may not see it."""
    if number is None:
        return None
    found = customers.in_scope(scope).filter(number=number).values_list("pk", flat=True).first()
    if found is None:
        raise CustomerUnknown(number=number)
    return int(found)
