"""The only writers of scenarios, the sending policy, pauses, promises and decisions."""

from encours.collections.actions.calls import record_call, write_script
from encours.collections.actions.decisions import confirm, put_back, recheck, release, take_out, withdraw
from encours.collections.actions.drafts import (
    approve_draft,
    discard_draft,
    keep_draft,
    propose_draft,
    publish_draft,
    return_draft,
    roll_back,
)
from encours.collections.actions.event_rules import (
    answer_events,
    retire_rule,
    save_rule,
    see_events,
    switch_rule,
)
from encours.collections.actions.pauses import drop_policy, pause, resume, set_policy, state_bank_date
from encours.collections.actions.promises import (
    change_promise,
    record_promise,
    record_promises,
    see_broken_promises,
    withdraw_promise,
)
from encours.collections.actions.ranking import set_ranking
from encours.collections.actions.rewording import reword, reword_step
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
    "answer_events",
    "approve_draft",
    "archive_scenario",
    "assign",
    "change_promise",
    "confirm",
    "create_scenario",
    "decide_all",
    "discard_draft",
    "drop_policy",
    "hand_over",
    "inherit",
    "install_default_scenarios",
    "keep_draft",
    "pause",
    "propose_draft",
    "publish_draft",
    "publish_version",
    "put_back",
    "recheck",
    "record_call",
    "record_promise",
    "record_promises",
    "release",
    "rename_scenario",
    "resume",
    "retire_rule",
    "return_draft",
    "reword",
    "reword_step",
    "roll_back",
    "run_dunning",
    "save_rule",
    "see_broken_promises",
    "see_events",
    "set_policy",
    "set_ranking",
    "state_bank_date",
    "switch_rule",
    "take_out",
    "withdraw",
    "withdraw_promise",
    "write_script",
]
