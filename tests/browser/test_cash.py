"""Cash application in a real browser: a bank file in, the sure ones applied, one by keyboard, and taken back."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Page

from encours.access.models import Entity
from encours.ledger.models import OpenItem
from encours.matching import actions as matching
from encours.matching.models import LineWork, MatchingRule
from tests.browser.conftest import NARROW, barriers
from tests.browser.test_journey import run_the_waiting_job
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books

pytestmark = pytest.mark.browser

IBAN = "FR7630006000011234567890189"
ACME_IBAN = "FR7612345678901234567890123"


def statement(folder: Path, day: dt.date) -> Path:
    """Three movements of a day: an invoice quoted and paid, 1,100.00 short of an invoice, and a stranger."""

    def entry(number: int, amount: str, text: str, name: str, iban: str = "") -> str:
        account = f"<DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>" if iban else ""
        return (
            f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>R{number}</AcctSvcrRef>"
            f"<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr>{account}</RltdPties>"
            f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )

    lines = (
        entry(1, "800.00", "VIR SEPA BOREALIS FACT FA-3", "BOREALIS")
        + entry(2, "1100.00", "VIR SEPA ACME FACT FA-1 MOINS PALETTES", "ACME", ACME_IBAN)
        + entry(3, "93.18", "VIR POUR CPTE DE TIERS REF 77120", "GESTION 8821")
    )
    path = folder / "releve.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id>"
        f"<CreDtTm>{day}T20:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{lines}</Stmt></BkToCstmrStmt></Document>",
        encoding="utf-8",
    )
    return path


def open_of(number: str) -> int:
    return OpenItem.objects.filter(document_number=number).order_by("due_date")[0].open_minor


def test_from_a_bank_file_to_a_deduction_by_keyboard_and_back(
    committed_company: Company, books: Books, seat: Callable[..., Page], tmp_path: Path, settings: LazySettings
):
    company = committed_company
    settings.ENCOURS_HOME = tmp_path
    Entity.objects.filter(pk=company.entity.pk).update(iban=IBAN)
    company.acme.__class__.objects.filter(pk=company.acme.pk).update(iban=ACME_IBAN)
    MatchingRule.objects.create(
        organisation=company.organisation, name="Palettes", effect="never_alone", text_contains="PALETTES"
    )

    page = seat(address="/imports")
    page.set_input_files("#files", str(statement(tmp_path, books.today)))
    page.wait_for_url("**/imports/drop/**")
    page.click("button[value=import]")
    page.wait_for_url("**/imports?sent=1")
    run_the_waiting_job(company)
    matching.run_matching(organisation_id=company.organisation_id, today=books.today, now=timezone.now(), by=company.by)

    page.goto("/cash")
    assert "GESTION 8821" in page.inner_text("#bench")
    assert barriers(page) == []
    while "PALETTES" not in page.inner_text("#peek .raw"):
        before = page.inner_text("#peek .raw")
        page.keyboard.press("j")
        page.wait_for_function("before => document.querySelector('#peek .raw').innerText !== before", arg=before)
    page.wait_for_selector("#settle [data-apply]:not([disabled])")

    # by keyboard alone: to the items, the whole of FA-1, the difference as a deduction, apply
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert "FA-1" in focused
    if not page.is_checked("tr[data-item] input[type=checkbox]"):
        page.keyboard.press("Space")
    page.keyboard.press("=")
    page.keyboard.type("1200,00")
    page.keyboard.press("Escape")
    page.wait_for_selector("#settle .en-treatments")
    assert "Il manque 100,00" in page.inner_text("#settle")
    page.wait_for_timeout(500)
    for _ in range(3):
        if page.is_checked("#treatment-deduction"):
            break
        page.keyboard.press("r")
        page.wait_for_timeout(500)
    assert "à contester" in page.inner_text("#settle")
    page.keyboard.press("Enter")
    page.wait_for_selector(".en-toast")
    assert open_of("FA-1") == 10_000
    assert barriers(page) == []

    page.keyboard.press("z")
    page.wait_for_selector(".en-toast:has-text('Lettrage annulé')")
    assert open_of("FA-1") == 120_000
    assert LineWork.objects.get(line__entry_reference="", line__bank_reference="R2").is_undone


def test_on_a_phone_the_line_opens_as_a_page(
    committed_company: Company, books: Books, seat: Callable[..., Page], tmp_path: Path
):
    from tests.matching.bank import Bank

    bank = Bank(committed_company)
    bank.line(64_000, day=books.today, text="VIR MERCI", counterparty_name="LANTOSQUE")
    page = seat(NARROW, address="/cash")
    page.click("tr[data-line] a")
    page.wait_for_url("**/cash?*line=*")
    assert page.is_visible("#settle")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert barriers(page) == []
