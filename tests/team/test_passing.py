"""When notifications leave by e-mail, hour by hour."""

import datetime as dt

import pytest

from encours.team.rules.passing import Choice, Passing, Waiting, due, is_quiet

MENTION, RULE = Waiting(1, "mention"), Waiting(2, "rule")
USUAL = Choice()


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute)


@pytest.mark.parametrize(
    ("choice", "now", "working", "had", "expected"),
    [
        (USUAL, at(10), True, False, Passing(at_once=(1,), digest=(2,))),
        (USUAL, at(10), True, True, Passing(at_once=(1,))),  # the digest of the day has left
        (USUAL, at(20), True, False, Passing()),
        (USUAL, at(7, 59), True, False, Passing()),
        (USUAL, at(8), True, False, Passing(at_once=(1,), digest=(2,))),
        (USUAL, at(10), False, False, Passing()),  # a Sunday
        (Choice(mentions="daily"), at(10), True, False, Passing(digest=(1, 2))),
        (Choice(others="at_once"), at(10), True, True, Passing(at_once=(1, 2))),
        (Choice(mentions="never"), at(20), True, False, Passing(dropped=(1,))),
        (Choice(digest_at=dt.time(17)), at(10), True, False, Passing(at_once=(1,))),
    ],
)
def test_what_leaves_when(choice, now, working, had, expected):
    assert due([MENTION, RULE], choice, now=now, is_working_day=working, has_had_digest=had) == expected


def test_what_was_read_is_not_repeated():
    found = due([Waiting(1, "mention", is_read=True)], USUAL, now=at(10), is_working_day=True, has_had_digest=False)
    assert found == Passing(dropped=(1,))


@pytest.mark.parametrize(
    ("start", "end", "hour", "quiet"),
    [(19, 8, 23, True), (19, 8, 7, True), (19, 8, 8, False), (12, 14, 13, True), (12, 14, 14, False), (0, 0, 3, False)],
)
def test_quiet_hours_may_cross_midnight(start, end, hour, quiet):
    assert is_quiet(Choice(quiet_from=dt.time(start), quiet_until=dt.time(end)), dt.time(hour)) is quiet
