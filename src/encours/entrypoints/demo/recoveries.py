"""The hard cases: payment plans, a formal notice, insolvencies with the time to file, debts in an agency's hands."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from encours.core.dates import day_of_month
from encours.entrypoints.demo import behaviour
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.market import Customer
from encours.entrypoints.demo.people import CREDIT_MANAGER
from encours.ledger.models import OpenItem
from encours.plans import actions as plans
from encours.plans.rules.schedule import Terms
from encours.recovery.actions import acts, handovers, notices, proceedings

DAY = dt.timedelta(days=1)
AGENCY = "Cabinet Lestrange Recouvrement"
NOTICE_DAYS_AGO, HANDED_DAYS_AGO = 16, 24


def agree_plan(scene: Scene) -> None:
    """A plan in three instalments, signed a week ago; the first falls due soon."""
    plan = _drafted(scene, "plan_running", drafted=scene.before(9), count=3)
    if plan is None:
        return
    player = scene.cast["plan_running"]
    given: dict[str, Any] = {
        "organisation_id": scene.organisation_id,
        "plan_id": plan,
        "by": scene.actor(CREDIT_MANAGER),
    }
    plans.approve(**given, today=scene.before(8))
    signed_by = player.contact.name if player.contact else player.customer.name
    plans.agree(**given, signed_by=signed_by, agreed_date=scene.before(6), today=scene.before(6))


def draft_plan(scene: Scene) -> None:
    """A plan that the collector drew up yesterday and that waits for the credit manager."""
    _drafted(scene, "plan_drafted", drafted=scene.before(1), count=4)


def _drafted(scene: Scene, part: str, *, drafted: dt.date, count: int) -> int | None:
    player = scene.cast.get(part)
    items = scene.items(player, due_before=drafted) if player else []
    if player is None or not items:
        return None
    wanted = plans.Wanted(
        customer_id=scene.customer_id(player),
        item_ids=[item.pk for item in items],
        terms=Terms(
            principal_minor=sum(item.open_minor for item in items),
            start_date=drafted,
            first_date=FRANCE.next_business_day(day_of_month(scene.today + 9 * DAY, 15)),
            count=count,
        ),
        note="Demandé par le gérant : un gros client le paie en retard, le carnet de commandes est plein.",
    )
    made = plans.draft(
        wanted, organisation_id=scene.organisation_id, today=drafted, key=f"demo:{part}", by=scene.actor(player.by)
    )
    return made.pk


def claim_formally(scene: Scene) -> None:
    """A formal notice by registered letter after months of silence: posted, and received against signature."""
    player = scene.cast.get("formal_notice")
    day = scene.before(NOTICE_DAYS_AGO)
    if player is None or not scene.items(player, due_before=day):
        return
    by = scene.actor(CREDIT_MANAGER)
    given: dict[str, Any] = {"organisation_id": scene.organisation_id, "by": by}
    made = notices.send_notice(
        notices.Claim(
            customer_id=scene.customer_id(player),
            pay_by=FRANCE.next_business_day(day + 8 * DAY),
            key="demo:formal_notice",
            item_ids=[item.pk for item in scene.items(player, due_before=day)],
            answered=("due", "certain", "liquid", "company", "interest", "replies"),
        ),
        **given,
        today=day,
        now=scene.at(day, 10, 5),
    )
    posted = FRANCE.next_business_day(day + DAY)
    notices.note_sent(notice_id=made.pk, sent_date=posted, registered_number="1A 199 482 7365 1", today=posted, **given)
    received = FRANCE.next_business_day(posted + 3 * DAY)
    notices.note_outcome(notice_id=made.pk, outcome="received", outcome_date=received, today=received, **given)


def hand_over(scene: Scene) -> None:
    """Debts that only silence answered, given to an agency three weeks ago; it says what it does, and found a part."""
    player = scene.cast.get("handed_over")
    day = scene.before(HANDED_DAYS_AGO)
    items = scene.items(player, due_before=day - 20 * DAY) if player else []
    if player is None or not items:
        return
    given: dict[str, Any] = {"organisation_id": scene.organisation_id, "by": scene.actor(CREDIT_MANAGER)}
    agency = handovers.add_partner(
        name=AGENCY, kind="agency", email="dossiers@cabinet-lestrange.example", fee_permyriad=1_200, **given
    )
    handovers.add_partner(
        name="SCP Verdelais, commissaires de justice",
        kind="bailiff",
        email="etude@scp-verdelais.example",
        fee_permyriad=0,
        **given,
    )
    made = handovers.hand_over(
        handovers.NewHandOver(
            customer_id=scene.customer_id(player),
            partner_id=agency.pk,
            item_ids=[item.pk for item in items],
            key="demo:handed_over",
            note="Aucune réponse depuis quatre mois, courriers reçus.",
        ),
        **given,
        today=day,
    )
    handovers.give_link(handover_id=made.pk, days=90, now=scene.at(day, 11, 20), **given)
    for code, days_later, amount_minor, text in (
        ("taken", 1, 0, "Dossier ouvert, première lettre partie."),
        ("contacted", 6, 0, "Gérant joint par téléphone, reconnaît la dette."),
        ("promised", 8, 0, "Un acompte annoncé, le reste à la vente d’une machine."),
        ("recovered", 14, made.amount_minor // 4 // 100 * 100, "Acompte reçu sur notre compte de tiers."),
    ):
        said_on = FRANCE.next_business_day(day + days_later * DAY)
        if said_on <= scene.today:
            handovers.note_event(
                handovers.Said(code, said_on, f"demo:{code}", amount_minor=amount_minor, text=text),
                handover_id=made.pk,
                today=said_on,
                is_partner=True,
                **given,
            )


def insolvencies(scene: Scene) -> list[tuple[int, Callable[[Scene], None]]]:
    """The proceedings opened lately, with the days ago they became known: one claim is to file, another is filed."""
    found = [one for one in scene.stage.book.customers if one.habit == behaviour.INSOLVENT]
    return [
        (_JUDGED_DAYS_AGO[rank], partial(_judge, customer=one, rank=rank))
        for rank, one in enumerate(found[: len(_JUDGED_DAYS_AGO)])
    ]


_JUDGED_DAYS_AGO = (52, 75)


def _judge(scene: Scene, *, customer: Customer, rank: int) -> None:
    judged = scene.before(_JUDGED_DAYS_AGO[rank])
    published = judged + 9 * DAY
    by = scene.actor(CREDIT_MANAGER)
    made = proceedings.record_proceeding(
        proceedings.Judgment(
            kind="receivership",
            judgment_date=judged,
            court="Tribunal des activités économiques de Brévigné-le-Vieux",
            trustee_name="Maître Aurore Castelnave, mandataire judiciaire",
            trustee_address="3 place du Palais, 35990 Brévigné-le-Vieux",
            trustee_email="etude@castelnave.example",
            note="Redressement judiciaire ouvert.",
        ),
        organisation_id=scene.organisation_id,
        customer_id=scene.stage.customer_ids[customer.number],
        today=judged,
        now=scene.at(judged, 9, 15),
        by=by,
    )
    given: dict[str, Any] = {"organisation_id": scene.organisation_id, "proceeding_id": made.pk, "by": by}
    proceedings.note_publication(
        published_date=published, bodacc_reference=f"BODACC A n° {180 + rank}", today=published, **given
    )
    if rank:
        owed = OpenItem.objects.filter(
            organisation_id=scene.organisation_id,
            customer_id=scene.stage.customer_ids[customer.number],
            open_minor__gt=0,
            item_date__lt=judged,
        )
        proceedings.file_claim(
            filed_date=scene.before(20),
            amount_minor=sum(item.open_minor for item in owed),
            reference="LRAR 1A 199 482 7402 8",
            today=scene.before(20),
            **given,
        )


def acknowledge(scene: Scene) -> None:
    """A customer that asked for time admitted its debt in writing: limitation begins anew."""
    player = scene.cast.get("delay")
    if player is not None:
        acts.note_act(
            acts.NewAct(
                customer_id=scene.customer_id(player),
                kind="acknowledgement",
                act_date=scene.before(1),
                document_number=player.owed[0].document.number,
                is_certain=True,
                note="Mail du gérant : demande un délai et reconnaît la facture.",
            ),
            organisation_id=scene.organisation_id,
            today=scene.before(1),
            by=scene.actor(player.by),
        )
