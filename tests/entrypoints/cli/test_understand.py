"""`encours understand`: what mails saved as files say, without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from encours.entrypoints.cli import understand, words
from tests.documented import documented, shape

REPLY = """From: Lise <lise@client.example>
Subject: Re: Relance facture FA-2026-4290
Date: Thu, 19 Nov 2026 10:00:00 +0100
Message-ID: <r1@client.example>
In-Reply-To: <m1@brevanne.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Le virement de 1 234,50 € partira vendredi.

Cordialement,
Lise
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="releve.pdf"

%PDF
--b--
"""


@pytest.fixture
def reply(tmp_path: Path) -> Path:
    path = tmp_path / "reponse.eml"
    path.write_text(REPLY, encoding="utf-8")
    return path


def call(*arguments: str | Path) -> int:
    parser = words.Parser(prog="understand")
    understand.add_arguments(parser)
    return understand.run(parser.parse_args([str(argument) for argument in arguments]))


def document(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, Any]:
    code = call(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_json_is_as_documented(reply: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = document(capsys, reply, reply.with_name("absent.eml"))
    example = documented("understand")
    assert code == 1
    assert shape(found) == shape(example)
    [told] = found["files"]
    assert {**told, "file": "", "attachments": []} == {**example["files"][0], "file": "", "attachments": []}


def test_a_person_reads_a_table(reply: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(reply) == 0
    shown = capsys.readouterr().out
    assert "Le virement de 1 234,50 € partira vendredi." in shown
    assert "date=2026-11-20" in shown


def test_what_is_no_mail_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nested = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(3000))
    path = tmp_path / "piege.eml"
    path.write_text(f"Content-Type: multipart/mixed; boundary=b0\n\n{nested}")
    assert call(path) == 1
    assert "piege.eml" in capsys.readouterr().err


def test_needs_no_database(reply: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    surroundings = {**os.environ, "ENCOURS_HOME": str(home)}
    surroundings.pop("DATABASE_URL", None)
    ended = subprocess.run(
        [sys.executable, "-m", "encours.entrypoints.cli.main", "understand", str(reply), "--json"],
        env={**surroundings, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["counts"] == {"promise": 1}
    assert not (home / "postgres").exists()
