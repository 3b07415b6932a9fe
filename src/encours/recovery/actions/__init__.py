"""The only writers of recovery, one module a deed."""

from encours.recovery.actions.acts import note_act, set_regime, withdraw_act
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
    "end_proceeding",
    "file_claim",
    "note_act",
    "note_outcome",
    "note_publication",
    "note_sent",
    "record_proceeding",
    "send_notice",
    "set_regime",
    "withdraw_act",
]
