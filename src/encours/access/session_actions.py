"""Who is asking: the session and its person, which each request of a signed-in person reads first."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

from encours.access.models import User
from encours.core import statements


class SessionStore(DatabaseSessions):
    """Django's sessions in the database, read and written on by plain statements."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key any more, when it ended."""
        asked = "select session_data from django_session where session_key = %s and expire_date > now()"
        found = statements.rows(asked, [self.session_key])
        if not found:
            self._session_key = None
            return {}
        held: dict[str, Any] = self.decode(found[0][0])
        return held

    def save(self, must_create: bool = False) -> None:
        """Keep what changed; refuses to bring back a session that was ended meanwhile."""
        if must_create or self.session_key is None:
            return super().save(must_create=must_create)
        kept = self.encode(dict(self.items()))
        asked = "update django_session set session_data = %s, expire_date = %s where session_key = %s"
        if not statements.changed(asked, [kept, self.get_expiry_date(), self.session_key]):
            raise UpdateError
        return None


class People(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signing in as django-allauth has it; the person of a session is read by a plain statement."""

    def get_user(self, user_id: int) -> User | None:
        """The person, unless they are gone or shut out."""
        found = statements.rows(f"select {statements.columns(User)} from access_user where id = %s", [user_id])
        user = statements.made(User, found[0]) if found else None
        return user if user is not None and self.user_can_authenticate(user) else None
