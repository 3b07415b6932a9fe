"""The only writers of tasks, absences and calendar feeds."""

from encours.team.actions.absences import end_absence, note_absence
from encours.team.actions.feeds import open_calendar_feed, revoke_calendar_feed
from encours.team.actions.goals import set_goal
from encours.team.actions.meetings import Decided, note_decision
from encours.team.actions.tasks import (
    NewTask,
    add_task,
    add_tasks,
    cancel_task,
    complete_by_key,
    complete_task,
    hand_over_task,
    postpone_task,
    reopen_task,
)

__all__ = [
    "Decided",
    "NewTask",
    "add_task",
    "add_tasks",
    "cancel_task",
    "complete_by_key",
    "complete_task",
    "end_absence",
    "hand_over_task",
    "note_absence",
    "note_decision",
    "open_calendar_feed",
    "postpone_task",
    "reopen_task",
    "revoke_calendar_feed",
    "set_goal",
]
