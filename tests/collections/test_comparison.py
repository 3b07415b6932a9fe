"""What changes between two versions of a scenario."""

from dataclasses import replace

from encours.collections.rules.comparison import changes
from encours.collections.rules.defaults import standard_steps

STEPS = standard_steps("fr")


class TestChanges:
    def test_of_the_same_steps_are_none(self):
        assert changes(STEPS, STEPS) == []

    def test_name_the_field_and_both_values(self):
        (found,) = changes(STEPS, [replace(step, days=25) if step.days == 30 else step for step in STEPS])
        assert (found.kind, found.field, found.before, found.after) == ("changed", "days", 30, 25)

    def test_tell_what_was_added_and_removed(self):
        added = replace(STEPS[1], key="extra", name="Relance de plus", days=20)
        found = changes(STEPS, [*STEPS[1:], added])
        assert [(change.kind, change.step_key) for change in found] == [("added", "extra"), ("removed", STEPS[0].key)]
