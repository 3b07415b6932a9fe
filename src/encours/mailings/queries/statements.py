"""Statements of account as of any day, as figures, as pages and as an e-mail's context."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from pypdf import PdfReader, PdfWriter

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.analytics.queries.ageing import open_rows
from encours.collections.queries.messages import company_of, entity_words, money_words, sender_words
from encours.collections.rules.letter import greeting, legal_line
from encours.core.ids import creditor_reference
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.ledger.queries import AsOf, Selection
from encours.mailings.models import StatementSchedule
from encours.mailings.rules import statement as rules
from encours.mailings.rules.statement import Bank, Row, Statement
from encours.messaging.rules import postal, typesetting
from encours.messaging.rules.formats import LANGUAGES
from encours.messaging.rules.letters import Letterhead


def statement_of(customer: Customer, entity: Entity, *, as_of: AsOf, scope: Scope) -> Statement:
    """The customer's account with the company as of a day, as known at an instant; its duplicates' items included."""
    ids = customers.with_merged(customer.pk, organisation_id=scope.organisation_id)
    selection = Selection.of(scope, entity_id=entity.pk, customer_ids=ids)
    rows = [
        Row(
            row.kind,
            f"{row.document_number} ({row.instalment_number}/{row.instalment_count})"
            if row.instalment_count > 1
            else row.document_number,
            row.item_date,
            row.due_date,
            row.currency,
            row.amount_minor,
            row.open_minor,
        )
        for row in open_rows(selection, as_of)
    ]
    return Statement(customer.number, customer.name, entity.name, as_of.day, rows)


def language_of(customer: Customer, default: str) -> str:
    """The language of a customer's papers."""
    wanted = (customer.language or default)[:2]
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def pdf_of(statement: Statement, customer: Customer, entity: Entity, *, made_on: date, language: str) -> bytes:
    """The statement as PDF/A, its address in the window of an envelope."""
    street = [line.strip() for line in entity.street.split("\n") if line.strip()]
    town = f"{entity.postcode} {entity.city}".strip()
    lines = postal.lines_of(
        street=customer.street,
        postcode=customer.postcode,
        city=customer.city,
        country=customer.country,
        home=entity.country,
    )
    try:
        to: Sequence[str] = postal.window(customer.name, lines)
    except postal.PostalAddressIncomplete:
        to = [customer.name]  # a statement by e-mail needs no address
    data = rules.page_data(
        statement,
        head=Letterhead(entity.name, [*street, *([town] if town else [])], entity.city, entity.phone, entity.email),
        to=to,
        foot=legal_line(company_of(entity)),
        bank=Bank(entity.iban, entity.bic, creditor_reference(customer.number)),
        made_on=made_on,
        language=language,
    )
    return typesetting.pdf("statement", data, day=made_on)


def joined(files: Sequence[bytes]) -> bytes:
    """Several statements of one customer, one for each company, as one file."""
    if len(files) == 1:
        return files[0]
    writer = PdfWriter()
    for file in files:
        for page in PdfReader(BytesIO(file)).pages:
            writer.add_page(page)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def context_of(
    statement: Statement, customer: Customer, entity: Entity, *, contact_name: str, sent_on: date, language: str
) -> dict[str, Any]:
    """What the e-mail that brings the statement may print: the same rows and totals as its page."""
    return {
        "entity": entity_words(entity, customer, line=legal_line(company_of(entity))),
        "customer": {
            "name": customer.name,
            "number": customer.number,
            "reference_rf": creditor_reference(customer.number),
        },
        "contact": {"name": contact_name, "greeting": greeting(contact_name, language)},
        "items": [
            {
                "number": row.number,
                "issue_date": row.issue_date.isoformat(),
                "due_date": row.due_date.isoformat(),
                "days_late": (statement.as_of - row.due_date).days,
                "open": money_words(row.open_minor, row.currency),
                "amount": money_words(row.amount_minor, row.currency),
            }
            for row in statement.rows
            if row.open_minor > 0
        ],
        "credit_items": [
            {
                "number": row.number,
                "issue_date": row.issue_date.isoformat(),
                "open": money_words(-row.open_minor, row.currency),
            }
            for row in statement.rows
            if row.open_minor < 0
        ],
        "totals": [money_words(minor, currency) for currency, minor in statement.totals.items()],
        "sender": sender_words(None, entity),
        "sent_on": sent_on.isoformat(),
        "books_date": statement.as_of.isoformat(),
    }


def schedules(organisation_id: int) -> list[StatementSchedule]:
    """The organisation's schedules, by name."""
    found = StatementSchedule.objects.filter(organisation_id=organisation_id).select_related("entity", "segment")
    return list(found.order_by("name"))
