"""The command keeps its hands off real books, and knows a load that was cut short."""

import argparse
import json
from pathlib import Path

import pytest

from encours.access.models import Organisation
from encours.entrypoints.cli import demo
from encours.entrypoints.demo import load, people
from tests.cast import Company

ARGUMENTS = argparse.Namespace(host="127.0.0.1", port=8000, reset=True, no_serve=True)


def test_refuses_a_database_that_holds_another_organisation(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> None:
        pytest.fail("real books were about to be dropped")

    monkeypatch.setattr(demo, "_drop", never)
    assert demo.run(ARGUMENTS) == 1
    assert company.organisation.name in capsys.readouterr().err


@pytest.mark.django_db
class TestLoadedOn:
    def test_is_nothing_without_the_mark_of_a_finished_load(self, tmp_path: Path) -> None:
        Organisation.objects.create(name=people.GROUP, slug="demo")
        assert load.loaded_on(tmp_path) is None

    def test_is_nothing_when_the_database_was_emptied(self, tmp_path: Path) -> None:
        (tmp_path / load.MARK).write_text(json.dumps({"today": "2026-11-22", "organisation": 1}))
        assert load.loaded_on(tmp_path) is None
