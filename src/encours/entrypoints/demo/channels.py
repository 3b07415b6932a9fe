"""Beside the reminders: campaigns by e-mail and by letter, and the statements that leave every month."""

import datetime as dt
from typing import Any

from encours.entrypoints.demo import market
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.company import BY
from encours.entrypoints.demo.people import CREDIT_MANAGER, SALES_ADMINISTRATION
from encours.entrypoints.demo.replay import everything
from encours.mailings import actions as mailings
from encours.mailings.actions.campaigns import CampaignForm, NobodyListed
from encours.mailings.actions.schedules import ScheduleForm

STATEMENT_DAY = 3
CAMPAIGN_DAYS_AGO, LETTERS_DAYS_AGO = 20, 1
_BATCHES_MAX = 20


def statement_day(today: dt.date) -> dt.date:
    """The working day on which the statements of this month left, or those of the month before."""
    first = today.replace(day=1)
    day = FRANCE.next_business_day(first.replace(day=STATEMENT_DAY))
    return day if day < today else statement_day(first - dt.timedelta(days=1))


def schedule_statements(scene: Scene) -> None:
    """Key accounts and public bodies get their statement of account at the beginning of the month."""
    for key, name in ((market.KEY_ACCOUNTS, "Relevé mensuel des grands comptes"),):
        mailings.save_schedule(
            organisation_id=scene.organisation_id,
            form=ScheduleForm(
                name=name,
                entity_id=scene.stage.company.entity_ids["01"],
                day_of_month=STATEMENT_DAY,
                segment_id=scene.stage.company.segment_ids[key],
            ),
            by=scene.actor(CREDIT_MANAGER),
        )
    day = statement_day(scene.today)
    for campaign in mailings.run_schedules(
        organisation_id=scene.organisation_id, today=day, now=scene.at(day, 8, 55), by=BY
    ):
        _send_all(scene, campaign.pk, day)


def tell_closing(scene: Scene) -> None:
    """The e-mail before the end of the year: our books against theirs, to public bodies."""
    _campaign(
        scene,
        CampaignForm(
            name="Clôture de l’exercice : confirmation de solde",
            channel="email",
            template_key="own_words",
            entity_id=scene.stage.company.entity_ids["01"],
            subject="Clôture de notre exercice : votre solde dans nos livres",
            text="Notre exercice se clôt bientôt. Vous trouverez ci-dessous les factures ouvertes à ce jour dans nos"
            " livres. Merci de nous signaler tout écart avec les vôtres avant la fin du mois.",
            with_items=True,
            filters={"segment_id": scene.stage.company.segment_ids[market.PUBLIC_SECTOR]},
        ),
        scene.before(CAMPAIGN_DAYS_AGO),
    )


def write_letters(scene: Scene) -> None:
    """A letter to private customers that waits for the printer since yesterday."""
    _campaign(
        scene,
        CampaignForm(
            name="Nouveaux horaires du service clients",
            channel="letter",
            template_key="letter_own_words",
            entity_id=scene.stage.company.entity_ids["02"],
            subject="Nos horaires changent",
            text="Notre service clients vous répond désormais de 8 h 30 à 18 h 00 sans interruption, du lundi au"
            " vendredi, au 02 61 91 40 20.",
            filters={"segment_id": scene.stage.company.segment_ids[market.PRIVATE]},
        ),
        scene.before(LETTERS_DAYS_AGO),
    )


def _campaign(scene: Scene, form: CampaignForm, day: dt.date) -> None:
    made = mailings.save_campaign(
        organisation_id=scene.organisation_id, form=form, by=scene.actor(SALES_ADMINISTRATION)
    )
    given: dict[str, Any] = {"organisation_id": scene.organisation_id, "campaign_id": made.pk, "today": day}
    try:
        mailings.launch(
            **given, scope=everything(scene.stage), now=scene.at(day, 10, 40), by=scene.actor(SALES_ADMINISTRATION)
        )
    except NobodyListed:
        # a small book has nobody of that segment: the draft stands
        return
    _send_all(scene, made.pk, day)


def _send_all(scene: Scene, campaign_id: int, day: dt.date) -> None:
    """Turn by turn until nobody waits; who is put off waits on."""
    for _ in range(_BATCHES_MAX):
        count = mailings.send_batch(
            organisation_id=scene.organisation_id,
            campaign_id=campaign_id,
            today=day,
            now=scene.at(day, 11, 0),
            by=BY,
        )
        if not count:
            return
