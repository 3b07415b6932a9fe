"""A customer's evidence file from the books: everything of theirs, nothing of others, the same twice."""

import io
import json
import subprocess
import sys
import zipfile

import pytest

from encours.access.models import AuditEntry
from encours.customers import actions as customer_actions
from encours.entrypoints.cli import asking, dossier, main, words
from encours.recovery import actions as recovery
from encours.recovery.models import SigningKey
from tests.collections import books
from tests.collections.books import NOW, TODAY


@pytest.fixture
def brevanne(company, settings, tmp_path):
    settings.ENCOURS_HOME = tmp_path / "home"
    books.set_up(company)
    item = books.post(company, company.acme, "F1", late=60, amount=1_000_00)
    books.post(company, company.borealis, "OTHER-1", late=60)
    books.pay(company, company.acme, "P1", 300_00, on=item)
    return company


def made(company):
    return recovery.make_dossier(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, day=TODAY, language="fr", by=company.by
    )


def files(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class TestDossier:
    def test_holds_the_account_the_annex_and_the_trail(self, brevanne):
        found = files(made(brevanne))
        account = found["01-account.csv"].decode("utf-8-sig")
        assert "invoice;F1;1/1;2026-08-26;2026-09-25;EUR;1000.00;-300.00;700.00" in account
        assert found["10-penalties-01.pdf"].startswith(b"%PDF")
        assert json.loads(found["90-audit.json"]) is not None
        assert {"index.html", "manifest.json", "manifest.sig", "verify.py"} <= set(found)

    def test_holds_nothing_of_others_and_no_notes(self, brevanne):
        customer_actions.add_note(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, text="INTERNAL", now=NOW,
            by=brevanne.by,
        )  # fmt: skip
        everything = b"".join(files(made(brevanne)).values())
        assert b"OTHER-1" not in everything
        assert b"INTERNAL" not in everything

    def test_twice_gives_the_same_bytes_and_two_lines_of_audit(self, brevanne):
        assert made(brevanne) == made(brevanne)
        assert AuditEntry.objects.filter(verb="make_dossier").count() == 2
        key = SigningKey.objects.get()
        assert len(bytes(key.public_key)) == 32
        assert bytes(key.public_key).hex() not in key.private_key_encrypted

    def test_the_command_writes_what_its_own_verifier_accepts(self, brevanne, tmp_path, capsys):
        assert main.COMMANDS["dossier"][0] == "dossier"
        parser = words.Parser(prog="test")
        dossier.add_arguments(parser)
        path = tmp_path / "acme.zip"
        assert dossier.run(parser.parse_args(["C001", str(path), "--as-of", TODAY.isoformat()])) == 0
        script = tmp_path / "verify.py"
        script.write_bytes(files(path.read_bytes())["verify.py"])
        done = subprocess.run([sys.executable, str(script), str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "unaltered")
        with pytest.raises(dossier.FileThere):
            dossier.run(parser.parse_args(["C001", str(path)]))
        with pytest.raises(asking.CustomerUnknown):
            dossier.run(parser.parse_args(["C999", str(tmp_path / "x.zip")]))
