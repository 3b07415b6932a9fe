"""Open and close the portal, give and revoke links, note who came."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction

from encours.access import actions as access
from encours.core import statements
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.portal import queries, rules
from encours.portal.models import Elsewhere, PortalAccess, PortalPolicy, PortalVisit
from encours.portal.queries import Opened

DAYS_MAX, LINK_DAYS_MAX, PARTS_MAX = 180, 366, 12


class PortalAddressUnusable(Refused):
    """What stands before a link is an address of the web, and in public an encrypted one."""

    message = gettext_noop("Give the portal's address as https://…, without anything after the name.")


class PortalLimitUnusable(Refused):
    """A limit that is none."""

    message = gettext_noop("Links last 1 to 366 days, promises 1 to 180 days, in 1 to 12 payments.")


class PortalClosed(Refused):
    """Links are given while the portal is open."""

    message = gettext_noop("The portal is closed: an administrator opens it in the settings.")


class NobodyToInvite(NotFound):
    """A link is made for a person with an address."""

    message = gettext_noop("There is nobody with an e-mail address to make this link for.")


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """What an administrator says about the portal."""

    is_on: bool
    address: str = ""
    link_days: int = 45
    may_promise: bool = True
    promise_days_max: int = 30
    promise_parts_max: int = 3
    may_dispute: bool = True
    may_write: bool = True
    elsewhere: str = Elsewhere.ACT.value


@transaction.atomic
def set_policy(*, organisation_id: int, form: PolicyForm, now: datetime, by: Actor) -> PortalPolicy:
    """Open or close the portal and set its limits; closed, every link opens nothing until it is opened again."""
    address = form.address.strip().rstrip("/")
    if address and not _is_usable(address):
        raise PortalAddressUnusable(field="address")
    is_within = (
        1 <= form.link_days <= LINK_DAYS_MAX
        and 1 <= form.promise_days_max <= DAYS_MAX
        and 1 <= form.promise_parts_max <= PARTS_MAX
    )
    if not is_within or form.elsewhere not in Elsewhere.values:
        raise PortalLimitUnusable
    values = {**asdict(form), "address": address}
    made, _ = PortalPolicy.objects.update_or_create(
        organisation_id=organisation_id, defaults={**values, "changed_at": now}
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="portal_policy_set", subject_kind="organisation",
        subject_id=organisation_id, details=values,
    )  # fmt: skip
    return made


def _is_usable(address: str) -> bool:
    """https, or plain http on the machine itself; a host and nothing behind it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_local = parts.hostname in ("localhost", "127.0.0.1")
    is_encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_local)
    return is_encrypted and bool(parts.hostname) and not (parts.path or parts.query or parts.fragment or parts.username)


@transaction.atomic
def give_link(
    *, organisation_id: int, customer_id: int, contact_ref: int, today: date, by: Actor, is_look: bool = False
) -> str:
    """Make a link for a person, to be passed on by hand, or to look at what they see (`is_look`).

    Refused while the portal is closed, or for nobody.
    """
    policy = queries.policy_of(organisation_id)
    if not policy.is_on:
        raise PortalClosed
    customer = Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).first()
    person = queries.person_of(customer, contact_ref) if customer is not None else None
    if person is None:
        raise NobodyToInvite
    generation = queries.generation_of(customer_id, contact_ref, organisation_id=organisation_id)
    secret = queries.secret_for(
        person, organisation_id=organisation_id, today=today, policy=policy, generation=generation
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="portal_looked_at" if is_look else "portal_link_given",
        subject_kind="customer", subject_id=customer_id, details={"contact": contact_ref},
    )  # fmt: skip
    return secret


@transaction.atomic
def revoke_links(
    *, organisation_id: int, customer_id: int, contact_ref: int, why: str, now: datetime, by: Actor
) -> PortalAccess:
    """Kill every link a person was given so far; the next message brings a new one."""
    if not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).exists():
        raise NobodyToInvite
    found = _locked(organisation_id, customer_id, contact_ref)
    found.generation, found.browser = found.generation + 1, ""
    found.revoked_at, found.revoked_by_name = now, by.name
    found.save(update_fields=["generation", "browser", "revoked_at", "revoked_by_name"])
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="portal_links_revoked", subject_kind="customer",
        subject_id=customer_id, why=why, details={"contact": contact_ref, "generation": found.generation},
    )  # fmt: skip
    return found


def note_visit(opened: Opened, *, browser: str, now: datetime) -> bool:
    """Note that somebody came by a person's link; the same browser within the half hour is the same visit."""
    link = opened.link
    given = {
        "organisation_id": link.organisation_id,
        "customer_id": opened.customer.pk,
        "contact_ref": link.contact_ref,
        "browser": rules.browser_mark(browser),
    }
    # each page asks, and nearly each is of a visit that is noted
    ((is_known,),) = statements.rows(
        "select exists (select from portal_portalvisit where organisation_id = %(organisation_id)s"
        " and customer_id = %(customer_id)s and contact_ref = %(contact_ref)s and browser = %(browser)s"
        " and visited_at > %(since)s)",
        {**given, "since": now - timedelta(minutes=rules.VISIT_MINUTES)},
    )
    if is_known:
        return False
    with transaction.atomic():
        PortalVisit.objects.bulk_create([PortalVisit(**given, visited_at=now)])
    return True


@transaction.atomic
def claim_browser(opened: Opened, *, browser: str) -> bool:
    """Whether this is the browser in which the person acts: the first one that does something becomes it."""
    link, mark = opened.link, rules.browser_mark(browser)
    found = _locked(link.organisation_id, link.customer_id, link.contact_ref)
    if not found.browser:
        found.browser = mark
        found.save(update_fields=["browser"])
    return found.browser == mark


def _locked(organisation_id: int, customer_id: int, contact_ref: int) -> PortalAccess:
    given = {"organisation_id": organisation_id, "customer_id": customer_id, "contact_ref": contact_ref}
    PortalAccess.objects.bulk_create([PortalAccess(**given)], ignore_conflicts=True)
    return PortalAccess.objects.select_for_update().get(**given)
