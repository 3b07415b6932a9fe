"""Money comes in, is applied, kept back in part, taken back, and handed to accounting; the books hold at the end."""

from datetime import date

from encours.access.rules import Scope
from encours.disputes.models import Dispute
from encours.entrypoints.laws import findings_of
from encours.ledger.models import Entry
from encours.matching import actions as matching
from encours.matching.models import State
from encours.matching.queries import figures, files
from encours.matching.rules.facts import Allocation, Residual, Treatment
from encours.matching.rules.fec_file import fec_lines
from tests.matching.bank import TODAY, open_of, set_up


def balance(account: str) -> int:
    return sum(Entry.objects.filter(account=account).values_list("amount_minor", flat=True))


def test_a_week_of_bank_lines(company):
    books, bank = set_up(company)
    issued, due = date(2026, 10, 1), date(2026, 10, 31)
    whole = books.invoice(company.acme, 1_204_17, issued=issued, due=due, number="F-2026-4177")
    short = books.invoice(company.borealis, 5_334_50, issued=issued, due=due, number="F-2026-4256")
    books.invoice(company.cobalt, 640_13, issued=issued, due=due, number="F-2026-4288")
    invoiced = 1_204_17 + 5_334_50 + 640_13

    sure = bank.line(1_204_17, text="VIR SEPA RECU /MOTIF F-2026-4177", counterparty_iban=company.acme.iban)
    kept_back = bank.line(5_214_50, text="FACT 4256 MOINS PALETTES", counterparty_name="BOREALIS")
    stranger = bank.line(900_00, text="VIR CABINET LORMEAU", counterparty_name="CABINET LORMEAU-DRAY")
    fee = bank.line(-18_00, text="COMMISSION DE MOUVEMENT")
    bank.run()
    assert (bank.work(sure).state, open_of(whole)) == (State.APPLIED, 0)

    def decide(line, customer, *parts, residuals=()):
        return matching.apply_match(
            organisation_id=company.organisation_id,
            line_id=line.pk,
            choice=matching.Choice(
                customer.pk, tuple(Allocation(i.pk, i.document_number, m) for i, m in parts), tuple(residuals)
            ),
            by=company.by,
            today=TODAY,
        )

    if bank.work(kept_back).state != State.APPLIED:
        left = Residual(Treatment.DEDUCTION, 120_00, short.pk, "F-2026-4256", False)
        decide(kept_back, company.borealis, (short, 5_214_50), residuals=[left])
    assert open_of(short) == 120_00
    assert Dispute.objects.get(reason="deduction").contest_until == date(2027, 1, 19)

    on_account = decide(stranger, company.cobalt)
    matching.book_line(
        organisation_id=company.organisation_id, line_id=fee.pk, account="627", by=company.by, today=TODAY
    )
    assert (balance("512"), balance("627"), balance("411")) == (
        1_204_17 + 5_214_50 + 900_00 - 18_00,
        18_00,
        invoiced - 1_204_17 - 5_214_50 - 900_00,
    )
    first = matching.make_export(organisation_id=company.organisation_id, entity_id=company.entity.pk, by=company.by)
    rows = list(files.journal_rows(company.organisation_id, export_id=first.pk))
    assert sum(row.debit_minor - row.credit_minor for row in rows) == 0
    assert len(list(fec_lines(rows))) == len(rows) + 1

    # the stranger was nobody's: taken back, and accounting hears of that too
    bank.undo(on_account, why="not our customer")
    second = matching.make_export(organisation_id=company.organisation_id, entity_id=company.entity.pk, by=company.by)
    correction = list(files.journal_rows(company.organisation_id, export_id=second.pk))
    assert {(row.account, row.debit_minor, row.credit_minor) for row in correction} == {
        ("411", 900_00, 0),
        ("512", 0, 900_00),
    }
    lettered = {
        row.document_number: row.code
        for row in files.lettered_rows(
            company.organisation_id, entity_id=company.entity.pk, first=issued, last=date(2026, 12, 31)
        )
    }
    assert (lettered["F-2026-4177"], lettered["F-2026-4256"], lettered["F-2026-4288"]) == ("AA", "", "")
    assert figures.unapplied_cash(Scope(company.organisation_id, None, "cfo"), today=TODAY) == []
    assert [row.difference_minor for row in figures.receivable_control(company.organisation_id, day=TODAY)] == [0]
    assert [one.code for one in findings_of(company.organisation) if not one.is_kept] == []
