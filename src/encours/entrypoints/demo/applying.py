"""The demo's cash application: statements imported and matched; what our people decided in the past weeks."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from encours.core.dates import instant_of
from encours.core.errors import EncoursError
from encours.disputes import queries as disputes
from encours.entrypoints.demo import bank, people, replay
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.cash import Receipt
from encours.entrypoints.demo.replay import Stage
from encours.imports import actions as imports
from encours.ledger.models import OpenItem
from encours.matching import actions as matching
from encours.matching.actions import settings as matching_settings
from encours.matching.queries import workbench
from encours.matching.queries.workbench import QueueFilter, QueueRow
from encours.matching.rules.facts import Allocation, Residual, Treatment
from encours.payments import account_actions as payments
from encours.payments.models import BankAccount, BankLine

_RULES = (
    {"name": "Frais de tenue de compte", "text_contains": "FRAIS TENUE", "effect": "book", "account": "627"},
    {"name": "Virements internes", "name_contains": "VALTORANE", "effect": "ignore"},
    {"name": "Chèques : une personne regarde", "text_contains": "REMISE CHQ", "effect": "never_alone"},
    {"name": "Dès 12 000 € : une personne regarde", "amount_min_minor": 1_200_000, "effect": "never_alone"},
    {"name": "URSSAF", "name_contains": "URSSAF", "effect": "book", "account": "431", "direction": "out"},
)


@dataclass
class Desk:
    """The accounts as they go on: what each holds, and the statements' receipts by their reference."""

    stage: Stage
    since: dt.date
    ibans: Mapping[str, str]
    balances: dict[str, int] = field(default_factory=dict)

    @property
    def organisation_id(self) -> int:
        """Whose bank it is."""
        return self.stage.company.organisation_id


def set_rules(desk: Desk) -> None:
    """The rules our credit manager made on the first day."""
    for rule in _RULES:
        matching_settings.save_rule(
            organisation_id=desk.organisation_id,
            values=dict(rule),
            by=desk.stage.company.actor(people.CREDIT_MANAGER),
        )


def bring_in(desk: Desk, folder: Path, *, start: dt.date, end: dt.date) -> None:
    """Import the statements of the period, match, and decide what our people decided when it is some days ago."""
    now = min(instant_of(end, dt.time(6, 40), timezone=replay.PARIS), desk.stage.now)
    paths = [path for code in desk.ibans if (path := _statement(desk, folder, code, start=start, end=end)) is not None]
    if not paths:
        return
    imports.import_files(
        [imports.FileGiven(path, path.name) for path in paths],
        organisation_id=desk.organisation_id,
        options=imports.Options(kind="bank"),
        by=desk.stage.company.actor(people.SALES_ADMINISTRATION),
        now=now,
        today=end,
    )
    _name_accounts(desk)
    matching.run_matching(
        organisation_id=desk.organisation_id,
        today=end,
        now=now,
        by=desk.stage.company.actor(people.SALES_ADMINISTRATION),
        claimed_item_ids=disputes.claimed_item_ids(desk.organisation_id),
    )
    _decide(desk, today=end)


def _statement(desk: Desk, folder: Path, code: str, *, start: dt.date, end: dt.date) -> Path | None:
    lines = bank.movements(desk.stage.book, company_code=code, since=desk.since, start=start, end=end)
    opening = desk.balances.get(code, bank.OPENING_MINOR)
    desk.balances[code] = opening + sum(line.amount_minor for line in lines)
    return bank.write_statement(
        folder,
        lines,
        company_code=code,
        iban=desk.ibans[code],
        opening_minor=opening,
        until=end - dt.timedelta(days=1),
    )


def _name_accounts(desk: Desk) -> None:
    names = {iban: f"Compte courant {code}" for code, iban in desk.ibans.items()}
    for account in BankAccount.objects.filter(organisation_id=desk.organisation_id, is_confirmed=False):
        payments.confirm_account(
            account.pk,
            organisation_id=desk.organisation_id,
            values={"name": names.get(account.iban, "Compte courant")},
            by=desk.stage.company.actor(people.CREDIT_MANAGER),
        )


def _decide(desk: Desk, *, today: dt.date) -> None:
    """What waited and is some days old was decided by a person; the last days wait for whoever opens the demo."""
    receipts = {receipt.number: receipt for receipt in desk.stage.book.cash.receipts}
    last = FRANCE.add_business_days(desk.stage.book.today, -bank.LEFT_DAYS)
    scope = replay.everything(desk.stage)
    rows = [row for row in workbench.queue(scope, QueueFilter(), limit=1_000) if row.booking_date < last]
    references = dict(BankLine.objects.filter(pk__in=[row.line_id for row in rows]).values_list("pk", "end_to_end_id"))
    for row in rows:
        receipt = receipts.get(references[row.line_id])
        if receipt is not None:
            _apply_truth(desk, row, receipt, today=today)


def _apply_truth(desk: Desk, row: QueueRow, receipt: Receipt, *, today: dt.date) -> None:
    customer_id = desk.stage.customer_ids[receipt.customer.number]
    allocations, residuals = _meant(desk, receipt, customer_id)
    by = desk.stage.company.actor(people.COLLECTORS[0])
    given: dict[str, Any] = {"organisation_id": desk.organisation_id, "line_id": row.line_id, "by": by, "today": today}
    if (row.probability_ppm or 0) >= workbench.LIKELY_PPM:
        matching.accept_proposal(**given)
        return
    try:
        matching.apply_match(**given, choice=matching.Choice(customer_id, allocations, residuals), how="manual")
    except EncoursError:  # its invoices were used meanwhile
        matching.apply_match(**given, choice=matching.Choice(customer_id), how="manual")


def _meant(desk: Desk, receipt: Receipt, customer_id: int) -> tuple[tuple[Allocation, ...], tuple[Residual, ...]]:
    """What the payer paid with it, instalment by instalment."""
    allocations: list[Allocation] = []
    residuals: list[Residual] = []
    for use in receipt.uses:
        left = use.amount_minor
        items = OpenItem.objects.filter(
            organisation_id=desk.organisation_id,
            customer_id=customer_id,
            document_number=use.document.number,
            open_minor__gt=0,
        ).order_by("due_date", "pk")
        for item in items:
            take = min(left, item.open_minor)
            if take:
                allocations.append(Allocation(item.pk, item.document_number, take))
            left -= take
            if use.discount_minor and not left and take and item.open_minor - take >= use.discount_minor:
                discount = (Treatment.DISCOUNT, use.discount_minor, item.pk, item.document_number, True)
                residuals.append(Residual(*discount))
                break
    return tuple(allocations), tuple(residuals)
