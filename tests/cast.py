"""The fixed cast: Brévanne sells; Acme pays late, Borealis disputes, Cobalt overpays; Dora is another tenant."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from encours.access import context
from encours.access.models import Entity, Membership, Organisation, User
from encours.core.actors import Actor
from encours.customers.models import Contact, Customer

BY = Actor(user_id=None, name="Nadia Ferrand", channel="desk")


@dataclass(frozen=True)
class Company:
    """One organisation of the cast and the people and customers in it."""

    organisation: Organisation
    entity: Entity
    collector: User
    by: Actor
    acme: Customer
    borealis: Customer
    cobalt: Customer

    @property
    def organisation_id(self) -> int:
        return self.organisation.pk


@contextlib.contextmanager
def company(slug: str = "brevanne") -> Iterator[Company]:
    """Make an organisation with its cast and work inside it."""
    organisation = Organisation.objects.create(name=slug.capitalize(), slug=slug)
    with context.bound(organisation.pk):
        yield _filled(organisation, slug)


def _filled(organisation: Organisation, slug: str) -> Company:
    entity = Entity.objects.create(organisation=organisation, code="01", name=f"{slug.capitalize()} SAS")
    collector = User.objects.create(email=f"nadia@{slug}.example", first_name="Nadia", last_name="Ferrand")
    Membership.objects.create(organisation=organisation, user=collector, role="collector")
    customers = {}
    for number, name in (("C001", "Acme"), ("C002", "Borealis"), ("C003", "Cobalt")):
        customers[name] = Customer.objects.create(
            organisation=organisation, number=number, name=name, language="fr", terms="30", collector=collector
        )
        Contact.objects.create(
            organisation=organisation,
            customer=customers[name],
            name=f"Compta {name}",
            email=f"compta@{name.lower()}.example",
            is_primary=True,
        )
    return Company(
        organisation=organisation,
        entity=entity,
        collector=collector,
        by=Actor(user_id=collector.pk, name=collector.display_name, channel="desk"),
        acme=customers["Acme"],
        borealis=customers["Borealis"],
        cobalt=customers["Cobalt"],
    )
