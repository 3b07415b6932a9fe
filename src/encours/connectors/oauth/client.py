"""The authorisation code flow with PKCE (RFC 6749, RFC 7636), and refreshing; one HTTP call each."""

import base64
import hashlib
import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from encours.connectors.web import line_to, path_of
from encours.core.errors import Refused, Unavailable, gettext_noop
from encours.messaging.rules.oauth import OAuthAccess, Tokens

TIMEOUT_SECONDS = 20


class SignInRefused(Refused):
    """The provider does not let us in, or no longer."""

    message = gettext_noop("{provider} refuses the connection: {problem}. Connect the mailbox again.")


class ProviderSilent(Unavailable):
    """The provider does not answer; nothing is lost, it is asked again."""

    message = gettext_noop("{provider} does not answer: {problem}.")


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's addresses, what is asked of it, and its mail servers."""

    authorise: str
    token: str
    scope: str
    smtp_host: str
    more: Mapping[str, str]


PROVIDERS: dict[str, Provider] = {
    "google": Provider(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "openid email https://mail.google.com/",
        "smtp.gmail.com",
        {"access_type": "offline", "prompt": "consent"},
    ),
    "microsoft": Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "openid email offline_access https://outlook.office.com/SMTP.Send"
        " https://outlook.office.com/IMAP.AccessAsUser.All",
        "smtp.office365.com",
        {"prompt": "select_account"},
    ),
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where to send the person, and what to remember until they come back."""

    address: str
    state: str
    verifier: str


def begin(access: OAuthAccess, *, redirect: str) -> Beginning:
    """A fresh state and verifier for each attempt; only the verifier's hash travels with the person."""
    provider = PROVIDERS[access.provider]
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": access.client_id,
        "response_type": "code",
        "redirect_uri": redirect,
        "scope": provider.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **provider.more,
    }
    return Beginning(f"{_with_tenant(provider.authorise, access)}?{urlencode(asked)}", state, verifier)


def exchange(access: OAuthAccess, *, code: str, verifier: str, redirect: str, now: datetime) -> Tokens:
    """The tokens for a code; a code is good once, so a lost answer means to begin again."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    return _tokens(access, asked, now)


def refresh(access: OAuthAccess, refresh_token: str, now: datetime) -> Tokens:
    """A new token for the next hour; the provider may give another refresh token with it."""
    return _tokens(access, {"grant_type": "refresh_token", "refresh_token": refresh_token}, now)


def _tokens(access: OAuthAccess, asked: Mapping[str, str], now: datetime) -> Tokens:
    own = {"client_id": access.client_id, "client_secret": access.client_secret}
    told = _posted(access, {**asked, **{name: value for name, value in own.items() if value}})
    token, lives = told.get("access_token"), told.get("expires_in", 3600)
    if not isinstance(token, str) or not token or not str(lives).isdecimal():
        raise SignInRefused(provider=access.provider.capitalize(), problem="no token")
    return Tokens(
        token, str(told.get("refresh_token") or ""), now + timedelta(seconds=int(lives)), _email(told.get("id_token"))
    )


def _posted(access: OAuthAccess, asked: Mapping[str, str]) -> dict[str, Any]:
    address = _with_tenant(PROVIDERS[access.provider].token, access)
    connection = line_to(address, timeout_seconds=TIMEOUT_SECONDS)
    name = access.provider.capitalize()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        connection.request("POST", path_of(address), urlencode(asked), headers)
        answer = connection.getresponse()
        status, body = answer.status, answer.read(1_000_000)
    except (http.client.HTTPException, OSError) as error:
        raise ProviderSilent(retry=True, provider=name, problem=str(error)[:200]) from None
    finally:
        connection.close()
    if status >= 500 or status == 429:
        raise ProviderSilent(retry=True, provider=name, problem=str(status))
    try:
        told = json.loads(body)
    except ValueError:
        told = {}
    if status != 200 or not isinstance(told, dict):
        problem = told.get("error") if isinstance(told, dict) else None
        raise SignInRefused(provider=name, problem=str(problem or status)[:200])
    return told


def _with_tenant(address: str, access: OAuthAccess) -> str:
    return address.replace("{tenant}", access.tenant or "common")


def _email(id_token: Any) -> str:
    """The mailbox the person signed in with, from the token that came straight from the provider over TLS (OIDC)."""
    try:
        payload = str(id_token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("email") or claims.get("preferred_username") or "")
    except (IndexError, ValueError, AttributeError):
        return ""
