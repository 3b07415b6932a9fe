"""The main journey in a real browser: a FEC comes in, its balance ties out, a reminder is tried, sent and read."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page

from encours.access import context
from encours.collections import actions as collections
from encours.entrypoints.jobs.imports import bring_in
from encours.messaging import actions as messaging
from tests.browser.conftest import barriers
from tests.cast import Company

pytestmark = pytest.mark.browser

COLUMNS = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate"
    "|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)


def fec(folder: Path, today: dt.date) -> Path:
    """Three invoices of Valmorin's, one of them paid last week."""
    rows = [COLUMNS]

    def entry(number: int, day: dt.date, piece: str, debit: str, credit: str, amount: str, mark: str = "") -> None:
        written = f"{day:%Y%m%d}"
        for account, name, side in ((debit, "D", "debit"), (credit, "C", "credit")):
            is_customer = account.startswith("411")
            auxiliary = "C900|Charpentes Valmorin" if is_customer else "|"
            let = f"{mark}|{written}" if is_customer and mark else "|"
            sums = f"{amount}|0,00" if side == "debit" else f"0,00|{amount}"
            rows.append(
                f"VT|Ventes|{number}|{written}|{account}|{name}|{auxiliary}|{piece}|{written}|{piece}|{sums}|{let}|{written}||"
            )

    entry(1, today - dt.timedelta(days=75), "FA-801", "411000", "706000", "1200,00")
    entry(2, today - dt.timedelta(days=60), "FA-802", "411000", "706000", "800,00", "AA")
    entry(3, today - dt.timedelta(days=50), "FA-803", "411000", "706000", "450,50")
    entry(4, today - dt.timedelta(days=3), "VIR-1", "512000", "411000", "800,00", "AA")
    path = folder / f"732829320FEC{today:%Y%m%d}.txt"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def run_the_waiting_job(company: Company) -> None:
    """What a worker would do with the files just dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select args from procrastinate_jobs where task_name = 'imports.bring_in' order by id desc limit 1"
        )
        (arguments,) = cursor.fetchone()
    bring_in(**(json.loads(arguments) if isinstance(arguments, str) else arguments))
    context.bind(company.organisation_id)


def test_from_a_fec_to_a_reminder_in_the_mailbox(
    committed_company: Company, seat: Callable[..., Page], tmp_path: Path, settings: LazySettings
):
    company, now = committed_company, timezone.now()
    settings.ENCOURS_HOME = tmp_path
    today = dt.date.today()
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    collections.install_default_scenarios(
        organisation_id=company.organisation_id, language="fr", now=now, by=company.by
    )

    page = seat(address="/imports", by_form=True)
    page.set_input_files("#files", str(fec(tmp_path, today)))
    page.wait_for_url("**/imports/drop/**")
    assert "FEC" in page.inner_text("main")
    page.click("button[value=import]")
    page.wait_for_url("**/imports?sent=1")
    run_the_waiting_job(company)
    page.goto("/imports")
    page.click("[data-row] a[data-open]")
    assert "concorde" in page.inner_text("main")
    assert barriers(page) == []

    page.goto("/ageing")
    assert "Charpentes Valmorin" in page.inner_text("main")
    assert "1\u202f650,50" in page.inner_text("main")

    page.goto("/dry-run")
    assert "Charpentes Valmorin" in page.inner_text("main")

    collections.state_bank_date(organisation_id=company.organisation_id, known=today, today=today, by=company.by)
    company.acme.__class__.objects.filter(number="C900").update(email="compta@valmorin.example")
    collections.run_dunning(organisation_id=company.organisation_id, today=today, now=timezone.now(), by=company.by)
    page.goto("/?who=all")
    assert "Charpentes Valmorin" in page.inner_text("main")
    page.keyboard.press("e")
    page.wait_for_selector(".en-toast")
    messaging.deliver_due(
        organisation_id=company.organisation_id, now=timezone.now() + dt.timedelta(days=7), limit=10, connect=None
    )

    page.goto("/mailbox")
    assert "Charpentes Valmorin" in page.inner_text("main")
    letter = page.frame_locator("iframe").locator("body").inner_text()
    assert "FA-801" in letter
    assert barriers(page) == []
