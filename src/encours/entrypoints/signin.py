"""What signing in adds to django-allauth: no open doors through a directory, and second factors encrypted at rest."""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csp import csp_override

from encours.access import context
from encours.access import queries as access
from encours.access.models import User
from encours.core import secrets

logger = logging.getLogger(__name__)
# how directories say it: OpenID Connect, and what SAML directories send as an attribute
EMAIL_VERIFIED = ("email_verified", "http://schemas.auth0.com/email_verified")
DIRECTORY_DOORS = ("/accounts/oidc/", "/accounts/saml/")
NO = frozenset({"false", "0", "no", "f", "n"})


class InvitedOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The company's directory proves who somebody is; being invited is what lets them in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: an account is made by an administrator's invitation."""
        del request, sociallogin
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The person invited under this address, unless the directory itself says that it has not verified it."""
        if is_doubted(sociallogin.account.extra_data):
            return None
        found: tuple[User, str] | None = super().authenticate_by_email(sociallogin)
        return found

    def on_authentication_error(self, request: HttpRequest, provider: Any, **told: Any) -> None:
        """The person reads that nothing was believed, the administrator why."""
        del request
        logger.warning("sign-in by %s came to nothing: %s %s", provider.name, told.get("error"), told.get("exception"))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Whoever the directory sends gets in, or is told why not."""
        if request.user.is_authenticated:
            return  # a member ties the directory to the account they are in
        if reason := refusal(sociallogin):
            given = {
                "reason": reason,
                "email": next((one.email for one in sociallogin.email_addresses), ""),
                "directory": sociallogin.provider.name,
            }
            raise ImmediateHttpResponse(render(request, "account/refused.html", given, status=403))


def refusal(sociallogin: SocialLogin) -> str:
    """Why this person may not enter: not invited, shut out, without an address or with one that nobody vouches for."""
    if sociallogin.is_existing:
        user = sociallogin.user
        with context.seen_by(user.pk):
            belongs = access.memberships_of(user.pk).exists()
        return "" if user.is_active and belongs else "shut_out"
    if not sociallogin.email_addresses:
        return "no_address"
    is_vouched_for = any(one.verified for one in sociallogin.email_addresses)
    if not is_vouched_for or is_doubted(sociallogin.account.extra_data):
        return "not_verified"
    return "not_invited"


def is_doubted(told: Mapping[str, Any]) -> bool:
    """Whether the directory says in so many words that it has not verified the address."""
    return any(str(said).lower() in NO for said in _said(told))


def _said(told: Mapping[str, Any]) -> Iterator[Any]:
    for part in (told, told.get("userinfo"), told.get("id_token")):
        if isinstance(part, Mapping):
            for name in EMAIL_VERIFIED:
                said = part.get(name)
                yield from said if isinstance(said, list) else () if said is None else (said,)


class DirectoryPages:
    """Lets the pages of signing in send people on to the directory, and says so where it does not answer.

    Every other page keeps its forms on this site.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        targets = settings.DIRECTORY_FORM_TARGETS
        if not targets or not request.path.startswith("/accounts/"):
            return self.get_response(request)
        usual = cast(dict[str, list[str]], settings.SECURE_CSP)
        policy = {**usual, "form-action": [*usual["form-action"], *targets]}
        return csp_override(policy)(self.get_response)(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A directory that is down, slow or behind a broken certificate is no fault of this product."""
        if not request.path.startswith(DIRECTORY_DOORS) or not isinstance(exception, OSError):
            return None
        logger.warning("the directory does not answer: %s", exception)
        return render(request, "socialaccount/authentication_error.html", status=503)


class EncryptedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """A copy of the database does not give the second factor away."""

    def encrypt(self, text: str) -> str:
        """The secret as it is stored."""
        return secrets.encrypt(text, keys=secrets.working_keys(settings.ENCOURS_HOME))

    def decrypt(self, encrypted_text: str) -> str:
        """The stored secret in clear."""
        return secrets.decrypt(encrypted_text, keys=secrets.configured_keys(settings.ENCOURS_HOME))
