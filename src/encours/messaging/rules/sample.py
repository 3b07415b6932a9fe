"""A context that has everything, to try templates on: the story of the mock-ups."""

from typing import Any

SENT_ON = "2026-11-23"


def _item(number: str, order: str, dates: tuple[str, str], days_late: int, amount: str) -> dict[str, Any]:
    money = {"amount": amount, "currency": "EUR"}
    issue_date, due_date = dates
    return {
        "number": number,
        "order_number": order,
        "issue_date": issue_date,
        "due_date": due_date,
        "days_late": days_late,
        "open": money,
        "amount": money,
    }


def context(*, language: str = "fr") -> dict[str, Any]:
    """Three late invoices, one contested, one credit note, as JSON; the greeting in the reader's language."""
    greeting = {"fr": "Bonjour Madame Marchal", "en": "Dear Ms Marchal"}[language]
    return {
        "entity": {
            "name": "Brévanne Équipement",
            "legal_line": "Brévanne Équipement, SAS au capital de 1 200 000 €, 552 100 554 RCS Nantes, "
            "14 rue des Forges, 44000 Nantes",
            "iban": "FR2399999000010001234567890",
            "bic": "BREVFRPP",
            "email": "compta@brevanne.example",
            "phone": "01 99 00 41 00",
        },
        "customer": {"name": "Maison Delorme", "number": "C10316", "reference_rf": "RF91C10316K2611"},
        "contact": {"greeting": greeting, "name": "Lise Marchal"},
        "items": [
            _item("FA-2026-4290", "7118", ("2026-09-22", "2026-10-22"), 32, "6408.40"),
            _item("FA-2026-4338", "7164", ("2026-10-01", "2026-10-31"), 23, "4980.00"),
            _item("FA-2026-4371", "7190", ("2026-10-11", "2026-11-10"), 13, "2700.00"),
        ],
        "disputed_items": [
            {
                "number": "FA-2026-4302",
                "open": {"amount": "3120.00", "currency": "EUR"},
                "case_number": "LIT-318",
                "answer_date": "2026-11-27",
            }
        ],
        "credit_items": [
            {"number": "AV-2026-0087", "open": {"amount": "240.00", "currency": "EUR"}, "issue_date": "2026-11-02"}
        ],
        "totals": [{"amount": "14088.40", "currency": "EUR"}],
        "penalties": {
            "interest": [{"amount": "142.60", "currency": "EUR"}],
            "compensation": [{"amount": "120.00", "currency": "EUR"}],
            "total": [{"amount": "262.60", "currency": "EUR"}],
        },
        "received": {"amount": {"amount": "5210.00", "currency": "EUR"}, "value_date": "2026-11-20"},
        "own": {"subject": {"fr": "Votre commande 7118", "en": "Your order 7118"}[language]},
        "own_paragraphs": [
            {"text": {"fr": "Suite à notre échange de ce matin.", "en": "Further to our call."}[language]},
        ],
        "new_deadline_date": "2026-12-01",
        "sender": {
            "name": "Nadia Ferrand",
            "title": {"fr": "Recouvrement clients", "en": "Accounts receivable"}[language],
            "email": "nadia.ferrand@brevanne.example",
            "phone": "01 99 00 41 20",
        },
        "sent_on": SENT_ON,
        "books_date": "2026-11-22",
        "bank_date": "2026-11-20",
        "previous_contacts": [{"on": "2026-11-03"}, {"on": "2026-11-12"}],
    }
