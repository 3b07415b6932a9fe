"""`encours dun`: what leaves, what is held and why, as programs read it; and which days it refuses."""

import json

import pytest

from encours.access import actions as access
from encours.collections.models import Reminder
from encours.entrypoints.cli import dun, main
from encours.messaging.models import Message
from tests.collections import books
from tests.documented import documented, shape


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    books.post(company, company.acme, "F1", amount=80_00)
    books.post(company, company.acme, "F2", amount=20_00)
    books.post(company, company.borealis, "F3", amount=30_00)
    books.pay(company, company.borealis, "P1", 30_00)
    return company


def call(*words):
    """Run the command as its words say; main.main would set Django up again."""
    import argparse

    parser = argparse.ArgumentParser()
    dun.add_arguments(parser)
    return dun.run(parser.parse_args(words))


def document(capsys, *words):
    assert call("--as-of", "2026-11-24", "--json", *words) == 0
    return json.loads(capsys.readouterr().out)


class TestDun:
    def test_is_a_command(self):
        assert main.COMMANDS["dun"][0] == "dun"

    def test_a_dry_run_tells_all_and_writes_nothing(self, brevanne, capsys):
        found = document(capsys, "--dry-run")
        assert found["counts"] == {"due": 1, "to_confirm": 0, "held": 1, "blocked": 0, "postponed": 0, "skipped": 0}
        assert shape(found) == shape(documented("dun"))
        acme, borealis = found["decisions"]
        assert (acme["customer_number"], acme["step"], acme["scenario"]) == ("C001", "reminder_2", "Standard")
        assert acme["amount"] == {"amount": "100.00", "currency": "EUR"}
        assert [(i["invoice_number"], i["instalment"], i["amount"]["amount"]) for i in acme["items"]] == [
            ("F1", 1, "80.00"),
            ("F2", 1, "20.00"),
        ]
        held = [check for check in borealis["checks"] if check["outcome"] == "held"]
        assert [(check["code"], check["frees"]) for check in held] == [
            ("unapplied_cash", "Apply the payment to its invoices.")
        ]
        assert not Reminder.objects.exists()

    def test_the_run_decides_what_the_dry_run_said_and_only_once(self, brevanne, capsys):
        dry, real = document(capsys, "--dry-run"), document(capsys)
        volatile = {"send_after", "held_since"}
        assert [{k: v for k, v in d.items() if k not in volatile} for d in real["decisions"]] == [
            {k: v for k, v in d.items() if k not in volatile} for d in dry["decisions"]
        ]
        assert document(capsys)["counts"]["due"] == 0
        assert Message.objects.count() == 1

    def test_for_a_person_it_prints_a_table(self, brevanne, capsys):
        assert call("--as-of", "2026-11-24", "--dry-run") == 0
        printed = capsys.readouterr().out
        assert "reminder_2" in printed
        assert "30.00 EUR" in printed

    def test_another_day_is_refused_once_messages_may_leave(self, brevanne, capsys):
        access.set_sandbox(by=brevanne.by, organisation_id=brevanne.organisation_id, sandbox=False, why="live")
        assert call("--as-of", "2020-01-06", "--json") == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "dry run" in captured.err or "blanc" in captured.err
        assert call("--as-of", "2020-01-06", "--dry-run") == 0
