"""PostgreSQL itself keeps the laws of the books; each is tried to be broken, also from two connections at once."""

import datetime as dt
import threading

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, InternalError, connection, transaction

from encours.access import context
from encours.ledger import actions as ledger
from encours.ledger import invariants
from encours.ledger.models import Allocation, AllocationLeg, Entry, ItemKind, OpenItem, Transaction
from encours.ledger.rules import Leg
from tests import cast

DAY = dt.date(2026, 3, 2)
DUE = dt.date(2026, 4, 1)


def new_item(customer, amount_minor, kind=ItemKind.INVOICE, currency="EUR", number="F1"):
    return ledger.NewItem(
        customer_id=customer.pk,
        kind=kind,
        document_number=number,
        item_date=DAY,
        due_date=DUE,
        currency=currency,
        amount_minor=amount_minor,
    )


def post(company, *items, key="k1"):
    posting = ledger.Posting(
        organisation_id=company.organisation_id,
        entity_id=company.entity.pk,
        transaction_date=DAY,
        source="test",
        key=key,
    )
    return ledger.post(posting, items=items, by=company.by, why="test")


def settlement(company, key="a1", day=DAY):
    return ledger.Settlement(organisation_id=company.organisation_id, allocation_date=day, key=key)


def settle_deferred():
    """Run the checks that wait for the commit."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def assert_books_are_right(company):
    broken = [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept]
    assert broken == []


class TestPosting:
    def test_writes_items_and_balanced_entries(self, company):
        post(company, new_item(company.acme, 12_000), new_item(company.borealis, -3_000, ItemKind.CREDIT_NOTE))
        settle_deferred()
        assert dict(Entry.objects.values_list("account", "amount_minor")) == {"411": 9_000, "70": -9_000}
        assert_books_are_right(company)

    def test_twice_with_the_same_key_adds_nothing(self, company):
        first = post(company, new_item(company.acme, 12_000))
        second = post(company, new_item(company.acme, 12_000))
        assert [item.pk for item in first] == [item.pk for item in second]
        assert OpenItem.objects.count() == 1

    def test_refuses_entries_that_do_not_balance(self, company):
        post(company, new_item(company.acme, 12_000))
        head = Transaction.objects.get()
        Entry.objects.create(
            organisation=company.organisation, transaction=head, account="70", currency="EUR", amount_minor=-1
        )
        with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
            settle_deferred()

    def test_refuses_receivable_entries_without_items(self, company):
        post(company, new_item(company.acme, 12_000))
        with pytest.raises(IntegrityError, match="written by its open items only"), transaction.atomic():
            Entry.objects.create(
                organisation=company.organisation,
                transaction=Transaction.objects.get(),
                account="411",
                currency="EUR",
                amount_minor=5,
            )


class TestAllocating:
    def test_moves_open_amounts_and_dates(self, company):
        invoice, receipt = post(company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt"))
        ledger.settle(settlement(company), owed=[invoice.pk], given=[receipt.pk], by=company.by)
        invoice.refresh_from_db()
        receipt.refresh_from_db()
        assert (invoice.open_minor, receipt.open_minor) == (7_000, 0)
        assert (invoice.legs_first_date, invoice.legs_last_date) == (DAY, DAY)
        assert_books_are_right(company)

    @pytest.mark.parametrize(
        ("taken", "given", "because"),
        [
            (-12_001, 12_001, ledger.MoreThanOpen),  # more than the invoice
            (-6_000, 6_000, ledger.MoreThanOpen),  # more than the receipt
            (-100, 90, ledger.AllocationUnbalanced),  # ten cents vanish
            (100, -100, ledger.MoreThanOpen),  # an invoice never grows
        ],
    )
    def test_refuses_what_breaks_a_side(self, company, taken, given, because):
        invoice, receipt = post(company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt"))
        legs = [Leg(invoice.pk, "EUR", taken), Leg(receipt.pk, "EUR", given)]
        with pytest.raises(because):
            ledger.allocate(settlement(company), legs=legs, by=company.by)
        assert_books_are_right(company)

    def test_refuses_another_currency(self, company):
        invoice, receipt = post(
            company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt", currency="USD")
        )
        legs = [Leg(invoice.pk, "EUR", -5_000), Leg(receipt.pk, "EUR", 5_000)]
        with pytest.raises(IntegrityError, match="another currency"), transaction.atomic():
            ledger.allocate(settlement(company), legs=legs, by=company.by)

    def test_refuses_a_day_before_the_items(self, company):
        invoice, receipt = post(company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt"))
        with pytest.raises(ledger.AllocatedTooEarly):
            ledger.settle(
                settlement(company, day=DAY - dt.timedelta(1)), owed=[invoice.pk], given=[receipt.pk], by=company.by
            )

    def test_undo_restores_the_state_before(self, company):
        invoice, receipt = post(company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt"))
        made = ledger.settle(settlement(company), owed=[invoice.pk], given=[receipt.pk], by=company.by)
        ledger.undo_allocation(
            organisation_id=company.organisation_id, allocation_id=made.pk, by=company.by, why="wrong customer"
        )
        invoice.refresh_from_db()
        assert invoice.open_minor == 12_000
        with pytest.raises(ledger.AlreadyUndone):
            ledger.undo_allocation(
                organisation_id=company.organisation_id, allocation_id=made.pk, by=company.by, why="again"
            )
        assert_books_are_right(company)

    def test_reversed_item_leaves_nothing_open(self, company):
        (invoice,) = post(company, new_item(company.acme, 12_000))
        mirror = ledger.reverse_item(
            organisation_id=company.organisation_id, item_id=invoice.pk, by=company.by, why="typing error"
        )
        invoice.refresh_from_db()
        mirror.refresh_from_db()
        assert (invoice.open_minor, mirror.open_minor) == (0, 0)
        settle_deferred()
        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse_item(organisation_id=company.organisation_id, item_id=invoice.pk, by=company.by, why="")
        assert_books_are_right(company)


class TestFactsAreInsertOnly:
    @pytest.mark.parametrize("model", [Transaction, Entry, OpenItem, Allocation, AllocationLeg])
    def test_refuses_update_and_delete(self, company, model):
        invoice, receipt = post(company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt"))
        ledger.settle(settlement(company), owed=[invoice.pk], given=[receipt.pk], by=company.by)
        table = model._meta.db_table
        for statement in (f"update {table} set organisation_id = organisation_id", f"delete from {table}"):
            with (
                pytest.raises(DatabaseError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


class TestSealing:
    def test_a_committed_transaction_takes_no_more_items(self, committed_company):
        company = committed_company
        (invoice,) = post(company, new_item(company.acme, 12_000))
        with pytest.raises(IntegrityError, match="sealed"):
            OpenItem.objects.create(
                organisation=company.organisation,
                entity=company.entity,
                customer=company.acme,
                transaction_id=invoice.transaction_id,
                kind="invoice",
                document_number="late",
                item_date=DAY,
                due_date=DUE,
                currency="EUR",
                amount_minor=1,
                open_minor=1,
            )

    def test_a_committed_allocation_takes_no_more_legs(self, committed_company):
        company = committed_company
        invoice, receipt = post(company, new_item(company.acme, 12_000), new_item(company.acme, -5_000, "receipt"))
        made = ledger.settle(settlement(company), owed=[invoice.pk], given=[receipt.pk], by=company.by)
        with pytest.raises((IntegrityError, InternalError), match="sealed"):
            AllocationLeg.objects.bulk_create(
                AllocationLeg(
                    organisation=company.organisation,
                    allocation=made,
                    item=item,
                    currency="EUR",
                    amount_minor=amount_minor,
                    allocation_date=DAY,
                )
                for item, amount_minor in ((invoice, -1), (receipt, 1))
            )


class TestTenants:
    def test_an_item_never_takes_another_tenants_customer(self, company):
        with cast.company("dora") as dora:
            stranger = dora.acme
        with pytest.raises(IntegrityError, match="not of this organisation"), transaction.atomic():
            post(company, new_item(stranger, 100))

    def test_the_other_tenant_sees_nothing(self, company):
        post(company, new_item(company.acme, 12_000))
        with cast.company("dora"):
            assert OpenItem.objects.count() == 0
            assert Transaction.objects.count() == 0

    def test_nothing_can_be_written_for_the_other_tenant(self, company):
        with cast.company("dora") as dora:
            pass
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Transaction.objects.create(
                organisation=dora.organisation,
                entity=dora.entity,
                transaction_date=DAY,
                source="test",
                key="x",
                actor_name="x",
            )

    def test_nothing_is_seen_while_no_organisation_is_bound(self, company):
        post(company, new_item(company.acme, 12_000))
        context.bind(None)
        assert OpenItem.objects.count() == 0
        context.bind(company.organisation_id)


class TestTwoAtOnce:
    def test_only_one_of_two_takes_the_last_open_amount(self, committed_company):
        company = committed_company
        invoice, first, second = post(
            company,
            new_item(company.acme, 10_000),
            new_item(company.acme, -10_000, "receipt", number="R1"),
            new_item(company.acme, -10_000, "receipt", number="R2"),
        )
        start = threading.Barrier(2)
        outcomes = []

        def take(receipt, key):
            context.bind(company.organisation_id)
            legs = [Leg(invoice.pk, "EUR", -10_000), Leg(receipt.pk, "EUR", 10_000)]
            start.wait()
            try:
                ledger.allocate(settlement(company, key=key), legs=legs, by=company.by)
                outcomes.append("taken")
            except ledger.MoreThanOpen:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=take, args=pair) for pair in ((first, "a"), (second, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(outcomes) == ["refused", "taken"]
        assert_books_are_right(company)

    def test_the_same_key_from_two_connections_books_once(self, committed_company):
        company = committed_company
        start = threading.Barrier(2)
        outcomes = []

        def book():
            context.bind(company.organisation_id)
            start.wait()
            try:
                post(company, new_item(company.acme, 10_000), key="same")
                outcomes.append("booked")
            except IntegrityError:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=book) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert OpenItem.objects.count() == 1
        assert "booked" in outcomes


def test_the_owner_is_not_the_role_the_product_runs_as(db):
    with connection.cursor() as cursor:
        cursor.execute("select current_user, (select rolsuper from pg_roles where rolname = current_user)")
        assert cursor.fetchone() == ("encours_app", False)
    assert psycopg.__version__ >= "3"
