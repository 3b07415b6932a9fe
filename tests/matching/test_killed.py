"""`encours match` killed in the middle of a run: nothing is left of it, and the next run makes the same books."""

import os
import signal
import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from django.db import connections, transaction

from encours.ledger import invariants as ledger_laws
from encours.ledger.models import AllocationLeg, OpenItem
from encours.matching import invariants as matching_laws
from encours.matching.models import LineWork, Match, PayerAlias
from encours.payments.models import Receipt
from tests.books import Books
from tests.cast import Company
from tests.matching.bank import Bank, set_up

WORK = """
import os, sys, time
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from encours.core import processors, writers
from encours.entrypoints.cli import main
from encours.matching.actions import running, staging
from encours.matching.rules import run

def stop(*given, **named):
    os.write(1, b"midway\\n")  # one piece, though two processes may say it
    time.sleep(30)

running.SHARED_FROM = 2
processors.processors = lambda: 2
commit = writers.Writer.commit
if sys.argv[3] == "shared out":
    run.weigh = stop
elif sys.argv[3] == "legs written":
    staging._keep_matches = stop
elif sys.argv[3] == "all written":
    running.record_audit = stop
elif sys.argv[3] == "a part stands":
    writers.Writer.commit = lambda writer: (commit(writer), stop())
main.set_up = lambda **named: None
sys.exit(main.main(["match", "--as-of", "2026-11-20", "--json", "--organisation", sys.argv[2]]))
"""


def started(company: Company, mode: str = "") -> "subprocess.Popen[str]":
    """The command in a process of its own, which stops where `mode` says."""
    name = str(connections["default"].settings_dict["NAME"])
    words = [sys.executable, "-W", "ignore", "-c", WORK, name, company.organisation.slug, mode]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": "src"}
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)


def filled(books: Books, bank: Bank) -> None:
    """Lines of every fate: applied to the cent and in part, two for one invoice, one for several, silent, nobody's."""
    company = books.company
    day = {"issued": date(2026, 10, 1), "due": date(2026, 10, 31)}
    for number in range(6):
        books.invoice(company.acme, 811_13 + 97 * number, number=f"F-2026-0{500 + number}", **day)
        bank.line(811_13 + 97 * number, text=f"F-2026-0{500 + number}", counterparty_iban=company.acme.iban)
    books.invoice(company.borealis, 4_517_21, number="F-2026-0600", **day)
    bank.line(2_000_00, text="ACOMPTE F-2026-0600", counterparty_iban=company.borealis.iban)
    bank.line(2_517_21, text="SOLDE F-2026-0600", counterparty_iban=company.borealis.iban)
    for number in (700, 701):
        books.invoice(company.cobalt, 333_33 + number, number=f"F-2026-0{number}", **day)
    bank.line(2 * 333_33 + 1_401, text="F-2026-0700 F-2026-0701", counterparty_iban=company.cobalt.iban)
    bank.line(77_01, text="COTISATION", counterparty_name="MUTUELLE DU LITTORAL")


def told(company: Company) -> dict[str, Any]:
    """The books and the state of every line, without the numbers that differ from run to run."""
    mine = {"organisation": company.organisation}
    return {
        "open": list(
            OpenItem.objects.filter(**mine)
            .order_by("document_number", "amount_minor")
            .values_list("kind", "amount_minor", "open_minor", "legs_first_date", "legs_last_date", "customer__number")
        ),
        "legs": sorted(
            AllocationLeg.objects.filter(**mine).values_list(
                "item__kind", "item__customer__number", "amount_minor", "allocation_date", "allocation__code"
            )
        ),
        "receipts": sorted(Receipt.objects.filter(**mine).values_list("number", "amount_minor", "customer__number")),
        "matches": sorted(Match.objects.filter(**mine).values_list("line__key", "amount_minor", "on_account_minor")),
        "lines": sorted(LineWork.objects.filter(**mine).values_list("line__key", "state", "why_not", "how")),
        "payers": sorted(PayerAlias.objects.filter(**mine).values_list("kind", "value", "confirmed_count")),
    }


def undisturbed(company: Company, bank: Bank) -> dict[str, Any]:
    """The books of a run that nothing comes in between of, which are taken back again."""
    with transaction.atomic():
        assert bank.run().applied == 9
        found = told(company)
        transaction.set_rollback(True)
    return found


def killed(company: Company, mode: str) -> None:
    """The command, killed where `mode` says."""
    process = started(company, mode)
    assert process.stdout is not None
    assert process.stdout.readline() == "midway\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def run_again(company: Company) -> str:
    """What the command answers when it is left alone."""
    again = started(company)
    answer, _ = again.communicate(timeout=120)
    assert again.returncode == 0
    return answer


def broken_laws(company: Company) -> list[str]:
    """The laws of the books that do not hold."""
    found = [*ledger_laws.check(company.organisation_id), *matching_laws.check(company.organisation_id)]
    return [one.code for one in found if not one.is_kept]


@pytest.mark.parametrize("mode", ["shared out", "legs written", "all written"])
def test_leaves_nothing_and_the_next_run_makes_the_books_of_an_undisturbed_one(
    committed_company: Company, mode: str
) -> None:
    books, bank = set_up(committed_company)
    filled(books, bank)
    before, wanted = told(committed_company), undisturbed(committed_company, bank)
    killed(committed_company, mode)
    assert told(committed_company) == before
    assert '"applied": 9' in run_again(committed_company)
    assert told(committed_company) == wanted
    assert broken_laws(committed_company) == []


def test_between_the_commits_of_its_parts_leaves_whole_lines_and_the_next_run_does_the_rest(
    committed_company: Company,
) -> None:
    books, bank = set_up(committed_company)
    filled(books, bank)
    wanted = undisturbed(committed_company, bank)
    killed(committed_company, "a part stands")
    assert 0 < Match.objects.filter(organisation=committed_company.organisation).count() < 9
    assert broken_laws(committed_company) == []
    run_again(committed_company)
    assert told(committed_company) == wanted
    assert broken_laws(committed_company) == []
