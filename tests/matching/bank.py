"""Bank lines for tests, in a clerk's words, and the books they meet."""

import itertools
from datetime import UTC, date, datetime
from typing import Any

from encours.access.models import Entity
from encours.ledger.models import OpenItem
from encours.matching import actions as matching
from encours.matching.models import LineWork, Match, MatchingPolicy
from encours.payments.models import BankAccount, BankLine
from tests.books import Books
from tests.cast import Company

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


class Bank:
    """The bank account of a company of the cast."""

    def __init__(
        self, company: Company, *, currency: str = "EUR", ledger_account: str = "512", entity: Entity | None = None
    ) -> None:
        self.company, self.entity = company, entity or company.entity
        self.account = BankAccount.objects.create(
            organisation=company.organisation,
            entity=self.entity,
            iban="FR7630006000011234567890189" if currency == "EUR" and entity is None else "",
            account_number=currency,
            currency=currency,
            ledger_account=ledger_account,
        )
        self._numbers = itertools.count(1)

    def line(self, minor: int, *, day: date = TODAY, **more: Any) -> BankLine:
        """One movement; positive is money in."""
        number = next(self._numbers)
        given = {
            "key": f"{self.account.pk}:{number}",
            "entry_reference": f"NTRY{number:04d}",
            "text": "",
            **more,
        }
        return BankLine.objects.create(
            organisation=self.company.organisation,
            entity=self.entity,
            account=self.account,
            booking_date=day,
            value_date=day,
            currency=self.account.currency,
            amount_minor=minor,
            **given,
        )

    def run(self, **more: Any) -> matching.RunResult:
        """A run of today."""
        given = {"today": TODAY, "now": NOW, "by": self.company.by, **more}
        return matching.run_matching(organisation_id=self.company.organisation_id, **given)

    def work(self, line: BankLine) -> LineWork:
        """Where a line stands."""
        return LineWork.objects.get(organisation=self.company.organisation, line=line)

    def match(self, line: BankLine) -> Match:
        """What stands of a line."""
        return Match.objects.filter(organisation=self.company.organisation, line=line, reverses=None).latest("pk")

    def undo(self, match: Match, why: str = "wrong") -> Match:
        """Take a match back."""
        return matching.undo_match(
            organisation_id=self.company.organisation_id, match_id=match.pk, by=self.company.by, today=TODAY, why=why
        )


def open_of(item: OpenItem) -> int:
    """What is open of an item now."""
    return OpenItem.objects.values_list("open_minor", flat=True).get(pk=item.pk)


def set_up(company: Company) -> tuple[Books, Bank]:
    """Customers with accounts of their own, and nothing in the books yet."""
    for customer, iban in (
        (company.acme, "FR7612345678901234567890123"),
        (company.borealis, "DE89370400440532013000"),
        (company.cobalt, "BE68539007547034"),
    ):
        customer.iban = iban
        customer.save()
    # in a book of a few items nothing is rare, so nothing is as sure as in a real one
    MatchingPolicy.objects.create(organisation=company.organisation, alone_min_ppm=990_000)
    return Books(company), Bank(company)
