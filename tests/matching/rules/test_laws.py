"""Laws that hold for every book and every statement: no cent twice, no order, no mixing, sums that close."""

import datetime as dt
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from encours.matching.rules.book import Book
from encours.matching.rules.facts import Candidate, CustomerFacts, Imputation, Line, Policy, Status, Treatment
from encours.matching.rules.imputation import Debt, impute
from encours.matching.rules.propose import propose
from encours.matching.rules.run import match
from encours.matching.rules.sums import sums

TODAY = dt.date(2026, 7, 1)
IBANS = {1: "FR7610107001011234567890129", 2: "DE89370400440532013000", 3: ""}
CUSTOMERS = tuple(
    CustomerFacts(number, f"CL{number:04d}", name, (IBANS[number],) if IBANS[number] else ())
    for number, name in ((1, "Acme SAS"), (2, "Nordbau GmbH"), (3, "Cobalt SA"))
)
AMOUNTS = st.sampled_from((100, 4_900, 9_900, 12_345, 33_333, 98_000, 100_000, 120_000))


@st.composite
def items(draw):
    """A few open items, credit notes and a second currency and entity among them."""
    found = []
    for index in range(draw(st.integers(1, 9))):
        amount = draw(AMOUNTS) * draw(st.sampled_from((1, 1, 1, -1)))
        issued = TODAY - dt.timedelta(days=draw(st.integers(1, 200)))
        found.append(
            Candidate(
                index + 1, draw(st.integers(1, 3)), f"FA-{issued.year}-{index + 400:05d}",
                "invoice" if amount > 0 else "credit_note", issued, issued + dt.timedelta(days=30),
                draw(st.sampled_from(("EUR", "EUR", "EUR", "USD"))), amount, amount, entity_id=draw(st.integers(1, 2)),
            )
        )  # fmt: skip
    return found


@st.composite
def books_and_lines(draw):
    """A book and lines that mostly speak of it."""
    book = draw(items())
    lines = []
    for index in range(draw(st.integers(1, 8))):
        item = draw(st.sampled_from(book))
        amount = draw(st.sampled_from((item.open_minor, item.open_minor // 2 or 1, item.open_minor + 100, 98_000)))
        number = item.document_number
        text = draw(
            st.sampled_from((number, number[3:], number[-3:], f"{number} acompte", f"{number} solde", "", "virement"))
        )
        lines.append(
            Line(
                f"L{index}", TODAY - dt.timedelta(days=draw(st.integers(0, 3))),
                draw(st.sampled_from(("EUR", "EUR", "USD"))),
                amount or 1, f"L{index}", draw(st.sampled_from(("", "ACME", "Nordbau GmbH"))),
                draw(st.sampled_from(("", *IBANS.values()))), "", text, entity_id=draw(st.integers(1, 2)),
            )
        )  # fmt: skip
    return book, lines


POLICIES = st.builds(
    Policy,
    alone_min_ppm=st.sampled_from((0, 900_000, 990_000)),
    rival_margin=st.sampled_from((0, 300)),
    entities_share=st.booleans(),
    imputation=st.sampled_from(tuple(Imputation)),
    applies_on_account_alone=st.booleans(),
)


def taken(proposal, *, booked_only):
    """What a proposal takes of each item, differences that are booked away included."""
    found = defaultdict(int)
    for one in proposal.allocations:
        found[one.item_id] += abs(one.amount_minor)
    for one in proposal.residuals:
        if one.item_id and (one.is_booked or not booked_only):
            found[one.item_id] += one.amount_minor
    return found


@settings(deadline=None, max_examples=60)
@given(books_and_lines(), POLICIES)
def test_no_cent_is_spent_twice_and_nothing_mixes(made, policy):
    book, lines = made
    by_id = {one.item_id: one for one in book}
    outcomes = match(lines, Book(items=book, customers=CUSTOMERS, policy=policy), today=TODAY)
    assert [one.line_key for one in outcomes] == [one.key for one in lines]
    spent = defaultdict(int)
    for line, outcome in zip(lines, outcomes, strict=True):
        for proposal in (outcome.best, *outcome.rivals):
            if proposal is None:
                continue
            assert (
                sum(one.amount_minor for one in proposal.allocations) + proposal.on_account_minor == line.amount_minor
            )
            assert len({one.item_id for one in proposal.allocations}) == len(proposal.allocations)
            assert 0 <= proposal.probability_ppm <= 1_000_000
            for one in proposal.allocations:
                item = by_id[one.item_id]
                assert item.currency == line.currency
                assert policy.entities_share or item.entity_id == line.entity_id
                assert (one.amount_minor > 0) == (item.open_minor > 0)
                assert item.customer_id == proposal.customer_id
            for item_id, amount in taken(proposal, booked_only=False).items():
                assert amount <= abs(by_id[item_id].open_minor)
        if outcome.status == Status.APPLIED:
            for item_id, amount in taken(outcome.best, booked_only=True).items():
                spent[item_id] += amount
    for item_id, amount in spent.items():
        assert amount <= abs(by_id[item_id].open_minor)


@settings(deadline=None, max_examples=40)
@given(books_and_lines(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_items_changes_nothing(made, chance):
    book, lines = made
    policy = Policy(alone_min_ppm=900_000)
    shuffled, items_shuffled = lines[:], book[:]
    chance.shuffle(shuffled)
    chance.shuffle(items_shuffled)
    first = match(lines, Book(items=book, customers=CUSTOMERS, policy=policy), today=TODAY)
    second = match(shuffled, Book(items=items_shuffled, customers=CUSTOMERS, policy=policy), today=TODAY)
    applied = [
        {one.line_key: sorted(one.best.allocations) for one in outcomes if one.status == Status.APPLIED}
        for outcomes in (first, second)
    ]
    assert applied[0] == applied[1]


@settings(deadline=None, max_examples=40)
@given(items(), st.text(max_size=80), st.text(max_size=40), st.integers(-(10**7), 10**7))
def test_any_text_is_read_without_failing(book, text, name, amount):
    one = Line("L", TODAY, "EUR", amount, "L", name, "", "", text, text[:35], text[:20])
    for proposal in propose(one, Book(items=book, customers=CUSTOMERS)):
        for mark in proposal.highlights:
            assert 0 <= mark.start <= mark.end <= len(getattr(one, mark.field))


@given(st.lists(st.integers(-500, 2_000).filter(bool), min_size=2, max_size=16), st.data())
def test_every_sum_adds_up(amounts, data):
    chosen = data.draw(st.sets(st.integers(0, len(amounts) - 1), min_size=2))
    target = sum(amounts[place] for place in chosen)
    found = sums(amounts, target, due_count=len(amounts) // 2)
    assert found, "a small account is searched completely"
    assert all(sum(amounts[place] for place in one.places) == target for one in found)
    assert all(len(set(one.places)) == len(one.places) for one in found)


DEBTS = st.lists(
    st.builds(
        Debt,
        item_id=st.integers(1, 10**6),
        item_date=st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 1)),
        due_date=st.dates(dt.date(2026, 2, 1), dt.date(2026, 5, 1)),
        open_minor=st.integers(1, 10**6),
        interest_minor=st.integers(0, 5_000),
        rate_permyriad=st.sampled_from((0, 1_000, 1_215)),
    ),
    max_size=8,
    unique_by=lambda one: one.item_id,
)


@given(DEBTS, st.integers(1, 10**7), st.sampled_from(tuple(Imputation)), st.booleans())
def test_an_imputation_gives_out_all_there_is_and_no_debt_gets_too_much(debts, amount, imputation, interest_first):
    shares = impute(amount, debts, paid_on=dt.date(2026, 3, 20), imputation=imputation, interest_first=interest_first)
    given_out = sum(one.principal_minor + one.interest_minor for one in shares)
    owed = sum(one.open_minor + (one.interest_minor if interest_first else 0) for one in debts)
    assert given_out == (0 if imputation == Imputation.NONE else min(amount, owed))
    by_id = {one.item_id: one for one in debts}
    for share in shares:
        assert 0 <= share.principal_minor <= by_id[share.item_id].open_minor
        assert 0 <= share.interest_minor <= by_id[share.item_id].interest_minor


def test_treatments_have_names_of_their_own():
    assert len({one.value for one in Treatment}) == len(Treatment)
