"""How staff sign in: the limits on guessing, and the company's own directory when one is named.

An OpenID Connect or a SAML directory is named by environment variables; docs/howto/sign-in.md describes each of them.
"""

from collections.abc import Mapping
from typing import Any

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
        found["openid_connect"] = {
            "OAUTH_PKCE_ENABLED": True,
            "EMAIL_AUTHENTICATION": True,
            "APPS": [
                {
                    "provider_id": "directory",
                    "name": environ.get("ENCOURS_OIDC_NAME", "OpenID Connect"),
                    "client_id": environ.get("ENCOURS_OIDC_CLIENT_ID", ""),
                    "secret": environ.get("ENCOURS_OIDC_CLIENT_SECRET", ""),
                    "settings": {"server_url": issuer},
                }
            ],
        }
    if metadata := environ.get("ENCOURS_SAML_METADATA"):
        found["saml"] = {
            "EMAIL_AUTHENTICATION": True,
            # The directory is the company's own: an address it vouches for is taken as verified.
            "VERIFIED_EMAIL": True,
            "APPS": [
                {
                    "provider_id": environ.get("ENCOURS_SAML_ENTITY_ID", ""),
                    "name": environ.get("ENCOURS_SAML_NAME", "SAML"),
                    "client_id": "directory",
                    "settings": {
                        "idp": {"entity_id": environ.get("ENCOURS_SAML_ENTITY_ID", ""), "metadata_url": metadata},
                        "advanced": {"reject_deprecated_algorithm": True, "want_assertion_signed": True},
                    },
                }
            ],
        }
    return found
