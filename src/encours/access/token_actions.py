"""Issue and revoke the keys of programs."""

from datetime import datetime

from django.db import transaction

from encours.access.actions import record_audit
from encours.access.models import ApiToken
from encours.access.queries import memberships_of
from encours.access.tokens import SHOWN_CHARACTERS, TokenScope, digest_of, new_secret
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop


class TokenScopeUnknown(Refused):
    """A token is asked to do something tokens cannot."""

    message = gettext_noop("A token may read or write; “{scope}” is neither.")


class TokenNameMissing(Refused):
    """A key is told apart by its name."""

    message = gettext_noop("Name the program: a token is recognised by its name.")


class TokenUserUnknown(Refused):
    """A key acts as a person of the organisation."""

    message = gettext_noop("A token acts as a person who works in this organisation.")


class TokenUnknown(NotFound):
    """No such token that still works."""

    message = gettext_noop("There is no such token, or it was revoked.")


@transaction.atomic
def issue_token(
    *, organisation_id: int, user_id: int, name: str, scopes: list[str], expires_at: datetime | None, by: Actor
) -> tuple[ApiToken, str]:
    """Make a key that acts as the user; the secret is returned once and kept nowhere.

    Refuses a key without a name, for someone who does not work here, or with a scope no key has.
    """
    if not name.strip():
        raise TokenNameMissing(field="name")
    if not memberships_of(user_id).filter(organisation_id=organisation_id).exists():
        raise TokenUserUnknown(field="user")
    for scope in scopes:
        if scope not in set(TokenScope):
            raise TokenScopeUnknown(scope=scope)
    secret = new_secret()
    token = ApiToken.objects.create(
        organisation_id=organisation_id,
        user_id=user_id,
        name=name.strip(),
        prefix=secret[:SHOWN_CHARACTERS],
        digest=digest_of(secret),
        scopes=scopes,
        expires_at=expires_at,
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="issue_token",
        subject_kind="api_token",
        subject_id=token.pk,
        details={"name": name, "user_id": user_id, "scopes": scopes},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, organisation_id: int, token_id: int, by: Actor, now: datetime, why: str = "") -> None:
    """From now on the key opens nothing; refused when it is unknown or was revoked before."""
    working = ApiToken.objects.filter(organisation_id=organisation_id, pk=token_id, revoked_at=None)
    if not working.update(revoked_at=now):
        raise TokenUnknown
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="revoke_token",
        subject_kind="api_token",
        subject_id=token_id,
        why=why,
    )
