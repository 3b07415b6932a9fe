"""Calls of programs that may come twice: the second finds what the first made."""

from collections.abc import Callable

from django.db import connection, transaction

from encours.access.models import ApiCall
from encours.core.errors import Conflict, gettext_noop


class CallKeyUsedOtherwise(Conflict):
    """An idempotency key stands for one call; it was used for another one."""

    message = gettext_noop("This idempotency key was used for another call.")


@transaction.atomic
def once(*, organisation_id: int, key: str, verb: str, fingerprint: str, perform: Callable[[], int]) -> int:
    """Do something once for each key, and give what it made; the same call again gives the same, and does nothing.

    Without a key it is simply done. Two calls with one key at once wait for one another; one that failed leaves
    nothing, so that it may be tried again. The same key for another call is refused.
    """
    if not key:
        return perform()
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s), %s)", [f"call:{key}", organisation_id])
    known = ApiCall.objects.filter(organisation_id=organisation_id, key=key).first()
    if known is not None:
        if (known.verb, known.fingerprint) != (verb, fingerprint):
            raise CallKeyUsedOtherwise
        return known.subject_id
    made = perform()
    ApiCall.objects.create(
        organisation_id=organisation_id, key=key, verb=verb, fingerprint=fingerprint, subject_id=made
    )
    return made
