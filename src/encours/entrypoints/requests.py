"""What a request is once the middleware has given it its person, organisation, scope and day."""

from datetime import date, datetime

from django.http import HttpRequest

from encours.access.models import Membership, Organisation, User
from encours.access.rules import Scope
from encours.core.actors import Actor


class DeskRequest(HttpRequest):
    """The request of a signed-in member, as `desk.screens.screen` lets it through; a name for types, never made."""

    user: User
    scope: Scope
    organisation: Organisation
    organisation_id: int
    membership: Membership
    actor: Actor
    today: date
    now: datetime
    # those whose work is this person's today, once they were asked for
    works_for: tuple[int, ...]
