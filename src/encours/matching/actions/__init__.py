"""The only writers of cash application: runs, people's decisions, rules and settings, files for accounting."""

from encours.matching.actions.deciding import (
    Choice,
    Rights,
    accept,
    accept_proposal,
    accept_return,
    apply_match,
    assign_line,
    book_line,
    ignore_line,
    note_line,
    restore_line,
    tie_to_receipt,
    undo_match,
)
from encours.matching.actions.running import RunResult, run_matching

__all__ = [
    "Choice",
    "Rights",
    "RunResult",
    "accept",
    "accept_proposal",
    "accept_return",
    "apply_match",
    "assign_line",
    "book_line",
    "ignore_line",
    "note_line",
    "restore_line",
    "run_matching",
    "tie_to_receipt",
    "undo_match",
]
