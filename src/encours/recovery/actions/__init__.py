"""The only writers of recovery, one module a deed."""

from encours.recovery.actions.acts import note_act, set_regime, withdraw_act
from encours.recovery.actions.bad_debts import (
    NewBadDebt,
    approve,
    follow,
    propose,
    refuse,
    set_policy,
    take_back,
)
from encours.recovery.actions.deadlines import ask_in_time
from encours.recovery.actions.dossiers import make_dossier
from encours.recovery.actions.handovers import (
    NewHandOver,
    Said,
    add_partner,
    end_hand_over,
    give_link,
    hand_over,
    note_event,
    revoke_link,
)
from encours.recovery.actions.insurers import declare_to_insurer, withdraw_declaration
from encours.recovery.actions.notices import Claim, note_outcome, note_sent, send_notice
from encours.recovery.actions.proceedings import (
    Judgment,
    end_proceeding,
    file_claim,
    note_publication,
    record_proceeding,
)

__all__ = [
    "Claim",
    "Judgment",
    "NewBadDebt",
    "NewHandOver",
    "Said",
    "add_partner",
    "approve",
    "ask_in_time",
    "declare_to_insurer",
    "end_hand_over",
    "end_proceeding",
    "file_claim",
    "follow",
    "give_link",
    "hand_over",
    "make_dossier",
    "note_act",
    "note_event",
    "note_outcome",
    "note_publication",
    "note_sent",
    "propose",
    "record_proceeding",
    "refuse",
    "revoke_link",
    "send_notice",
    "set_policy",
    "set_regime",
    "take_back",
    "withdraw_act",
    "withdraw_declaration",
]
