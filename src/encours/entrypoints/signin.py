"""What signing in adds to django-allauth: no open doors through a directory, and second factors encrypted at rest."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest

from encours.core import secrets


class InvitedOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The company's directory proves who somebody is; being invited is what lets them in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: an account is made by an administrator's invitation."""
        del request, sociallogin
        return False


class EncryptedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """A copy of the database does not give the second factor away."""

    def encrypt(self, text: str) -> str:
        """The secret as it is stored."""
        return secrets.encrypt(text, keys=secrets.working_keys(settings.ENCOURS_HOME))

    def decrypt(self, encrypted_text: str) -> str:
        """The stored secret in clear."""
        return secrets.decrypt(encrypted_text, keys=secrets.configured_keys(settings.ENCOURS_HOME))
