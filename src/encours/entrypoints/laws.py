"""Every room's laws, asked together: for `encours check` and for the nightly look at the books."""

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from encours.access import context
from encours.access.models import Organisation
from encours.core.findings import Finding


def findings_of(organisation: Organisation) -> list[Finding]:
    """What every room says of one organisation, the organisation bound meanwhile."""
    with context.bound(organisation.pk):
        return [finding for room in rooms_with_laws() for finding in room.check(organisation.pk)]


def rooms_with_laws() -> Iterator[Any]:
    """The `invariants` module of each room that has one, lowest floor first."""
    for room in settings.ROOMS:
        name = f"{room}.invariants"
        if importlib.util.find_spec(name) is not None:
            yield importlib.import_module(name)
