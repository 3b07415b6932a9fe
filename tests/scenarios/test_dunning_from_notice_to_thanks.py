"""Acme hears of an invoice before it is due, is reminded, contests a part, pays the rest, and is thanked."""

import datetime as dt

from encours.access import invariants as access_laws
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.disputes import actions as disputes
from encours.ledger import invariants as ledger_laws
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from tests.collections import books

DAY = dt.timedelta(days=1)


def live(company, day):
    """One morning: the bank is read, the run decides, the messages leave to the mailbox."""
    collections.state_bank_date(organisation_id=company.organisation_id, known=day - DAY, today=day, by=company.by)
    made = books.run(company, day)
    messaging.deliver_due(organisation_id=company.organisation_id, now=books.at(day), limit=100, connect=None)
    return books.decisions(company, made)


def test_from_notice_to_thanks(committed_company):
    company = committed_company
    books.set_up(company)
    due = books.TODAY + 6 * DAY
    invoice = books.post(company, company.acme, "FA-1", late=-6, amount=1_200_00)

    assert live(company, books.TODAY) == [("Acme", "notice_before_due", "due")]
    assert live(company, due) == []
    assert live(company, due + 3 * DAY) == [("Acme", "reminder_1", "due")]

    objection = disputes.open_dispute(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, document_number="FA-1",
        amount_minor=200_00, reason="quantity", note="ten boxes missing", today=due + 5 * DAY, by=company.by,
    )  # fmt: skip
    assert live(company, due + 10 * DAY) == [("Acme", "reminder_2", "due")]
    second = Reminder.objects.get(step_key="reminder_2")
    assert second.totals == {"EUR": 1_000_00}
    assert second.disputed == [["FA-1", 200_00, "EUR"]]

    # the undisputed part arrives and waits for its lettrage: nothing may leave meanwhile
    books.pay(company, company.acme, "VIR-1", 1_000_00, day=due + 12 * DAY)
    collections.pause(
        organisation_id=company.organisation_id, customer_id=company.borealis.pk, reason="commercial",
        today=due + 12 * DAY, by=company.by,
    )  # fmt: skip
    books.post(company, company.acme, "FA-2", late=-6, amount=300_00)
    found = live(company, due + 12 * DAY)
    assert found == [("Acme", "reminder_2", "held")]

    disputes.close_dispute(
        organisation_id=company.organisation_id, dispute_id=objection.pk, outcome="customer_right",
        today=due + 13 * DAY, by=company.by, note="credit note",
    )  # fmt: skip
    credit = books.post(company, company.acme, "AV-1", amount=-200_00, kind="credit_note", day=due + 13 * DAY)
    settle(company, invoice, [books.item_of(company, "VIR-1"), credit], day=due + 13 * DAY)
    assert live(company, due + 14 * DAY) == [("Acme", "reminder_2", "due")]
    assert Reminder.objects.filter(outcome="due").latest("pk").totals == {"EUR": 300_00}

    books.pay(company, company.acme, "VIR-2", 300_00, day=due + 15 * DAY, on=books.item_of(company, "FA-2"))
    assert live(company, due + 17 * DAY) == [("Acme", "thanks", "due")]

    sent = Message.objects.order_by("pk").values_list("template_version__template__key", "state")
    assert list(sent) == [
        (key, "caught") for key in ("notice_before_due", "reminder_1", "reminder_2", "reminder_2", "thanks")
    ]
    laws = [*ledger_laws.check(company.organisation_id), *access_laws.check(company.organisation_id)]
    assert [law.code for law in laws if not law.is_kept] == []


def settle(company, invoice, given, *, day):
    """The accountant letters the invoice with the payment and the credit note."""
    from encours.ledger import actions as ledger

    settlement = ledger.Settlement(
        organisation_id=company.organisation_id, allocation_date=day, key="lettrage AB", code="AB"
    )
    ledger.settle(settlement, owed=[invoice.pk], given=[item.pk for item in given], by=company.by)
