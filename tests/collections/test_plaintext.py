"""A scenario as a file: what is written is read back exactly, and what is wrong is refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.collections.rules.defaults import standard_steps
from encours.collections.rules.plaintext import (
    ScenarioFieldMissing,
    ScenarioFieldUnknown,
    ScenarioFieldUnusable,
    ScenarioFileBroken,
    ScenarioFormatUnknown,
    ScenarioText,
    read_scenario,
    text_difference,
    write_scenario,
)
from encours.collections.rules.steps import (
    ROLES,
    WRITTEN,
    Basis,
    Channel,
    Colleague,
    EntryChoice,
    Grouping,
    Mode,
    Sender,
    StepEvent,
    StopCondition,
    Tone,
    read_steps,
)

STANDARD = ScenarioText("PME standard", standard_steps("fr"))
GOOD = """\
# my own
format = 1
name = "Mine"

[[step]]
key = "r1"
name = "Reminder 1"
days = 3
template = "reminder_1"

[[step]]
key = "r2"
name = "Reminder 2"
days = 10
template = "reminder_2"
to = ["accounts", "cfo"]
minimum = "50.00"
"""
names = st.text(min_size=1, max_size=20).filter(str.strip)
roles = st.lists(st.sampled_from(sorted(ROLES)), min_size=1, unique=True)
copied = st.lists(st.sampled_from(sorted(ROLES)), unique=True)


def some(kind):
    return st.sampled_from([value.value for value in kind])


@st.composite
def rows(draw):
    """A step as plain data that makes sense."""
    basis = draw(some(Basis))
    channel = draw(some(WRITTEN if basis == "paid" else Channel))
    to = draw(roles)
    return {
        "name": draw(names), "days": draw(st.integers(0 if basis == "event" else -1000, 1000)), "basis": basis,
        "event": draw(some(StepEvent)) if basis == "event" else None, "channel": channel,
        "template_key": draw(names) if channel in WRITTEN else draw(st.one_of(st.just(""), names)),
        "tone": draw(some(Tone)), "to_roles": to, "cc_roles": draw(copied),
        "escalate_after": draw(st.one_of(st.none(), st.integers(1, 9))) if len(to) > 1 else None,
        "cc_internal": draw(st.lists(some(Colleague), unique=True)), "sender": draw(some(Sender)),
        "mode": draw(some(Mode)), "grouping": draw(st.one_of(st.none(), some(Grouping))),
        "minimum_minor": draw(st.integers(0, 10**9)),
        "confirm_from_minor": draw(st.one_of(st.none(), st.integers(0, 10**9))),
        "stop_when": draw(st.lists(some(StopCondition), unique=True)),
        "new_deadline_days": draw(st.one_of(st.none(), st.integers(0, 365))), "is_last": draw(st.booleans()),
    }  # fmt: skip


@st.composite
def scenarios(draw):
    """Any scenario that can be published."""
    keys = draw(st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=5, unique=True))
    steps = read_steps([{**draw(rows()), "key": key} for key in keys])
    return ScenarioText(
        draw(names), steps, draw(st.sampled_from(["fr", "en"])), draw(st.sampled_from(list(Grouping))),
        draw(st.sampled_from([EntryChoice.BY_AGE, EntryChoice.IN_ORDER])),
    )  # fmt: skip


class TestRoundTrip:
    @given(scenarios())
    def test_what_is_written_is_read_back_exactly(self, scenario):
        text = write_scenario(scenario)
        assert read_scenario(text, file="x") == scenario
        assert write_scenario(read_scenario(text, file="x")) == text

    def test_leaves_out_what_is_usual(self):
        text = write_scenario(read_scenario(GOOD, file="x"))
        assert text.split("[[step]]")[1] == ('\nkey = "r1"\nname = "Reminder 1"\ndays = 3\ntemplate = "reminder_1"\n\n')

    def test_the_standard_scenario_reads_as_a_person_would_write_it(self):
        text = write_scenario(STANDARD)
        assert 'name = "Dernier avis avant mise en demeure"\ndays = 45\n' in text
        assert 'to = ["cfo", "accounts"]' in text


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "kind", "line", "field"),
        [
            (("format = 1", "format = 2"), ScenarioFormatUnknown, 2, None),
            (("format = 1\n", ""), ScenarioFieldMissing, 1, "format"),
            (('name = "Mine"', 'name = ""'), ScenarioFieldUnusable, 3, "name"),
            (('name = "Mine"', 'name = "Mine"\ncolour = "red"'), ScenarioFieldUnknown, 4, "colour"),
            (('name = "Mine"', 'name = "Mine"\nentry = "at_step"'), ScenarioFieldUnusable, 4, "entry"),
            (("days = 10", "days = 10.5"), ScenarioFieldUnusable, 14, "days"),
            (("days = 10", 'days = "10"'), ScenarioFieldUnusable, 14, "days"),
            (("days = 10", "days = true"), ScenarioFieldUnusable, 14, "days"),
            (("days = 10\n", ""), ScenarioFieldMissing, 11, "days"),
            (('key = "r2"', 'key = "r1"'), ScenarioFieldUnusable, 12, "key"),
            (('to = ["accounts", "cfo"]', 'to = ["boss"]'), ScenarioFieldUnusable, 16, "to"),
            (('to = ["accounts", "cfo"]', 'to = "cfo"'), ScenarioFieldUnusable, 16, "to"),
            (('to = ["accounts", "cfo"]', 'channel = "pigeon"'), ScenarioFieldUnusable, 16, "channel"),
            (('to = ["accounts", "cfo"]', 'canal = "sms"'), ScenarioFieldUnknown, 16, "canal"),
            (('"50.00"', '"50,00"'), ScenarioFieldUnusable, 17, "minimum"),
            (('"50.00"', '"0.001"'), ScenarioFieldUnusable, 17, "minimum"),
            (('"50.00"', "50.00"), ScenarioFieldUnusable, 17, "minimum"),
            (('"50.00"', '"NaN"'), ScenarioFieldUnusable, 17, "minimum"),
            (('template = "reminder_2"\n', ""), ScenarioFieldUnusable, 11, "template"),
            (("days = 10", "days = "), ScenarioFileBroken, 14, None),
        ],
    )
    def test_name_the_file_the_line_the_field_and_the_remedy(self, change, kind, line, field):
        with pytest.raises(kind) as refused:
            read_scenario(GOOD.replace(*change), file="mine.toml")
        data = refused.value.data
        assert (data["file"], data["line"], data.get("field")) == ("mine.toml", line, field)
        assert f"mine.toml, line {line}" in refused.value.sentence
        if kind is ScenarioFieldUnusable:
            assert data["expected"]

    def test_a_file_without_steps_is_none(self):
        with pytest.raises(ScenarioFieldMissing):
            read_scenario('format = 1\nname = "Mine"\n', file="x")


class TestDifference:
    def test_shows_the_lines_that_differ(self):
        found = text_difference(GOOD, GOOD.replace("days = 10", "days = 12"), names=("v1", "v2"))
        assert found[:2] == ["--- v1", "+++ v2"]
        assert "-days = 10" in found
        assert "+days = 12" in found
