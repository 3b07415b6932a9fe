"""The scanner and the model, asked over real sockets: what they say is believed only in the shape agreed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from encours.connectors.clamd import client as clamd
from encours.connectors.drafting import client as drafting
from encours.conversation.rules import drafting as rules
from encours.messaging import actions as messaging
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import MailAttachment

from .conftest import IBAN, NOW

HERE = Path(__file__).parent


def started(name: str, *arguments: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, str(HERE / name), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.fixture
def scanner() -> Iterator[str]:
    for port in started("clamd_server.py"):
        yield f"127.0.0.1:{port}"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    return tmp_path / "asked.jsonl"


@pytest.fixture
def model(asked: Path) -> Iterator[str]:
    for port in started("model_server.py", str(asked)):
        yield f"http://127.0.0.1:{port}/v1"


class TestScanner:
    def test_tells_harmless_from_dangerous(self, scanner):
        assert clamd.is_there(scanner)
        assert clamd.ask(scanner, b"a" * 200_000).is_clean
        found = clamd.ask(scanner, b"X5O!P EICAR")
        assert (found.is_clean, found.words) == (False, "Eicar-Test")

    def test_a_silence_is_no_answer(self, scanner):
        with pytest.raises(clamd.ScannerSilent):
            clamd.ask(scanner, b"SILENCE")

    def test_a_scanner_that_is_not_there_is_told(self):
        assert not clamd.is_there("127.0.0.1:1")
        with pytest.raises(clamd.ScannerSilent) as refused:
            clamd.ask("127.0.0.1:1", b"x")
        assert refused.value.retry


def test_files_are_held_until_scanned_and_dangerous_ones_for_ever(company, books, post, scanner, settings):
    settings.ATTACHMENT_SCANNER = scanner
    post.comes(
        "Ci-joint.",
        files=(
            ("bon.pdf", "application/pdf", b"%PDF"),
            ("virus.pdf", "application/pdf", b"EICAR"),
            ("muet.pdf", "application/pdf", b"SILENCE"),
        ),
    )
    files = list(MailAttachment.objects.order_by("position"))
    assert [inbound.may_open(one) for one in files] == [False, False, False]
    done = messaging.scan_waiting(
        organisation_id=company.organisation_id, scan=clamd.scanner(scanner), now=NOW, by=company.by
    )
    files = list(MailAttachment.objects.order_by("position"))
    assert done == 2
    assert [one.state for one in files] == ["clean", "infected", "waiting"]
    assert [inbound.may_open(one) for one in files] == [True, False, False]
    settings.ATTACHMENT_SCANNER = ""
    assert not inbound.may_open(files[1])


class TestModel:
    def test_gives_its_draft_and_nothing_else_left(self, model, asked):
        told = rules.prompt(f"Payé sur {IBAN}, appelez le 06 12 34 56 78", subject="Re: x", language="fr", lines=[])
        assert "revenons" in drafting.draft(model, model="petit", key="k", messages=told)
        [said] = [json.loads(line) for line in asked.read_text().splitlines()]
        assert said["path"] == "/v1/chat/completions"
        assert said["key"] == "Bearer k"
        assert said["messages"] == told
        assert IBAN not in asked.read_text()
        assert "06 12 34 56 78" not in asked.read_text()

    @pytest.mark.parametrize("name", ["broken", "away"])
    def test_is_not_believed_in_another_shape(self, model, name):
        with pytest.raises(drafting.ModelSilent):
            drafting.draft(model, model=name, key="", messages=[])

    def test_is_not_waited_for_too_long(self, model, monkeypatch):
        monkeypatch.setattr(drafting, "TIMEOUT_SECONDS", 0.3)
        with pytest.raises(drafting.ModelSilent) as refused:
            drafting.draft(model, model="slow", key="", messages=[])
        assert refused.value.retry

    @pytest.mark.parametrize("name", ["iban", "long"])
    def test_a_draft_that_names_an_account_or_is_no_letter_is_not_let_in(self, model, name):
        with pytest.raises(rules.DraftUnusable):
            rules.let_in(drafting.draft(model, model=name, key="", messages=[]))

    def test_an_address_of_another_kind_is_not_asked(self):
        with pytest.raises(drafting.ModelSilent):
            drafting.draft("file:///etc/passwd", model="x", key="", messages=[])
