"""What the credit manager set up: rules that answer what happens, a group kept aside, rates of foreign currencies."""

import datetime as dt
import random

from encours.collections import actions as collections
from encours.collections.actions import holdouts
from encours.collections.models import Scenario
from encours.collections.rules.defaults import standard_name
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.market import SEED
from encours.entrypoints.demo.people import CREDIT_MANAGER, SALES_ADMINISTRATION
from encours.ledger import rate_actions as rates
from encours.matching.actions import advices
from encours.payments.advice_actions import AdviceTold
from encours.payments.queries import AdviceLine

# what one euro bought, in millionths, around which the invented rates move
_AROUND_PPM = {"GBP": 868_000, "USD": 1_152_000}
_RATE_DAYS = 400
_KEPT_ASIDE_PERMILLE = 200
_RULES = (
    {
        "name": "Promesse rompue : rappeler, et prévenir au-dessus de 5 000 €",
        "event": "promise_broken",
        "conditions": {"amount_from": 500_000},
        "actions": [
            {"deed": "task", "text": "Rappeler : la promesse n’a pas été tenue", "who": "collector"},
            {"deed": "notify", "who": "credit_manager"},
        ],
    },
    {
        "name": "Litige ouvert : le commercial est prévenu",
        "event": "dispute_opened",
        "conditions": {},
        "actions": [{"deed": "notify", "who": "sales"}],
    },
    {
        "name": "Adresse qui ne répond plus : en trouver une autre",
        "event": "bounced",
        "conditions": {},
        "actions": [{"deed": "task", "text": "Trouver une adresse qui fonctionne", "days": 2, "who": "collector"}],
    },
)


def answer(scene: Scene, day: dt.date) -> None:
    """Let the rules answer what happened until that morning."""
    collections.answer_events(organisation_id=scene.organisation_id, today=day, now=scene.at(day, 8, 35))


def set_rules(scene: Scene, day: dt.date) -> None:
    """The rules on what happens, written on the first day."""
    for rule in _RULES:
        collections.save_rule(
            organisation_id=scene.organisation_id, plain=rule, now=scene.at(day, 9), by=scene.actor(CREDIT_MANAGER)
        )


def keep_aside(scene: Scene, day: dt.date) -> None:
    """A group that the first reminder leaves alone; of a small book none can be drawn."""
    standard = Scenario.objects.get(organisation_id=scene.organisation_id, name=standard_name("fr"))
    try:
        holdouts.keep_aside(
            organisation_id=scene.organisation_id,
            scenario_id=standard.pk,
            step_key="reminder_1",
            share_permille=_KEPT_ASIDE_PERMILLE,
            why="Le premier rappel fait-il payer plus tôt, ou paient-ils de toute façon ?",
            today=day,
            by=scene.actor(CREDIT_MANAGER),
            owed_max_minor=2_000_000,
        )
    except holdouts.NobodyTakesPart:
        # of a handful of customers no group can be drawn
        return


def note_rates(scene: Scene) -> None:
    """The rates of our customers' currencies on each working day of the last year, as a central bank publishes them."""
    chance = random.Random(f"{SEED}:rates")
    days = [scene.today - dt.timedelta(days=count) for count in range(_RATE_DAYS, 0, -1)]
    found: list[tuple[dt.date, str, int]] = []
    for currency, around in _AROUND_PPM.items():
        rate = around
        for day in days:
            rate += chance.randint(-3_000, 3_000) + (around - rate) // 20
            if FRANCE.is_business_day(day):
                found.append((day, currency, rate))
    rates.keep_rates(
        found,
        organisation_id=scene.organisation_id,
        base="EUR",
        today=scene.today,
        by=scene.actor(SALES_ADMINISTRATION),
        why="Taux de référence de la banque centrale",
    )


def advise(scene: Scene) -> None:
    """A customer told by telephone what its next transfer pays; the money is still to come."""
    player = scene.cast.get("contact")
    if player is None:
        return
    lines = [AdviceLine(part.document.number, part.open_minor, 0, 0, "") for part in player.owed[:4]]
    advices.type_advice(
        AdviceTold(
            source="manual",
            currency=player.customer.currency,
            total_minor=sum(line.amount_minor for line in lines),
            lines=lines,
            payer_name=player.customer.name,
            payer_email=player.contact.email if player.contact else "",
            advice_date=scene.before(1),
            customer_id=scene.customer_id(player),
        ),
        organisation_id=scene.organisation_id,
        by=scene.actor(SALES_ADMINISTRATION),
    )
