"""The only writers of campaigns and of schedules of statements."""

from encours.mailings.actions.campaigns import (
    CampaignForm,
    launch,
    save_campaign,
    send_batch,
    stop,
)
from encours.mailings.actions.schedules import ScheduleForm, run_schedules, save_schedule

__all__ = [
    "CampaignForm",
    "ScheduleForm",
    "launch",
    "run_schedules",
    "save_campaign",
    "save_schedule",
    "send_batch",
    "stop",
]
