"""What customers do on their own page: one looks and proposes dates, another contests with a delivery note."""

import datetime as dt

from django.utils.timezone import localdate

from encours.access import context
from encours.access.models import Organisation
from encours.conversation.actions import portal as acting
from encours.conversation.actions.portal import Visitor
from encours.customers.models import Contact
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.casting import Player, Scene
from encours.entrypoints.demo.company import BY
from encours.entrypoints.demo.people import GROUP
from encours.messaging.rules.values import Attachment
from encours.portal import actions as portal
from encours.portal import queries
from encours.portal.models import PortalVisit
from encours.portal.queries import Opened
from encours.portal.rules import Offer

DAY = dt.timedelta(days=1)
_NOTE = "Bon de livraison\n\n3 palettes attendues, 2 reçues.\nRéserve portée par le magasinier.\n"


def open_page(scene: Scene, day: dt.date) -> None:
    """The customers' page is open from the first day on: every reminder since has its link."""
    portal.set_policy(
        organisation_id=scene.organisation_id, form=portal.PolicyForm(is_on=True), now=scene.at(day, 9), by=BY
    )


def look(scene: Scene) -> None:
    """Somebody looks at the account and does nothing yet."""
    _come(scene, "portal_promise", day=scene.before(5), hour=17, minute=21)


def promise(scene: Scene) -> None:
    """They come again and propose two dates for what is late."""
    day = scene.before(1)
    opened = _come(scene, "portal_promise", day=day, hour=16, minute=48)
    player = scene.cast.get("portal_promise")
    items = scene.items(player, due_before=day) if player else []
    if opened is None or not items:
        return
    half = max(sum(item.open_minor for item in items) // 2 // 100 * 100, 100)
    first, second = (FRANCE.next_business_day(scene.today + count * DAY) for count in (5, 19))
    acting.promise(
        _visitor(opened, "promise"),
        item_ids=[item.pk for item in items],
        offers=[Offer(first, half), Offer(second)],
        today=day,
        now=scene.at(day, 16, 52),
    )


def contest(scene: Scene) -> None:
    """This morning somebody contests a part of an invoice, a delivery note in hand."""
    opened = _come(scene, "portal_dispute", day=scene.today, hour=7, minute=56)
    player = scene.cast.get("portal_dispute")
    items = scene.items(player, due_before=scene.today) if player else []
    if opened is None or not items:
        return
    item = max(items, key=lambda one: one.open_minor)
    acting.contest(
        _visitor(opened, "dispute"),
        item_id=item.pk,
        amount_minor=max(item.open_minor // 3 // 100 * 100, 100),
        reason="quantity",
        text="Il manque une palette sur la dernière livraison, le bon est joint. Merci de nous faire un avoir.",
        files=[Attachment("bon-de-livraison.txt", "text/plain", _NOTE.encode())],
        today=scene.today,
        now=scene.at(scene.today, 8, 2),
    )


def link_of_today() -> str:
    """The way to the page of the customer who came last, for whoever tries the demo; empty where there is none."""
    organisation = Organisation.objects.filter(name=GROUP).first()
    if organisation is None:
        return ""
    with context.bound(organisation.pk):
        visit = PortalVisit.objects.filter(organisation_id=organisation.pk).order_by("-pk").first()
        person = queries.person_of(visit.customer, visit.contact_ref) if visit else None
        if visit is None or person is None or not queries.policy_of(organisation.pk).is_on:
            return ""
        secret = portal.give_link(
            organisation_id=organisation.pk,
            customer_id=visit.customer_id,
            contact_ref=visit.contact_ref,
            today=localdate(),
            by=BY,
        )
    return f"{queries.PATH}{secret}"


def _come(scene: Scene, part: str, *, day: dt.date, hour: int, minute: int) -> Opened | None:
    """Open the link of the part's contact, as the browser of that person does."""
    player = scene.cast.get(part)
    contact = _contact(scene, player) if player else None
    if player is None or contact is None:
        return None
    secret = portal.give_link(
        organisation_id=scene.organisation_id,
        customer_id=scene.customer_id(player),
        contact_ref=contact.pk,
        today=day,
        by=BY,
    )
    opened = queries.opened_by(secret, today=day)
    if opened is not None:
        portal.note_visit(opened, browser=f"demo {part}", now=scene.at(day, hour, minute))
    return opened


def _contact(scene: Scene, player: Player) -> Contact | None:
    found = Contact.objects.filter(organisation_id=scene.organisation_id, customer_id=scene.customer_id(player))
    return found.exclude(email="").order_by("-is_primary", "pk").first()


def _visitor(opened: Opened, what: str) -> Visitor:
    return Visitor(
        organisation_id=opened.link.organisation_id,
        customer_id=opened.customer.pk,
        name=opened.person.name,
        email=opened.person.email,
        key=f"portal:{opened.link.handle}:demo-{what}",
    )
