"""Any sequence of applying and undoing leaves the books right, and undoing all of it leaves them as they were."""

from datetime import date

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from encours.core.errors import EncoursError
from encours.ledger import invariants
from encours.ledger.models import OpenItem
from encours.matching import actions as matching
from encours.matching.models import Match
from encours.matching.rules.facts import Allocation, Residual, Treatment
from tests import cast
from tests.matching.bank import TODAY, open_of, set_up

STEP = st.tuples(
    st.integers(0, 4),  # which line
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 400_00)), max_size=3),  # items and amounts
    st.sampled_from([None, Treatment.DISCOUNT, Treatment.WRITE_OFF]),
    st.booleans(),  # undo instead
)


class TestAnySequence(TestCase):
    @settings(max_examples=12)
    @given(st.lists(STEP, max_size=8))
    def test_keeps_the_books_right_and_undone_is_as_before(self, steps):
        with cast.company() as company:
            books, bank = set_up(company)
            items = [
                books.invoice(company.acme, minor, issued=date(2026, 10, 1), due=date(2026, 10, 31))
                for minor in (400_00, 250_00, 99_99)
            ]
            items.append(books.credit_note(company.acme, 30_00, issued=date(2026, 10, 5)))
            before = [open_of(item) for item in items]
            lines = [bank.line(minor) for minor in (400_00, 100_00, 349_99, 20_00, -30_00)]
            for which, parts, treatment, is_undo in steps:
                self.step(company, bank, lines[which], [(items[at], minor) for at, minor in parts], treatment, is_undo)
            assert [one.code for one in invariants.check(company.organisation_id) if not one.is_kept] == []
            for match in Match.objects.filter(reverses=None):
                if not Match.objects.filter(reverses=match).exists():
                    bank.undo(match)
            assert [open_of(item) for item in items] == before
            assert sum(OpenItem.objects.values_list("open_minor", flat=True)) == sum(before)
            assert [one.code for one in invariants.check(company.organisation_id) if not one.is_kept] == []

    def step(self, company, bank, line, parts, treatment, is_undo):
        standing = Match.objects.filter(line=line, reverses=None).order_by("-pk").first()
        try:
            with transaction.atomic():
                if is_undo and standing:
                    bank.undo(standing)
                    return
                chosen = tuple(
                    Allocation(item.pk, item.document_number, minor if item.amount_minor > 0 else -minor)
                    for item, minor in dict(parts).items()
                )
                kept = (
                    (Residual(treatment, 1_00, chosen[0].item_id, chosen[0].document_number, True),)
                    if treatment and chosen
                    else ()
                )
                matching.apply_match(
                    organisation_id=company.organisation_id, line_id=line.pk, today=TODAY, by=company.by,
                    choice=matching.Choice(company.acme.pk, chosen, kept),
                )  # fmt: skip
        except EncoursError:
            pass
