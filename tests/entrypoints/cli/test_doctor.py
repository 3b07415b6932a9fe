"""`encours doctor`: what is well, what is not, and what to do."""

import argparse
import json
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from encours.access import actions as access
from encours.entrypoints.cli import doctor
from tests import cast
from tests.documented import documented, shape

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The words the tests look for."""
    with translation.override("en"):
        yield


def states() -> dict[str, str]:
    return {line.code: line.state for line in doctor.examine()}


def test_a_sound_installation_has_nothing_that_fails(company: cast.Company, capsys: pytest.CaptureFixture[str]) -> None:
    document_code = doctor.run(argparse.Namespace(json=True))
    document = json.loads(capsys.readouterr().out)
    assert shape(document) == shape(documented("doctor"))
    assert [line for line in document["lines"] if line["state"] == "fail"] == []
    assert document_code == 0
    by_code = {line["code"]: line for line in document["lines"]}
    assert "tables guarded by row-level security" in by_code["role"]["found"]
    assert by_code["organisations"]["found"] == "brevanne: sandbox, no message leaves"
    assert by_code["mail"]["found"] == "brevanne: no mail account"


def test_leaving_the_sandbox_without_an_address_to_write_from_is_a_warning(company: cast.Company) -> None:
    assert states()["mail"] == "ok"
    access.set_sandbox(by=company.by, organisation_id=company.organisation_id, sandbox=False, why="live")
    assert states()["mail"] == "warn"


def test_a_connection_that_sees_all_tenants_fails(company: cast.Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local role none")
        assert states()["role"] == "fail"
        cursor.execute("set local role encours_app")
    assert states()["role"] == "ok"


def test_a_table_without_its_guard_fails(company: cast.Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local role none")
        cursor.execute("create table public.forgotten (organisation_id bigint)")
        cursor.execute("set local role encours_app")
    line = doctor.role()
    assert (line.state, line.found) == ("fail", "not guarded: forgotten")


def test_every_failure_says_what_to_do(
    company: cast.Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage(10, 9, 10))
    monkeypatch.setattr(doctor.finders, "find", lambda name: None)
    monkeypatch.delenv("ENCOURS_SECRET_KEY", raising=False)
    settings.ENCOURS_HOME = tmp_path
    for name in ("secret.key", "signing.key"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    failing = [line for line in doctor.examine() if line.state == "fail"]
    assert {line.code for line in failing} == {"disk", "pages", "secret_key", "signing_key"}
    assert all(line.remedy for line in failing)
