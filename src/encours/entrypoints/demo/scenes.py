"""What happens in the demo beside its books and stories: each scene on its day, played by the rooms' own actions."""

import datetime as dt
from collections.abc import Callable, Sequence

from encours.collections import actions as collections
from encours.entrypoints.demo import (
    casting,
    channels,
    inbox,
    limits,
    portal,
    recoveries,
    settling,
    steering,
    teamwork,
    trust,
)
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.company import BY
from encours.entrypoints.demo.replay import Stage

type Play = Callable[[Scene], None]
# older mornings would cost time and show nothing more
_ANSWERED_DAYS = 8


def scene_of(stage: Stage) -> Scene:
    """The scene with its cast, the same for the same book."""
    return Scene(stage, casting.cast(stage.book))


def begin(scene: Scene, *, day: dt.date) -> None:
    """What is set up on the first day of all."""
    settling.set_rules(scene, day)
    settling.keep_aside(scene, day)
    portal.open_page(scene, day)
    steering.keep_rules(scene)


def play(scene: Scene, *, start: dt.date, end: dt.date) -> None:
    """The scenes of the half-open period, in the order of their days."""
    for day, act in _programme(scene):
        if start <= day < end:
            act(scene)


def wake(scene: Scene, *, day: dt.date) -> None:
    """The morning of one of the last days of reminders: rules answer what happened, broken promises become tasks."""
    if (scene.today - day).days > _ANSWERED_DAYS:
        return
    settling.answer(scene, day)
    collections.see_broken_promises(organisation_id=scene.organisation_id, today=day, by=BY)


def play_today(scene: Scene) -> None:
    """What stands in the desks of today: mails, tasks, comments."""
    for act in (
        recoveries.draft_plan,
        settling.note_rates,
        settling.advise,
        inbox.arrive,
        recoveries.acknowledge,
        portal.contest,
        teamwork.comment,
        teamwork.work,
        teamwork.be_away,
        channels.write_letters,
        steering.set_goals,
        limits.insure,
        trust.propose,
    ):
        act(scene)
    wake(scene, day=scene.today)


def _programme(scene: Scene) -> Sequence[tuple[dt.date, Play]]:
    found: list[tuple[dt.date, Play]] = [
        (scene.before(recoveries.NOTICE_DAYS_AGO), recoveries.claim_formally),
        (scene.before(recoveries.HANDED_DAYS_AGO), recoveries.hand_over),
        (scene.before(9), recoveries.agree_plan),
        (scene.before(9), teamwork.promise_in_parts),
        (scene.before(1), teamwork.call),
        (scene.before(5), portal.look),
        (scene.before(1), portal.promise),
        (scene.before(channels.CAMPAIGN_DAYS_AGO), channels.tell_closing),
        (scene.before(steering.MEETING_DAYS_AGO), steering.review),
        (scene.before(limits.SET_DAYS_AGO), limits.set_by_hand),
        (channels.statement_day(scene.today), channels.schedule_statements),
    ]
    found += [(scene.before(days_ago), act) for days_ago, act in recoveries.insolvencies(scene)]
    return sorted(found, key=lambda one: one[0])
