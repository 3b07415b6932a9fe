"""The only writers of cash application: runs, people's decisions, rules and settings, files for accounting."""

from encours.matching.actions.deciding import (
    Choice,
    Rights,
    accept,
    accept_proposal,
    accept_return,
    apply_match,
    book_line,
    tie_to_receipt,
)
from encours.matching.actions.exporting import answer_export, make_export, take_again
from encours.matching.actions.lettrage import letter_all, letter_items, undo_lettrage
from encours.matching.actions.lines import assign_line, ignore_line, note_line, restore_line
from encours.matching.actions.requests import once
from encours.matching.actions.running import RunResult, run_matching
from encours.matching.actions.settings import order_rules, remove_rule, save_rule, set_policy
from encours.matching.actions.undoing import undo_match

__all__ = [
    "Choice",
    "Rights",
    "RunResult",
    "accept",
    "accept_proposal",
    "accept_return",
    "answer_export",
    "apply_match",
    "assign_line",
    "book_line",
    "ignore_line",
    "letter_all",
    "letter_items",
    "make_export",
    "note_line",
    "once",
    "order_rules",
    "remove_rule",
    "restore_line",
    "run_matching",
    "save_rule",
    "set_policy",
    "take_again",
    "tie_to_receipt",
    "undo_lettrage",
    "undo_match",
]
