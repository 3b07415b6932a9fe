"""The secret of a partner's link: it names its organisation and hand-over, and is kept as a hash only."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_SHAPE = re.compile(r"^([0-9]{1,18})-([0-9]{1,18})-([A-Za-z0-9_-]{43})$")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says of itself, before anything is believed."""

    organisation_id: int
    handover_id: int
    digest: bytes


def new(organisation_id: int, handover_id: int) -> tuple[str, bytes]:
    """A secret to give away once, and the hash to keep."""
    secret = f"{organisation_id}-{handover_id}-{secrets.token_urlsafe(32)}"
    return secret, digest_of(secret)


def digest_of(secret: str) -> bytes:
    """The hash by which a secret is known again; it is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def read(secret: str) -> Link | None:
    """Which hand-over a secret claims to open; None when it has not the shape of one."""
    found = _SHAPE.match(secret)
    if found is None:
        return None
    return Link(int(found[1]), int(found[2]), digest_of(secret))
