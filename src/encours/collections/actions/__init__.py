"""The only writers of scenarios, the sending policy, pauses, promises and decisions."""

from encours.collections.actions.decisions import confirm, put_back, recheck, release, take_out, withdraw
from encours.collections.actions.pauses import (
    pause,
    record_promise,
    resume,
    set_policy,
    state_bank_date,
    withdraw_promise,
)
from encours.collections.actions.running import decide_all, hand_over, run_dunning
from encours.collections.actions.scenarios import (
    archive_scenario,
    assign,
    create_scenario,
    inherit,
    install_default_scenarios,
    publish_version,
    rename_scenario,
)

__all__ = [
    "archive_scenario",
    "assign",
    "confirm",
    "create_scenario",
    "decide_all",
    "hand_over",
    "inherit",
    "install_default_scenarios",
    "pause",
    "publish_version",
    "put_back",
    "recheck",
    "record_promise",
    "release",
    "rename_scenario",
    "resume",
    "run_dunning",
    "set_policy",
    "state_bank_date",
    "take_out",
    "withdraw",
    "withdraw_promise",
]
