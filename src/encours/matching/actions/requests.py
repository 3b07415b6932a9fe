"""Calls of programs that may come twice: the second finds what the first made."""

from collections.abc import Callable

from django.db import connection, transaction

from encours.core.errors import Conflict, gettext_noop
from encours.matching.models import Match, MatchRequest


class KeyUsedOtherwise(Conflict):
    """An idempotency key stands for one call; it was used for another one."""

    message = gettext_noop("This idempotency key was used for another call.")


@transaction.atomic
def once(*, organisation_id: int, key: str, verb: str, subject_id: int, perform: Callable[[], Match]) -> Match:
    """Do something that makes a match, once for each key; the same key again gives the same match.

    Without a key it is simply done. Two calls with one key at once wait for one another.
    """
    if not key:
        return perform()
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s), %s)", [f"match:{key}", organisation_id])
    known = MatchRequest.objects.select_related("match").filter(organisation_id=organisation_id, key=key).first()
    if known is not None:
        if (known.verb, known.subject_id) != (verb, subject_id):
            raise KeyUsedOtherwise
        return known.match
    match = perform()
    MatchRequest.objects.create(organisation_id=organisation_id, key=key, verb=verb, subject_id=subject_id, match=match)
    return match
