"""How staff sign in: the limits on guessing, and the company's own directory when one is named.

An OpenID Connect or a SAML directory is named by environment variables; docs/howto/sign-in.md describes each of them.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# Counted in the database, so that several web processes share one count.
RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "signup": "1/h/ip",  # closed anyway
}
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def directory_apps(environ: Mapping[str, str]) -> list[str]:
    """The Django apps that the named directories need."""
    apps = []
    if environ.get("ENCOURS_OIDC_ISSUER"):
        apps.append("allauth.socialaccount.providers.openid_connect")
    if environ.get("ENCOURS_SAML_METADATA"):
        apps.append("allauth.socialaccount.providers.saml")
    return apps


def directories(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django-allauth's description of the named directories; none are named in a plain installation."""
    found: dict[str, Any] = {}
    if issuer := environ.get("ENCOURS_OIDC_ISSUER"):
        found["openid_connect"] = _open_id(issuer, environ)
    if metadata := environ.get("ENCOURS_SAML_METADATA"):
        found["saml"] = _saml(metadata, environ)
    return found


def _open_id(issuer: str, environ: Mapping[str, str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"server_url": _safe("ENCOURS_OIDC_ISSUER", issuer)}
    # Entra ID says no `email_verified`: the company then names the domains whose addresses its directory gives out.
    if domains := environ.get("ENCOURS_OIDC_MAIL_DOMAINS", "").replace(",", " ").split():
        asked["verified_email"] = [domain.lower().lstrip("@") for domain in domains]
    return {
        "OAUTH_PKCE_ENABLED": True,
        "EMAIL_AUTHENTICATION": True,
        "APPS": [
            {
                "provider_id": "directory",
                "name": environ.get("ENCOURS_OIDC_NAME", "OpenID Connect"),
                "client_id": environ.get("ENCOURS_OIDC_CLIENT_ID", ""),
                "secret": environ.get("ENCOURS_OIDC_CLIENT_SECRET", ""),
                "settings": asked,
            }
        ],
    }


def _saml(metadata: str, environ: Mapping[str, str]) -> dict[str, Any]:
    entity_id = environ.get("ENCOURS_SAML_ENTITY_ID", "")
    return {
        "EMAIL_AUTHENTICATION": True,
        # The directory is the company's own: an address it vouches for is taken as verified.
        "VERIFIED_EMAIL": True,
        "APPS": [
            {
                "provider_id": entity_id,
                "name": environ.get("ENCOURS_SAML_NAME", "SAML"),
                "client_id": "directory",
                "settings": {
                    "idp": {"entity_id": entity_id, "metadata_url": _safe("ENCOURS_SAML_METADATA", metadata)},
                    "advanced": {"reject_deprecated_algorithm": True, "want_assertion_signed": True},
                },
            }
        ],
    }


def _safe(name: str, address: str) -> str:
    """Keys and tokens are believed because they came by TLS: plain HTTP is for a directory on this very machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise ImproperlyConfigured(f"{name} must begin with https://: what the directory says is trusted.")
    return address


def form_targets(environ: Mapping[str, str]) -> list[str]:
    """Where the sign-in form may lead: browsers hold `form-action` against each redirect that follows a form.

    A directory may hand on to another one under a name that nobody here knows, so any HTTPS address is let through,
    on the pages of signing in only.
    """
    named = [environ.get("ENCOURS_OIDC_ISSUER"), environ.get("ENCOURS_SAML_METADATA")]
    plain = {f"{one.scheme}://{one.netloc}" for one in map(urlsplit, filter(None, named)) if one.scheme == "http"}
    return ["https:", *sorted(plain)] if any(named) else []
