"""Signing in by OAuth: the tokens a provider gives, and how a mail server wants to see them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# refreshed a little before they end, so that none ends between two messages
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OAuthAccess:
    """The application registered with a provider, its secret in clear only here, in memory."""

    provider: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave: a token for some minutes, one to get the next with, and whose mailbox they open."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    ends_at: datetime | None = None
    email: str = ""


type Refresh = Callable[[OAuthAccess, str, datetime], Tokens]


def must_refresh(ends_at: datetime | None, *, now: datetime) -> bool:
    """Whether a token is renewed now: one that ends at 9:04 is at 9:00, one that ends at 9:06 is not yet."""
    return ends_at is None or ends_at - now <= AHEAD


def xoauth2(username: str, token: str) -> str:
    """The first words of XOAUTH2, the mechanism of Google and Microsoft: user=..., auth=Bearer ..., parted by ^A."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
