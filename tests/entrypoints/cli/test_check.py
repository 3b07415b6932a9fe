"""`encours check`: every law of every room, with its figure."""

import argparse
import json
from collections.abc import Iterator

import pytest
from django.utils import translation

from encours.access import actions as access
from encours.core.findings import Finding
from encours.entrypoints.cli import check
from tests import cast
from tests.documented import documented, shape

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The words the tests look for."""
    with translation.override("en"):
        yield


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    return check.run(parser.parse_args(words))


def test_asks_every_room_that_has_laws(company: cast.Company, capsys: pytest.CaptureFixture[str]) -> None:
    access.set_sandbox(by=company.by, organisation_id=company.organisation_id, sandbox=False, why="checked")
    assert run("--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert shape(document) == shape(documented("check"))
    assert document["ok"] is True
    codes = {finding["code"] for finding in document["findings"]}
    assert {"audit_chain", "transactions_balance", "open_amounts_follow_from_legs"} <= codes
    [chain] = [finding for finding in document["findings"] if finding["code"] == "audit_chain"]
    assert chain["organisation"] == "brevanne"
    assert chain["figure"].startswith("1 entries")


def test_a_broken_law_is_shown_and_fails(
    company: cast.Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Finding(code="books_balance", is_kept=False, figure="12 transactions", detail="transaction 7 by 0.01 EUR")
    monkeypatch.setattr(check, "findings_of", lambda organisation: [broken])
    assert run() == 1
    printed = capsys.readouterr().out
    assert "NO" in printed
    assert "transaction 7 by 0.01 EUR" in printed


def test_an_unknown_organisation_is_refused(company: cast.Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--organisation", "nowhere") == 1
    assert "nowhere" in capsys.readouterr().err
