"""Bind an organisation to the database connection, so that row-level security lets its rows through."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from encours.core import statements

SETTING = "encours.organisation"
USER_SETTING = "encours.user"
_SET = "select set_config(%s, %s, false)"


def bind(organisation_id: int | None) -> None:
    """From now on the connection sees and writes the rows of this organisation only; None: of no organisation."""
    statements.rows(_SET, [SETTING, str(organisation_id or "")])


def bind_user(user_id: int | None) -> None:
    """The signed-in person, who may see the memberships that are theirs before an organisation is chosen."""
    statements.rows(_SET, [USER_SETTING, str(user_id or "")])


def unbind() -> None:
    """The connection sees no organisation and no person from now on."""
    statements.rows("select set_config(%s, '', false), set_config(%s, '', false)", [SETTING, USER_SETTING])


@contextmanager
def seen_by(user_id: int) -> Iterator[None]:
    """For a moment the memberships of this person are visible, whoever is signed in."""
    with connection.cursor() as cursor:
        cursor.execute("select nullif(current_setting(%s, true), '')", [USER_SETTING])
        (before,) = cursor.fetchone() or (None,)
    bind_user(user_id)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            bind_user(int(before) if before else None)


def bound_organisation() -> int | None:
    """The organisation the connection is bound to, if any."""
    ((found,),) = statements.rows("select nullif(current_setting(%s, true), '')", [SETTING])
    return int(found) if found else None


@contextmanager
def bound(organisation_id: int) -> Iterator[None]:
    """Work inside one organisation, then return to the binding there was before."""
    before = bound_organisation()
    bind(organisation_id)
    try:
        yield
    finally:
        # A failed transaction refuses statements until it is rolled back; its outer block unwinds the binding.
        if not connection.needs_rollback:
            bind(before)
