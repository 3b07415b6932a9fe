"""The foot of Today's panel: which step is solid, which stand beside it, what is in the menu."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from encours.collections.rules.ranking import NextStep
from encours.entrypoints.desk.today_foot import RIGHTS, Situation, foot

ALL = dict.fromkeys(RIGHTS, True)
NONE = dict.fromkeys(RIGHTS, False)
USUAL = Situation(7, "C7", "/", ALL)
READY = {"reminder_id": 3, "outcome": "to_confirm", "has_draft": True, "has_letter": True}
HELD = {"reminder_id": 3, "outcome": "held", "has_draft": True, "has_letter": True}


def codes(**facts: Any) -> tuple[str, str, str]:
    found = foot(replace(USUAL, **facts))
    first = found.first.code if found.first else ""
    return first, " ".join(deed.code for deed in found.beside), " ".join(deed.code for deed in found.more)


@pytest.mark.parametrize(
    ("facts", "first", "beside"),
    [
        ({}, "done", "call write"),
        (READY | {"step": NextStep.SEND, "reason": "to_confirm"}, "send", "call write"),
        (READY | {"step": NextStep.CALL, "reason": "promise_broken"}, "call", "send write"),
        ({"step": NextStep.CALL, "reason": "call"}, "call", "write promise"),
        (HELD | {"step": NextStep.READ, "reason": "reply", "reply_id": 9}, "write", "call promise"),
        (HELD | {"step": NextStep.WAIT, "reason": "held"}, "done", "call write"),
        (HELD | {"step": NextStep.CORRECT, "reason": "recipient"}, "correct", "call write"),
        ({"step": NextStep.DECIDE, "reason": "insolvency"}, "decide", "call write"),
        (READY | {"has_letter": False, "step": NextStep.SEND}, "done", "call write"),
        ({"may": NONE}, "", ""),
        ({"may": {**NONE, "note": True}, "step": NextStep.SEND} | READY, "done", "call"),
    ],
)
def test_one_step_is_next_and_two_stand_beside_it(facts: dict[str, Any], first: str, beside: str) -> None:
    assert codes(**facts)[:2] == (first, beside)


@pytest.mark.parametrize("facts", [{}, READY, HELD, {"reminder_id": 3, "outcome": "due"}])
def test_no_key_is_given_twice_and_nothing_stands_twice(facts: dict[str, Any]) -> None:
    found = foot(replace(USUAL, **facts))
    deeds = [deed for deed in (found.first, *found.beside, *found.more) if deed]
    assert len({deed.code for deed in deeds}) == len(deeds)
    keys = [deed.key for deed in deeds if deed.key]
    assert len(set(keys)) == len(keys)
    assert {"c", "p", "d", "w", "x", "e"} <= set(keys)


def test_an_unread_answer_is_what_the_message_answers() -> None:
    found = foot(replace(USUAL, step=NextStep.READ, reason="reply", reply_id=9))
    assert found.first is not None
    with translation.override("fr"):
        assert str(found.first.label) == "Répondre"
    assert "reply=9" in found.first.address


@pytest.mark.parametrize(
    ("reason", "address"),
    [
        ("waiting_payment", "/cash?of=7"),
        ("unapplied_cash", "/cash/lettrage?customer=C7"),
        ("dispute", "/customers/C7/disputes"),
        ("insolvency", "/customers/C7/recovery"),
        ("scenario", "/customers/C7"),
        ("recipient", "/customers/C7/contacts/5"),
    ],
)
def test_a_step_done_elsewhere_leads_there(reason: str, address: str) -> None:
    found = foot(replace(USUAL, step=NextStep.DECIDE, reason=reason, contact_id=5))
    assert found.first is not None
    assert found.first.address == address
