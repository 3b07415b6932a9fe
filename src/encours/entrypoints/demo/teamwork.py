"""What the team does between runs: calls, tasks, an absence, comments to colleagues, promises in several dates."""

import datetime as dt

from encours.collections import actions as collections
from encours.collections.actions.calls import PromiseSaid
from encours.customers.models import Contact
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.casting import Player, Scene
from encours.entrypoints.demo.people import COLLECTORS, CREDIT_MANAGER, SALES, SALES_ADMINISTRATION, Person
from encours.team import actions as team
from encours.team.actions import comments

_MAELLE, _KARIM, _SOLENE = COLLECTORS
DAY = dt.timedelta(days=1)
# the days ago, the hour, the part, the outcome, what was said
_CALLS: tuple[tuple[int, int, str, str, str], ...] = (
    (9, 10, "called_1", "no_answer", ""),
    (7, 11, "called_1", "voicemail", "Message laissé à la comptabilité, avec les deux numéros de facture."),
    (4, 15, "called_1", "reached", "La comptable attend la validation du chef d’atelier, elle relance aujourd’hui."),
    (6, 14, "paid", "says_paid", "Dit avoir réglé vendredi ; demandé l’avis de virement."),
    (2, 9, "paid", "call_back", "En réunion, rappeler en début de semaine."),
    (3, 16, "called_3", "refuses", "Le gérant ne paiera pas avant la livraison du solde. Ton sec, à suivre."),
    (12, 11, "contact", "voicemail", ""),
    (8, 10, "bounced", "wrong_number", "Le numéro sonne chez un particulier."),
)


def call(scene: Scene) -> None:
    """The calls of the last days, by whoever follows the customer."""
    for days_ago, hour, part, outcome, note in _CALLS:
        player = scene.cast.get(part)
        if player is None:
            continue
        day = scene.before(days_ago)
        collections.record_call(
            organisation_id=scene.organisation_id,
            customer_id=scene.customer_id(player),
            outcome=outcome,
            today=day,
            now=scene.at(day, hour, 10),
            by=scene.actor(player.by),
            contact_id=_contact(scene, player),
            note=note,
            key=f"demo:{part}:{days_ago}",
        )


def promise_in_parts(scene: Scene) -> None:
    """A promise of three dates said by telephone: the first is past, and only a part of it came."""
    player = scene.cast.get("series")
    if player is None:
        return
    items = scene.items(player, due_before=scene.today)
    if not items:
        return
    third = max(sum(item.open_minor for item in items) // 3 // 100 * 100, 100)
    first = scene.before(2)
    dates = [first, *(FRANCE.next_business_day(first + 14 * count * DAY) for count in (1, 2))]
    day = scene.before(9)
    collections.record_call(
        organisation_id=scene.organisation_id,
        customer_id=scene.customer_id(player),
        outcome="promise",
        today=day,
        now=scene.at(day, 10, 42),
        by=scene.actor(player.by),
        contact_id=_contact(scene, player),
        note="Règlera en trois fois, trésorerie tendue jusqu’à la fin du chantier.",
        promise=PromiseSaid(tuple((third, date) for date in dates), items[0].currency),
        key="demo:series",
    )


def _contact(scene: Scene, player: Player) -> int | None:
    return (
        Contact.objects.filter(organisation_id=scene.organisation_id, customer_id=scene.customer_id(player))
        .order_by("-is_primary", "pk")
        .values_list("pk", flat=True)
        .first()
    )


# days from today, whose, by whom, the part it is about, what is to do, why, whether it presses
_TASKS: tuple[tuple[int, Person, Person, str, str, str, int], ...] = (
    (0, _MAELLE, _MAELLE, "copy", "Envoyer le bon de livraison signé", "Promis au téléphone ce matin.", 2),
    (0, _MAELLE, CREDIT_MANAGER, "dispute", "Chiffrer l’avoir avec la logistique", "Avant la réunion de mardi.", 1),
    (-2, _MAELLE, _MAELLE, "called_1", "Relancer la comptable pour la validation", "", 2),
    (-5, _MAELLE, CREDIT_MANAGER, "delay", "Préparer le dossier de limite de crédit", "Bilan demandé.", 2),
    (1, _MAELLE, _MAELLE, "series", "Vérifier le premier versement", "", 2),
    (4, _MAELLE, _MAELLE, "", "Pointer les relevés de fin de mois des grands comptes", "", 2),
    (0, _KARIM, CREDIT_MANAGER, "paid", "Rappeler en début de semaine", "", 2),
    (-1, _SOLENE, _SOLENE, "", "Relancer la trésorerie de Brévigné-le-Vieux", "Mandatement annoncé.", 2),
    (2, _SOLENE, CREDIT_MANAGER, "", "Vérifier les numéros d’engagement Chorus Pro", "", 2),
    (0, CREDIT_MANAGER, CREDIT_MANAGER, "plan_drafted", "Relire l’échéancier proposé", "", 1),
    (3, CREDIT_MANAGER, CREDIT_MANAGER, "handed_over", "Faire le point avec le cabinet de recouvrement", "", 2),
    (5, SALES_ADMINISTRATION, _MAELLE, "dispute", "Établir l’avoir sur les établis abîmés", "", 2),
)


def work(scene: Scene) -> None:
    """The tasks that stand: due today, overdue, to come, of each colleague; and one that is done."""
    for days, whose, by, part, title, note, priority in _TASKS:
        player = scene.cast.get(part)
        due = scene.today + days * DAY if days <= 0 else FRANCE.next_business_day(scene.today + days * DAY)
        team.add_task(
            organisation_id=scene.organisation_id,
            title=title,
            due_date=due,
            today=min(due, scene.before(6)),
            by=scene.actor(by),
            customer_id=scene.customer_id(player) if player else None,
            assignee_id=scene.stage.company.user_ids[whose.email],
            key=f"demo:{title}",
            note=note,
            priority=priority,
        )
    done = team.add_task(
        organisation_id=scene.organisation_id,
        title="Envoyer les relances du jeudi à la signature",
        due_date=scene.before(1),
        today=scene.before(4),
        by=scene.actor(CREDIT_MANAGER),
        assignee_id=scene.stage.company.user_ids[_MAELLE.email],
        key="demo:done",
    )
    team.complete_task(
        organisation_id=scene.organisation_id,
        task_id=done.pk,
        today=scene.before(1),
        by=scene.actor(_MAELLE),
        note="Signées par Mathieu.",
    )


def be_away(scene: Scene) -> None:
    """One of the collectors is on leave this week; a colleague stands in."""
    ids = scene.stage.company.user_ids
    team.note_absence(
        organisation_id=scene.organisation_id,
        user_id=ids[_SOLENE.email],
        substitute_id=ids[_MAELLE.email],
        first_date=scene.before(1),
        last_date=FRANCE.next_business_day(scene.today + 6 * DAY),
        today=scene.before(1),
        by=scene.actor(CREDIT_MANAGER),
        note="Congés posés en septembre.",
    )


# days ago, hour, the part, by whom, the words
_COMMENTS: tuple[tuple[int, int, str, Person, str], ...] = (
    (
        2,
        16,
        "dispute",
        _MAELLE,
        f"@{SALES_ADMINISTRATION.name} les deux établis abîmés : peux-tu préparer l’avoir cette semaine ?",
    ),
    (1, 9, "dispute", SALES_ADMINISTRATION, f"@{_MAELLE.name} oui, j’attends la photo du transporteur et je l’édite."),
    (
        1,
        15,
        "series",
        CREDIT_MANAGER,
        f"@{_MAELLE.name} si le deuxième versement manque, on signe un échéancier.",
    ),
    (
        1,
        11,
        "called_3",
        _KARIM,
        f"@{CREDIT_MANAGER.name} ton avis avant de répondre ? Le gérant est sur la réserve.",
    ),
    (3, 10, "handed_over", CREDIT_MANAGER, f"@{SALES[0].name} dossier au cabinet : plus de livraison sans paiement."),
    (1, 17, "promise", SALES[0], f"@{_MAELLE.name} croisé le directeur hier, il confirme le virement."),
)


def comment(scene: Scene) -> None:
    """What colleagues say to each other on a customer, each told to whom it names."""
    for days_ago, hour, part, by, text in _COMMENTS:
        player = scene.cast.get(part)
        if player is not None:
            comments.comment(
                organisation_id=scene.organisation_id,
                customer_id=scene.customer_id(player),
                text=text,
                link=f"/customers/{player.customer.number}",
                now=scene.at(scene.before(days_ago), hour, 24),
                by=scene.actor(by),
            )
