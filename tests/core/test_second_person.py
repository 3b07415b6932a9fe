"""Who may decide about what, as a table."""

import pytest

from encours.core import second_person
from encours.core.second_person import OwnProposal, ProposalDecided, ReasonNeeded, Standing

ADA, BEA = 1, 2


@pytest.mark.parametrize(
    ("standing", "by_id", "expected"),
    [
        (Standing(ADA), BEA, "approved"),
        (Standing(ADA), ADA, OwnProposal),
        (Standing(ADA), None, OwnProposal),
        (Standing(None), None, OwnProposal),
        (Standing(None), BEA, "approved"),
        (Standing(ADA, "refused"), BEA, ProposalDecided),
        (Standing(ADA, "approved"), ADA, ProposalDecided),
    ],
)
def test_another_person_agrees_once(standing, by_id, expected):
    if isinstance(expected, str):
        assert second_person.agreed(standing, by_id=by_id) == expected
    else:
        with pytest.raises(expected):
            second_person.agreed(standing, by_id=by_id)


@pytest.mark.parametrize(
    ("standing", "by_id", "why", "expected"),
    [
        (Standing(ADA), BEA, "too much", "refused"),
        (Standing(ADA), BEA, " ", ReasonNeeded),
        (Standing(ADA), ADA, "", "withdrawn"),
        (Standing(None), None, "", ReasonNeeded),
        (Standing(ADA, "withdrawn"), ADA, "", ProposalDecided),
    ],
)
def test_a_refusal_has_a_reason_and_ones_own_is_withdrawn(standing, by_id, why, expected):
    if isinstance(expected, str):
        assert second_person.turned_down(standing, by_id=by_id, why=why) == expected
    else:
        with pytest.raises(expected):
            second_person.turned_down(standing, by_id=by_id, why=why)
