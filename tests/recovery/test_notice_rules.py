"""The check-list of a formal notice as a table: one fault at a time, what the file says."""

from dataclasses import replace
from datetime import date

import pytest

from encours.recovery.rules.notice import WORDS, Answer, File, Line, check, refused, to_answer

LINE = Line(1, "F1", 1, 1, date(2026, 9, 1), date(2026, 10, 1), 100_00, 3_00, 40_00)
FILE = File(
    today=date(2026, 11, 24), lines=[LINE], is_business=True, is_insolvent=False, has_address=True
)  # fmt: skip


def test_a_clean_file_says_yes_to_everything():
    assert {one.answer for one in check(FILE)} == {Answer.YES}


@pytest.mark.parametrize(
    ("change", "code", "answer"),
    [
        ({"lines": []}, "due", "no"),
        ({"lines": [replace(LINE, due_date=date(2026, 11, 24))]}, "due", "no"),
        ({"lines": [replace(LINE, due_inferred=True)]}, "due", "look"),
        ({"lines": [replace(LINE, disputed_minor=1)]}, "certain", "look"),
        ({"unapplied_minor": 1}, "liquid", "look"),
        ({"company_gaps": ["siren"]}, "company", "look"),
        ({"has_address": False}, "address", "no"),
        ({"is_business": False}, "interest", "look"),
        ({"lines": [replace(LINE, interest_missing=True)]}, "interest", "look"),
        ({"has_doubtful_values": True}, "interest", "look"),
        ({"is_insolvent": True}, "insolvency", "no"),
        ({"lines": [replace(LINE, under_plan="PLAN-1")]}, "plan", "no"),
        ({"unread_replies": 2}, "replies", "look"),
    ],
)
def test_one_fault_shows_on_its_own_line(change, code, answer):
    found = {one.code: one.answer.value for one in check(replace(FILE, **change))}
    assert found.pop(code) == answer
    assert set(found.values()) == {"yes"}
    conditions = check(replace(FILE, **change))
    assert (refused(conditions), to_answer(conditions)) == (([code], []) if answer == "no" else ([], [code]))


def test_every_condition_has_its_words():
    assert {one.code for one in check(FILE)} == set(WORDS)
