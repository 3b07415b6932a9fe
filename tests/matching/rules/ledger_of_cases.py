"""One small book that the tables of cases share: three customers, French numbers, a credit note, instalments."""

import datetime as dt

from encours.matching.rules.book import Book
from encours.matching.rules.facts import Candidate, CustomerFacts, Learnt, Line, Policy
from encours.matching.rules.propose import propose
from encours.matching.rules.run import match

TODAY = dt.date(2026, 7, 1)
ACME, BOREALIS, COBALT, NORD = 1, 2, 3, 4
ACME_IBAN, BOREALIS_IBAN, NORD_IBAN = (
    "FR7610107001011234567890129",
    "FR7630004000031234567890143",
    "DE89370400440532013000",
)
CUSTOMERS = (
    CustomerFacts(ACME, "CL00101", "Acme Distribution SAS", (ACME_IBAN,), city="Lyon"),
    CustomerFacts(BOREALIS, "CL00102", "Boréalis & Fils SARL", (BOREALIS_IBAN,), city="Lille"),
    CustomerFacts(COBALT, "CL00103", "Cobalt Énergie", (), parent_id=ACME, city="Nantes"),
    CustomerFacts(NORD, "CL00104", "Nordbau GmbH", (NORD_IBAN,), city="Berlin"),
)


def item(item_id, customer_id, number, amount, *, day=30, month=5, kind="invoice", **other):
    """One open item, due thirty days after its date."""
    issued = dt.date(2026, month, min(day, 28))
    return Candidate(
        item_id, customer_id, number, kind, issued, issued + dt.timedelta(days=30), other.pop("currency", "EUR"),
        other.pop("whole", amount), amount, **other,
    )  # fmt: skip


ITEMS = (
    item(1, ACME, "FA-2026-00412", 120_000, reference="RF18539007547034", month=3),
    item(2, ACME, "FA-2026-00415", 45_650, month=4),
    item(3, ACME, "FA-2026-00420", 98_231, month=4, discount_permyriad=200, discount_until=TODAY),
    item(4, ACME, "AV-2026-00031", -12_000, kind="credit_note", month=5),
    item(5, BOREALIS, "FA-2026-00413", 77_777, month=3),
    item(6, BOREALIS, "FA-2026-00977", 250_000, month=5),
    item(7, COBALT, "FA-2026-00501", 66_613, month=4),
    item(8, NORD, "FA-2025-00412", 31_407, month=1),
    item(9, NORD, "FA-2026-00666", 150_000, month=2),
    item(10, NORD, "FA-2026-00667", 150_000, month=3),
)


def book(*more, policy=None, learnt=None, items=ITEMS, customers=CUSTOMERS):
    """The book, with more items where a case needs them."""
    return Book(items=(*items, *more), customers=customers, policy=policy or Policy(), learnt=learnt or Learnt())


def line(amount, text="", *, iban="", name="", key="L1", **other):
    """A bank line of today."""
    return Line(
        key, other.pop("booking_date", TODAY), other.pop("currency", "EUR"), amount, key, name, iban, "", text, **other
    )


def paid(proposal):
    """{number: amount} of a proposal."""
    return {one.document_number: one.amount_minor for one in proposal.allocations}


def outcome_of(one, given=None):
    """What a run does with one line."""
    return match([one], given or book(), today=TODAY)[0]


def best_of(one, given=None):
    """The best proposal for one line."""
    return propose(one, given or book())[0]
