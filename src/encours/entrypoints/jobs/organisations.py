"""Walk through the organisations, each bound to the connection while its turn lasts."""

from collections.abc import Iterator

from encours.access import context
from encours.access.models import Organisation


def each_organisation() -> Iterator[Organisation]:
    """Every organisation in turn, with its rows visible."""
    for organisation in Organisation.objects.order_by("pk"):
        with context.bound(organisation.pk):
            yield organisation
