"""`encours scenario`: scenarios written out, read in, checked and compared as files."""

import argparse
import json

import pytest
from django.utils import translation

from encours.collections import actions as collections
from encours.collections.models import Scenario, ScenarioAssignment, ScenarioDraft, ScenarioVersion
from encours.collections.queries import scenarios
from encours.core.errors import EncoursError
from encours.entrypoints.cli import main, scenario
from tests.collections import books
from tests.documented import documented, shape


@pytest.fixture(autouse=True)
def in_english():
    """The sentences as programs read them."""
    with translation.override("en"):
        yield


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def call(*words):
    """Run the command as its words say."""
    parser = argparse.ArgumentParser()
    scenario.add_arguments(parser)
    return scenario.run(parser.parse_args(words))


@pytest.fixture
def exported(brevanne, tmp_path, capsys):
    """The standard scenario as a file."""
    file = tmp_path / "standard.toml"
    assert call("export", "Standard", str(file)) == 0
    capsys.readouterr()
    return file


def change(file, before, after):
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


class TestExport:
    def test_is_a_command(self):
        assert main.COMMANDS["scenario"][0] == "scenario"

    def test_writes_to_the_screen_and_never_over_a_file(self, exported, capsys):
        assert call("export", "Standard") == 0
        assert capsys.readouterr().out == exported.read_text(encoding="utf-8")
        with pytest.raises(scenario.FileThere):
            call("export", "Standard", str(exported))
        assert call("export", "Standard@1", str(exported), "--force", "--json") == 0
        assert json.loads(capsys.readouterr().out)["version"] == 1

    @pytest.mark.parametrize("name", ["Nobody's", "Standard@9", "Standard@x"])
    def test_refuses_a_scenario_that_is_not_there(self, brevanne, name):
        with pytest.raises(scenarios.ScenarioNotFound):
            call("export", name)


class TestImport:
    def test_an_unchanged_file_changes_nothing(self, exported, capsys):
        assert call("diff", "Standard", str(exported)) == 0
        assert capsys.readouterr().out == "Nothing differs.\n"

    def test_makes_a_draft_that_counts_for_nobody(self, exported, capsys):
        change(exported, "days = 30", "days = 32")
        assert call("import", str(exported), "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert shape(found) == shape(documented("scenario"))
        assert found["changes"] == ["“Reminder 3”, days: 30 → 32."]
        assert ScenarioVersion.objects.filter(scenario__name="Standard").count() == 1
        assert ScenarioDraft.objects.get().state == "open"

    def test_publishes_when_asked(self, exported, capsys):
        change(exported, "days = 30", "days = 32")
        assert call("import", str(exported), "--publish", "--note", "two more days") == 0
        version = ScenarioVersion.objects.filter(scenario__name="Standard").latest("number")
        assert (version.number, version.note) == (2, "two more days")
        assert "version 2" in capsys.readouterr().out
        call("diff", "Standard@1", "Standard", "--text")
        assert "-days = 30" in capsys.readouterr().out

    def test_an_unknown_name_makes_a_scenario_for_nobody_yet(self, brevanne, exported):
        change(exported, 'name = "Standard"', 'name = "Key accounts"')
        assert call("import", str(exported)) == 0
        made = Scenario.objects.get(name="Key accounts")
        assert not ScenarioAssignment.objects.filter(scenario=made).exists()

    def test_waits_for_a_second_person_where_one_has_to_agree(self, brevanne, exported):
        collections.set_policy(organisation_id=brevanne.organisation_id, values={"asks_approval": True}, by=brevanne.by)
        change(exported, "days = 30", "days = 32")
        with pytest.raises(EncoursError) as refused:
            call("import", str(exported), "--publish")
        assert refused.value.code == "approval_missing"
        assert ScenarioVersion.objects.filter(scenario__name="Standard").count() == 1


class TestCheck:
    def test_needs_no_organisation_and_names_the_line(self, tmp_path, capsys):
        file = tmp_path / "bad.toml"
        file.write_text('format = 1\nname = "Mine"\n[[step]]\nkey = "a"\nname = "A"\ndays = "x"\n')
        assert call("check", str(file)) == 1
        told = capsys.readouterr().err
        assert f"{file}, line 6: “days” cannot be “x”. Expected: -1000..1000." in told
        assert call("check", str(file), str(tmp_path / "none.toml"), "--json") == 1
        assert [fault["code"] for fault in json.loads(capsys.readouterr().out)["faults"]] == [
            "scenario_field_unusable", "file_unreadable",
        ]  # fmt: skip

    def test_what_the_howto_shows_is_in_order(self, tmp_path, capsys):
        import re
        from pathlib import Path

        text = Path("docs/howto/write-a-scenario.md").read_text(encoding="utf-8")
        file = tmp_path / "howto.toml"
        file.write_text(re.search(r"```toml\n(.*?)```", text, re.S)[1], encoding="utf-8")
        assert call("check", str(file)) == 0
        assert capsys.readouterr().out == "All is in order.\n"
