"""Two workers on the same lines, and a person at the same time: no cent is spent twice."""

import threading
from datetime import date

from django.db import connection

from encours.access import context
from encours.core.errors import Conflict, Refused
from encours.ledger import invariants
from encours.ledger.models import OpenItem
from encours.matching import actions as matching
from encours.matching.models import Match
from encours.matching.rules.facts import Allocation
from encours.payments.models import Receipt
from tests.matching.bank import NOW, TODAY, set_up


def at_once(company, *works):
    """Run all of it at the same moment, each on its own connection; what was not an expected refusal."""
    failures, gate = [], threading.Barrier(len(works))

    def run(work):
        try:
            with context.bound(company.organisation_id):
                gate.wait()
                work()
        except (Conflict, Refused):
            pass
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_runs_and_people_on_the_same_lines_spend_each_cent_once(committed_company):
    company = committed_company
    books, bank = set_up(company)
    items, lines = [], []
    for number in range(12):
        minor = 511_13 + 97 * number
        items.append(
            books.invoice(
                company.acme, minor, issued=date(2026, 10, 1), due=date(2026, 10, 31), number=f"F-2026-0{500 + number}"
            )
        )
        lines.append(bank.line(minor, text=f"F-2026-0{500 + number}", counterparty_iban=company.acme.iban))

    def machine():
        matching.run_matching(organisation_id=company.organisation_id, today=TODAY, now=NOW, by=company.by)

    def person():
        for line, item in zip(reversed(lines), reversed(items), strict=True):
            choice = matching.Choice(company.acme.pk, (Allocation(item.pk, item.document_number, line.amount_minor),))
            try:
                matching.apply_match(
                    organisation_id=company.organisation_id, line_id=line.pk, choice=choice, by=company.by, today=TODAY
                )
            except (Conflict, Refused):
                continue

    assert at_once(company, machine, machine, person) == []
    machine()
    assert Match.objects.count() == Receipt.objects.count() == 12
    assert set(OpenItem.objects.values_list("open_minor", flat=True)) == {0}
    assert [one.code for one in invariants.check(company.organisation_id) if not one.is_kept] == []


def test_two_people_undo_once(committed_company):
    company = committed_company
    books, bank = set_up(company)
    books.invoice(company.acme, 511_13, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0500")
    line = bank.line(511_13, text="F-2026-0500", counterparty_iban=company.acme.iban)
    bank.run()
    match = bank.match(line)
    assert at_once(company, lambda: bank.undo(match), lambda: bank.undo(match)) == []
    assert Match.objects.filter(reverses=match).count() == 1
    assert sum(OpenItem.objects.values_list("open_minor", flat=True)) == 511_13
