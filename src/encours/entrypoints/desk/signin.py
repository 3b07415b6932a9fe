"""How people get in: by invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody makes an account by themselves; an administrator invites."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
