"""Read the portal's policy, make links, say whom a link lets in, tell who came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from encours.core import secrets, statements
from encours.customers.models import Contact, Customer
from encours.portal import rules
from encours.portal.models import PortalAccess, PortalPolicy, PortalVisit
from encours.portal.rules import Link

# where entrypoints.portal answers
PATH = "/portal/"
# each page names whom to ask
_ACCOUNT = statements.Joined(Customer, "c", "collector")


def policy_of(organisation_id: int) -> PortalPolicy:
    """What an organisation lets its customers do there; closed until somebody opens it."""
    asked = f"select {statements.columns(PortalPolicy)} from portal_portalpolicy where organisation_id = %s"
    found = statements.rows(asked, [organisation_id])
    return statements.made(PortalPolicy, found[0]) if found else PortalPolicy(organisation_id=organisation_id)


def keys() -> list[str]:
    """The keys that seal links, the sealing one first."""
    return secrets.working_keys(settings.ENCOURS_HOME)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody a link is for: a contact, or whoever reads the customer's own address."""

    customer_id: int
    contact_ref: int
    name: str
    email: str
    language: str = ""


def person_of(customer: Customer, contact_ref: int) -> Person | None:
    """The person behind the number, as known today; nobody without an address, nor once they are gone."""
    if not contact_ref:
        return Person(customer.pk, 0, customer.name, customer.email, customer.language) if customer.email else None
    asked = f"select {statements.columns(Contact)} from customers_contact"
    rows = statements.rows(
        f"{asked} where organisation_id = %s and customer_id = %s and id = %s",
        [customer.organisation_id, customer.pk, contact_ref],
    )
    found = statements.made(Contact, rows[0]) if rows else None
    if found is None or not found.email:
        return None
    return Person(customer.pk, found.pk, found.name or found.email, found.email, found.language or customer.language)


def secret_for(person: Person, *, organisation_id: int, today: date, policy: PortalPolicy, generation: int) -> str:
    """A link's secret for a person, good for as many days as the organisation says."""
    link = Link(
        organisation_id, person.customer_id, person.contact_ref, generation, today + timedelta(policy.link_days)
    )
    return rules.secret_of(link, email=person.email, key=keys()[0])


def generation_of(customer_id: int, contact_ref: int, *, organisation_id: int) -> int:
    """Which links of a person are alive: those of this generation."""
    found = PortalAccess.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, contact_ref=contact_ref
    )
    return found.values_list("generation", flat=True).first() or 0


def links_for(
    wanted: Iterable[tuple[int, str]], *, organisation_id: int, today: date
) -> dict[tuple[int, str], dict[str, str]]:
    """For each (customer, address) the links a message to it may print; nothing where the portal is closed.

    {(10482, "compta@acme.example"): {"portal": "https://...", "promise": "https://...?to=promise", ...}}
    """
    policy = policy_of(organisation_id)
    asked = {(customer_id, email.strip().lower()) for customer_id, email in wanted if email}
    if not policy.is_on or not asked:
        return {}
    ids = {customer_id for customer_id, _ in asked}
    people: dict[tuple[int, str], Person] = {}
    for customer in Customer.objects.filter(organisation_id=organisation_id, pk__in=ids):
        if customer.email:
            people[customer.pk, customer.email.strip().lower()] = Person(customer.pk, 0, "", customer.email)
    for contact in Contact.objects.filter(organisation_id=organisation_id, customer_id__in=ids).exclude(email=""):
        known = Person(contact.customer_id, contact.pk, contact.name, contact.email)
        people[contact.customer_id, contact.email.strip().lower()] = known
    generations = {
        (customer_id, contact_ref): generation
        for customer_id, contact_ref, generation in PortalAccess.objects.filter(
            organisation_id=organisation_id, customer_id__in=ids
        ).values_list("customer_id", "contact_ref", "generation")
    }
    found = {}
    for key in asked & people.keys():
        person = people[key]
        generation = generations.get((person.customer_id, person.contact_ref), 0)
        secret = secret_for(person, organisation_id=organisation_id, today=today, policy=policy, generation=generation)
        found[key] = _addresses(policy, secret)
    return found


def links_of(customer: Customer, email: str, *, today: date) -> dict[str, str]:
    """The links a message to one address of a customer may print."""
    key = (customer.pk, email.strip().lower())
    return links_for([key], organisation_id=customer.organisation_id, today=today).get(key, {})


def _addresses(policy: PortalPolicy, secret: str) -> dict[str, str]:
    address = address_of(policy, secret)
    found = {"portal": address}
    if policy.may_dispute:
        found["dispute"] = f"{address}?to=dispute"
    if policy.may_promise:
        found["promise"] = f"{address}?to=promise"
    return found


def address_of(policy: PortalPolicy, secret: str) -> str:
    """The whole address of a link."""
    return f"{(policy.address or settings.BASE_ADDRESS).rstrip('/')}{PATH}{secret}"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens: whose account, for whom, within which limits."""

    link: Link
    customer: Customer
    person: Person
    policy: PortalPolicy
    access: PortalAccess | None


def opened_by(secret: str, *, today: date) -> Opened | None:
    """What a secret opens today, once its organisation is bound; nothing when it is forged, dead or too old.

    Asked about a link to an account that was merged, it opens the account that was kept.
    """
    stated = rules.read(secret)
    if stated is None:
        return None
    link, mark = stated
    policy = policy_of(link.organisation_id)
    if not policy.is_on or link.until < today or link.until > today + timedelta(days=366):
        return None
    named = _customer(link)
    person = person_of(named, link.contact_ref) if named is not None else None
    if named is None or person is None or not rules.is_sealed(link, mark, email=person.email, keys=keys()):
        return None
    access = _access(link)
    if link.generation != (access.generation if access else 0):
        return None
    customer = named
    while customer.merged_into is not None:
        customer = customer.merged_into
    return Opened(link, customer, person, policy, access)


def _customer(link: Link) -> Customer | None:
    asked = f"select {_ACCOUNT.select} from customers_customer c {_ACCOUNT.joins}"
    given = [link.organisation_id, link.customer_id]
    rows = statements.rows(f"{asked} where c.organisation_id = %s and c.id = %s", given)
    return _ACCOUNT.made(rows[0]) if rows else None


def _access(link: Link) -> PortalAccess | None:
    asked = f"select {statements.columns(PortalAccess)} from portal_portalaccess"
    rows = statements.rows(
        f"{asked} where organisation_id = %s and customer_id = %s and contact_ref = %s",
        [link.organisation_id, link.customer_id, link.contact_ref],
    )
    return statements.made(PortalAccess, rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class Came:
    """A visit as the story of a customer tells it; the name is that of the contact today, if they are still one."""

    visit: PortalVisit
    name: str
    is_elsewhere: bool


def visits_of(account_ids: Sequence[int], *, organisation_id: int, limit: int) -> list[Came]:
    """Who opened the portal, the latest first; another browser than a person's usual one is said."""
    of_accounts = "organisation_id = %s and customer_id = any(%s::bigint[])"
    came = f"select {statements.columns(PortalVisit)} from portal_portalvisit where {of_accounts}"
    rows = statements.rows(f"{came} order by id desc limit %s", [organisation_id, list(account_ids), limit])
    found = [statements.made(PortalVisit, row) for row in rows]
    named = f"select id, coalesce(nullif(name, ''), email) from customers_contact where {of_accounts}"
    names: Mapping[int, str] = dict(statements.rows(named, [organisation_id, list(account_ids)]))
    first: dict[int, str] = {}
    for visit in reversed(found):
        first.setdefault(visit.contact_ref, visit.browser)
    return [Came(visit, names.get(visit.contact_ref, ""), visit.browser != first[visit.contact_ref]) for visit in found]


@dataclass(frozen=True, slots=True)
class Way:
    """A person's way in, as the desk shows it."""

    person: Person
    last: PortalVisit | None
    access: PortalAccess | None


def has_way(customer: Customer, email: str) -> bool:
    """Whether whoever reads an address can come to the customer's page at all."""
    if not email or not policy_of(customer.organisation_id).is_on:
        return False
    found = Contact.objects.filter(
        organisation_id=customer.organisation_id, customer_id=customer.pk, email__iexact=email
    )
    return customer.email.lower() == email.lower() or found.exists()


def ways_of(customer: Customer) -> list[Way]:
    """Everybody who may be given a link to a customer's account, with when they last came."""
    given = {"organisation_id": customer.organisation_id, "customer_id": customer.pk}
    refs = [*Contact.objects.filter(**given).exclude(email="").order_by("-is_primary", "name", "pk")]
    people = [
        Person(customer.pk, one.pk, one.name or one.email, one.email, one.language or customer.language) for one in refs
    ]
    own = person_of(customer, 0)
    if own is not None and own.email.lower() not in {one.email.lower() for one in people}:
        people.append(own)
    accesses = {one.contact_ref: one for one in PortalAccess.objects.filter(**given)}
    last: dict[int, PortalVisit] = {}
    for visit in PortalVisit.objects.filter(**given).order_by("contact_ref", "-pk").distinct("contact_ref"):
        last[visit.contact_ref] = visit
    return [Way(one, last.get(one.contact_ref), accesses.get(one.contact_ref)) for one in people]
