"""What waits for a second person in the demo: a limit, terms, a credit note; and one that is to be issued."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from encours.credit import actions as credit
from encours.credit import queries as limits
from encours.credit import terms_actions
from encours.customers.models import Customer
from encours.disputes.actions import credit_notes
from encours.disputes.models import Dispute
from encours.entrypoints.demo import stories
from encours.entrypoints.demo.casting import Player, Scene
from encours.entrypoints.demo.people import CREDIT_MANAGER, SALES_ADMINISTRATION
from encours.ledger.models import OpenItem

_STEP_MINOR = 500_000
# the longest that the law allows, but for who has them anyway
_WANTED = ("60", "45EOM")
_WHY_CREDIT = ("Vérifié avec le commercial : le client a raison.", "Vérifié avec l’expédition : réclamation fondée.")


def propose(scene: Scene) -> None:
    """A collector asks for more credit and for longer terms; credit notes are asked for two disputes, one is agreed."""
    _limit(scene)
    _terms(scene)
    _credit_notes(scene)


def _first(scene: Scene, part: str) -> Iterator[Player]:
    """Who plays a part, then all others: a small book has not every part."""
    yield from sorted(scene.cast.values(), key=lambda player: player is not scene.cast.get(part))


def _limit(scene: Scene) -> None:
    for player in _first(scene, "promise"):
        held = limits.granted(scene.customer_id(player), organisation_id=scene.organisation_id)
        if held is not None:
            break
    else:
        return
    credit.ask_limit(
        organisation_id=scene.organisation_id,
        customer_id=scene.customer_id(player),
        amount_minor=(held.minor * 3 // 2 // _STEP_MINOR + 1) * _STEP_MINOR,
        currency=held.currency,
        today=scene.before(2),
        by=scene.actor(player.by),
        may_set=False,
        why="Grosse commande pour le printemps, paie toujours après un rappel.",
    )


def _terms(scene: Scene) -> None:
    player = next(_first(scene, "called_1"))
    customer = Customer.objects.get(organisation_id=scene.organisation_id, pk=scene.customer_id(player))
    usual = limits.usual_terms(customer)
    terms_actions.propose_terms(
        organisation_id=scene.organisation_id,
        customer_id=customer.pk,
        terms=next(code for code in _WANTED if [code] != list(usual)),
        from_date=scene.today,
        to_date=scene.today + 120 * stories.DAY,
        why="Ouverture d’un second atelier : délai allongé le temps du démarrage.",
        today=scene.before(1),
        by=scene.actor(player.by),
    )


def _credit_notes(scene: Scene) -> None:
    """On the oldest open disputes of an invoice: the second was agreed to and waits for the books."""
    is_open = OpenItem.objects.filter(
        organisation_id=OuterRef("organisation_id"), customer_id=OuterRef("customer_id"),
        document_number=OuterRef("document_number"), open_minor__gt=0,
    )  # fmt: skip
    found = Dispute.objects.filter(Exists(is_open), organisation_id=scene.organisation_id, closed_date=None).exclude(
        document_number=""
    )
    for place, (dispute, why) in enumerate(zip(found.order_by("pk"), _WHY_CREDIT, strict=False)):
        asked = credit_notes.ask_on_dispute(
            organisation_id=scene.organisation_id, dispute_id=dispute.pk, amount_minor=None, why=why,
            today=scene.before(1 + 2 * place), by=scene.actor(SALES_ADMINISTRATION),
        )  # fmt: skip
        if place == 1:
            credit_notes.agree_credit_note(
                organisation_id=scene.organisation_id, request_id=asked.pk, today=scene.before(2),
                by=scene.actor(CREDIT_MANAGER),
            )  # fmt: skip
