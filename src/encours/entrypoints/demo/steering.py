"""What the demo's managers do: who gets which customers, what is to be collected this month, the review of the week."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from encours.core.dates import add_months, month_start
from encours.customers import assignment_actions as assignments
from encours.customers.assignment_actions import RuleForm
from encours.customers.models import OwnerRole
from encours.customers.rules import ASSIGNMENT_FIELDS, condition
from encours.entrypoints.demo import company, market
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.people import COLLECTORS, CREDIT_MANAGER, SALES, SALES_ADMINISTRATION, Person
from encours.team import actions as team

MEETING_DAYS_AGO = 4
_MAELLE, _KARIM, _SOLENE = COLLECTORS
_BASTIEN, _ANAIS = SALES
_SEGMENT_NAMES = {key: name for key, name, _ in company.SEGMENTS}
# role, rank, who gets them, what is asked of the customer; the last rule of a role may ask nothing
_RULES: tuple[tuple[OwnerRole, int, Person, tuple[str, str, tuple[str, ...]] | None], ...] = (
    (OwnerRole.COLLECTOR, 10, _SOLENE, ("segment", "is", (market.PUBLIC_SECTOR, market.PRIVATE))),
    (OwnerRole.COLLECTOR, 20, _MAELLE, ("segment", "is", (market.KEY_ACCOUNTS,))),
    (OwnerRole.SALES, 10, _ANAIS, ("segment", "is", (market.EXPORT,))),
    (OwnerRole.SALES, 20, _ANAIS, ("postcode", "begins", ("2", "5", "6"))),
    (OwnerRole.SALES, 30, _BASTIEN, None),
)
_GOAL_PERCENT = {0: 104, -1: 97}  # of what came in the month before, by month
_GOAL_STEP_MINOR = 500_000
# the part, what was decided, what follows, in how many days from the review, by whom, whether it is done
_DECIDED: tuple[tuple[str, str, str, int, Person | None, bool], ...] = (
    (
        "handed_over",
        "Dossier au cabinet : on attend son compte rendu, plus aucune livraison d’ici là.",
        "Demander un point écrit au cabinet",
        7,
        CREDIT_MANAGER,
        False,
    ),
    (
        "called_3",
        "Le gérant bloque tout pour un solde de livraison : livrer le solde, puis réclamer les deux factures.",
        "Confirmer la date de livraison du solde",
        2,
        SALES_ADMINISTRATION,
        True,
    ),
    (
        "delay",
        "Encours au-dessus de la limite : pas de nouvelle commande sans acompte.",
        "Demander le dernier bilan",
        9,
        _ANAIS,
        False,
    ),
    ("series", "La promesse en trois fois court ; échéancier signé si la deuxième manque.", "", 0, None, False),
    (
        "dispute",
        "Avoir accepté sur les établis abîmés, le reste est dû : le dire au client.",
        "Envoyer l’avoir avec la facture restante",
        3,
        _MAELLE,
        False,
    ),
)


def keep_rules(scene: Scene) -> None:
    """The standing rules that say whose a new customer is; written on the first day, nobody changes hands by them."""
    for role, rank, person, asked in _RULES:
        conditions = []
        if asked is not None:
            field, test, values = asked
            names = [_SEGMENT_NAMES.get(value, value) for value in values]
            conditions = [condition(field, test, names, fields=ASSIGNMENT_FIELDS)]
        assignments.keep_rule(
            RuleForm(role, scene.stage.company.user_ids[person.email], rank, conditions),
            organisation_id=scene.organisation_id,
            rule_id=None,
            by=scene.actor(CREDIT_MANAGER),
        )


def set_goals(scene: Scene) -> None:
    """What the team and each collector are to collect this month and were to collect in the last one."""
    for months, percent in _GOAL_PERCENT.items():
        month = add_months(month_start(scene.today), months)
        before = received(scene.stage.book, month=add_months(month, -1))
        wanted: dict[int | None, int] = {
            scene.stage.company.user_ids[COLLECTORS[place].email]: minor for place, minor in before.items()
        }
        wanted[None] = sum(before.values())
        for user_id, minor in wanted.items():
            amount_minor = minor * percent // 100 // _GOAL_STEP_MINOR * _GOAL_STEP_MINOR
            if amount_minor:
                team.set_goal(
                    organisation_id=scene.organisation_id,
                    month=month,
                    amount_minor=amount_minor,
                    currency="EUR",
                    user_id=user_id,
                    by=scene.actor(CREDIT_MANAGER),
                )


def received(book: Book, *, month: dt.date) -> Mapping[int, int]:
    """What came in from the customers of each collector in a month, in euros and cents."""
    found: Counter[int] = Counter()
    for receipt in book.cash.receipts:
        customer = receipt.customer
        if customer.collector >= 0 and customer.currency == "EUR" and month_start(receipt.received_date) == month:
            found[customer.collector] += receipt.amount_minor
    return found


def review(scene: Scene) -> None:
    """The review of late customers, held some days ago: what was decided, and who does what until when."""
    day = scene.before(MEETING_DAYS_AGO)
    for rank, (part, text, follow_up, days, person, is_done) in enumerate(_DECIDED):
        player = scene.cast.get(part)
        if player is None:
            continue
        made = team.note_decision(
            team.Decided(
                customer_id=scene.customer_id(player),
                text=text,
                follow_up=follow_up,
                due_date=FRANCE.next_business_day(day + dt.timedelta(days=days)) if follow_up else None,
                assignee_id=scene.stage.company.user_ids[person.email] if person else None,
            ),
            organisation_id=scene.organisation_id,
            today=day,
            now=scene.at(day, 14, 5 + 6 * rank),
            by=scene.actor(CREDIT_MANAGER),
        )
        if is_done and made.task is not None and person is not None:
            team.complete_task(
                organisation_id=scene.organisation_id,
                task_id=made.task.pk,
                today=scene.before(1),
                by=scene.actor(person),
                note="Livraison prévue jeudi, confirmée par le transporteur.",
            )
