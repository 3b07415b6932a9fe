"""Walk through the organisations, each bound to the connection while its turn lasts."""

import logging
from collections.abc import Callable

from encours.access import context
from encours.access.models import Organisation

log = logging.getLogger(__name__)


class TurnsFailed(Exception):  # it tells of several errors, each logged where it happened
    """The work failed for some organisations; the job is marked as failed, so that a person looks."""


def in_each_organisation(work: Callable[[Organisation], object]) -> None:
    """Do the work of every organisation in turn, with its rows visible; one that fails does not stop the others."""
    failed = []
    for organisation in list(Organisation.objects.order_by("pk")):
        try:
            with context.bound(organisation.pk):
                work(organisation)
        except Exception:
            log.exception("The turn of %s failed", organisation.slug)
            failed.append(organisation.slug)
    if failed:
        raise TurnsFailed(", ".join(failed))
