"""Small books for the tests of collections: post, pay, dispute and run in a line each."""

import datetime as dt
import itertools

from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.ledger import actions as ledger
from encours.ledger.models import ItemKind, OpenItem
from encours.messaging import actions as messaging
from encours.payments.models import Receipt

TODAY = dt.date(2026, 11, 24)  # a Tuesday
NOW = dt.datetime(2026, 11, 24, 8, 30, tzinfo=dt.UTC)
_NUMBERS = itertools.count(1)


def at(day: dt.date) -> dt.datetime:
    """Half past nine in Paris in winter, on that day."""
    return dt.datetime(day.year, day.month, day.day, 8, 30, tzinfo=dt.UTC)


def set_up(company) -> None:
    """Default scenarios and templates, the bank known to yesterday."""
    organisation_id, by = company.organisation_id, company.by
    collections.install_default_scenarios(organisation_id=organisation_id, language="en", now=NOW, by=by)
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    collections.state_bank_date(organisation_id=organisation_id, known=TODAY - dt.timedelta(days=1), today=TODAY, by=by)


def post(
    company, customer, number, *, late=12, amount=100_00, kind=ItemKind.INVOICE, currency="EUR", day=None, entity=None
):
    """One item on the account, so many days late today."""
    due = TODAY - dt.timedelta(days=late)
    issued = day or due - dt.timedelta(days=30)
    posting = ledger.Posting(
        organisation_id=company.organisation_id,
        entity_id=(entity or company.entity).pk,
        transaction_date=issued,
        source="test",
        key=f"post:{next(_NUMBERS)}",
    )
    item = ledger.NewItem(
        customer_id=customer.pk, kind=kind, document_number=number, item_date=issued, due_date=max(due, issued),
        currency=currency, amount_minor=amount,
    )  # fmt: skip
    return ledger.post(posting, items=[item], by=company.by)[0]


def pay(company, customer, number, amount, *, day=TODAY, on=None):
    """A payment received; applied to the item given, if any."""
    Receipt.objects.bulk_create([
        Receipt(
            organisation=company.organisation, entity=company.entity, customer=customer, number=number,
            received_date=day,
            currency="EUR", amount_minor=amount,
        )
    ])  # fmt: skip
    receipt = post(company, customer, number, amount=-amount, kind=ItemKind.RECEIPT, day=day)
    if on is not None:
        settlement = ledger.Settlement(
            organisation_id=company.organisation_id, allocation_date=day, key=f"allocate:{next(_NUMBERS)}"
        )
        ledger.settle(settlement, owed=[on.pk], given=[receipt.pk], by=company.by)
    return receipt


def run(company, day=TODAY):
    """The day's run, with the clock of that day."""
    return collections.run_dunning(organisation_id=company.organisation_id, today=day, now=at(day), by=company.by)


def decisions(company, made=None):
    """What a run decided, by customer, step and outcome."""
    found = Reminder.objects.filter(organisation=company.organisation).select_related("customer").order_by("pk")
    if made is not None:
        found = found.filter(run=made)
    return [(row.customer.name, row.step_key, row.outcome) for row in found]


def item_of(company, number) -> OpenItem:
    """The item of that document as it stands."""
    return OpenItem.objects.get(organisation=company.organisation, document_number=number)
