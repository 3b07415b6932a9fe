"""The only writers of proposals, changes of bank details, answers and notes on customers' pages."""

from encours.conversation.actions.answers import drop_answer, prepare_answer, send_answer, set_conversation_policy
from encours.conversation.actions.bank_changes import (
    confirm_bank_change,
    note_bank_change,
    note_call_back,
    refuse_bank_change,
)
from encours.conversation.actions.portal_notes import withdraw_portal_note, write_portal_note
from encours.conversation.actions.proposals import accept_proposal, propose, reject_proposal
from encours.conversation.actions.taking_in import take_in
from encours.conversation.actions.telling import answer_on_dispute, tell_what_is_theirs

__all__ = [
    "accept_proposal",
    "answer_on_dispute",
    "confirm_bank_change",
    "drop_answer",
    "note_bank_change",
    "note_call_back",
    "prepare_answer",
    "propose",
    "refuse_bank_change",
    "reject_proposal",
    "send_answer",
    "set_conversation_policy",
    "take_in",
    "tell_what_is_theirs",
    "withdraw_portal_note",
    "write_portal_note",
]
