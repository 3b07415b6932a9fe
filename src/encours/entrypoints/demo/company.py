"""Set up the demo's organisation: companies, people, segments, scenarios, texts and the sending policy."""

import datetime as dt
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from encours.access import actions as access
from encours.access import context
from encours.access.models import Entity
from encours.collections import actions as collections
from encours.core.actors import Actor
from encours.customers import actions as customers
from encours.customers.models import Customer
from encours.entrypoints.demo import identity, market, people, scenarios
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.people import Person
from encours.messaging import actions as messaging

BY = Actor(user_id=None, name="encours demo", channel="cli")
SEGMENTS: tuple[tuple[str, str, int], ...] = (
    (market.KEY_ACCOUNTS, "Grands comptes", 10),
    (market.PUBLIC_SECTOR, "Secteur public", 20),
    (market.EXPORT, "Export", 30),
    (market.PRIVATE, "Particuliers", 40),
    (market.COMPANIES, "PME", 100),
)
# what these two ask of their customers; in the others, hands decide
_ASKED = {
    market.EXPORT: [{"field": "country", "test": "is_not", "values": ["FR"]}],
    market.PRIVATE: [{"field": "is_natural_person", "test": "is", "values": ["person"]}],
}


@dataclass(frozen=True, slots=True)
class Company:
    """The organisation as made: its id and the ids of its companies, people and segments."""

    organisation_id: int
    entity_ids: Mapping[str, int]
    user_ids: Mapping[str, int]
    segment_ids: Mapping[str, int]

    def actor(self, person: Person) -> Actor:
        """The person as the author of a write."""
        return Actor(user_id=self.user_ids[person.email], name=person.name, channel="desk")


def make(*, now: dt.datetime) -> Company:
    """A new organisation, in the sandbox: whatever it sends stays in its own mailbox."""
    organisation = access.create_organisation(by=BY, name=people.GROUP, language="fr", sandbox=True)
    with context.bound(organisation.pk):
        return Company(
            organisation_id=organisation.pk,
            entity_ids=_entities(organisation.pk),
            user_ids=_people(organisation.pk),
            segment_ids=_segments(organisation.pk),
        )


def _entities(organisation_id: int) -> dict[str, int]:
    chance = random.Random(people.GROUP)
    return {
        company.code: access.create_entity(
            by=BY,
            organisation_id=organisation_id,
            code=company.code,
            name=company.name,
            details={**company.details, "iban": identity.french_iban(chance), "bic": "ZZZZFR00"},
        ).pk
        for company in people.COMPANIES
    }


def _people(organisation_id: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for person in people.EVERYBODY:
        membership = access.invite_user(
            by=BY,
            organisation_id=organisation_id,
            email=person.email,
            role=person.role,
            first_name=person.first_name,
            last_name=person.last_name,
            language=person.language,
            own_portfolio_only=person.own_portfolio_only,
        )
        user = membership.user
        access.set_password(by=BY, organisation_id=organisation_id, user_id=user.pk, password=people.PASSWORD)
        access.update_profile(
            by=BY,
            organisation_id=organisation_id,
            user_id=user.pk,
            changes={"title": person.title, "phone": identity.phone(random.Random(person.email))},
        )
        found[person.email] = user.pk
    return found


def _segments(organisation_id: int) -> dict[str, int]:
    return {
        key: customers.save_segment(
            organisation_id=organisation_id, name=name, priority=priority, conditions=_ASKED.get(key, ()), by=BY
        ).pk
        for key, name, priority in SEGMENTS
    }


def ibans(company: Company) -> Mapping[str, str]:
    """The account of each of our companies, by its code."""
    found = Entity.objects.filter(organisation_id=company.organisation_id)
    return dict(found.values_list("code", "iban"))


def assign_customers(company: Company, book: Book) -> Mapping[str, int]:
    """Give each customer its collector, salesperson, segment and parent; the customers' ids by number."""
    organisation_id = company.organisation_id
    ids = dict(Customer.objects.filter(organisation_id=organisation_id).values_list("number", "pk"))
    collectors = [company.user_ids[person.email] for person in people.COLLECTORS]
    sales = [company.user_ids[person.email] for person in people.SALES]
    customers.assign_customers(
        organisation_id=organisation_id,
        assignments=[
            customers.Assignment(
                customer_id=ids[customer.number],
                collector_id=collectors[customer.collector] if customer.collector >= 0 else None,
                sales_rep_id=sales[customer.sales],
                segment_id=company.segment_ids[customer.segment],
                parent_id=ids.get(customer.parent_number),
            )
            for customer in book.customers
        ],
        by=BY,
    )
    return ids


def set_rules(company: Company, *, by_paper: Iterable[int], now: dt.datetime, bank_known: dt.date) -> None:
    """The texts, the scenarios and who they apply to, and when messages may leave."""
    organisation_id, manager = company.organisation_id, company.actor(people.CREDIT_MANAGER)
    messaging.install_default_templates(organisation_id=organisation_id, by=BY)
    scenarios.install(
        organisation_id=organisation_id, segment_ids=company.segment_ids, by_paper=by_paper, now=now, by=manager
    )
    collections.set_policy(
        organisation_id=organisation_id,
        values={
            "opens_at": dt.time(8, 30),
            "closes_at": dt.time(18, 0),
            "contact_delay_days": 3,
            "weekly_cap": 2,
            "bank_age_days_max": 3,
            "bank_known_date": bank_known,
        },
        by=manager,
    )
