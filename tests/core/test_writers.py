"""Parts of one write by several processes: all of them stand, or none does."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction

from encours.access import context
from encours.core import processors, writers
from encours.customers.models import Customer
from tests.cast import Company

type Renaming = Callable[[str, str], Callable[[], str]]


@pytest.fixture
def company(committed_company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(processors, "processors", lambda: 2)
    # other tests may have left a thread behind, which holds nothing here
    monkeypatch.setattr(processors, "may_fork", lambda: True)
    with context.bound(committed_company.organisation_id):
        yield committed_company


@pytest.fixture
def renamed(company: Company) -> Renaming:
    """A writer's work: a customer gets another city."""

    def of(name: str, city: str) -> Callable[[], str]:
        number = getattr(company, name).pk

        def work() -> str:
            context.bind(company.organisation_id)
            Customer.objects.filter(pk=number).update(city=city)
            return f"{os.getpid()} {city}"

        return work

    return of


def cities(company: Company) -> tuple[str, str]:
    """Of the two customers of these tests."""
    found = dict(Customer.objects.values_list("pk", "city"))
    return found[company.acme.pk], found[company.borealis.pk]


def backend() -> int:
    """The server's process behind this connection."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_all_parts_stand_together(company: Company, renamed: Renaming) -> None:
    before = cities(company)
    with transaction.atomic(), writers.writer(renamed("borealis", "Nantes")) as theirs:
        renamed("acme", "Brest")()
        found = theirs.found()
        assert found is not None
        assert found[0].endswith("Nantes")
        assert not found[0].startswith(f"{os.getpid()} ")
        assert cities(company) == ("Brest", before[1])  # nobody sees it before it stands
        theirs.commit()
    assert cities(company) == ("Brest", "Nantes")


def test_none_stands_when_the_caller_fails(company: Company, renamed: Renaming) -> None:
    before = cities(company)

    def fails() -> None:
        with transaction.atomic(), writers.writer(renamed("borealis", "Nantes")) as theirs:
            renamed("acme", "Brest")()
            theirs.found()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert cities(company) == before


@pytest.mark.parametrize("end", [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 1 / 0])
def test_one_that_dies_or_fails_leaves_nothing_and_says_so(
    company: Company, renamed: Renaming, end: Callable[[], object]
) -> None:
    before = cities(company)

    def work() -> str:
        renamed("borealis", "Nantes")()
        end()
        return "never"

    with transaction.atomic(), writers.writer(work) as theirs:
        assert theirs.found() is None
        assert cities(company) == before
        renamed("borealis", "Rennes")()  # its part is free to be done again
    assert cities(company)[1] == "Rennes"


def test_one_that_would_wait_for_a_row_of_the_callers_gives_up(
    company: Company, renamed: Renaming, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LOCK_SECONDS", 1)
    with transaction.atomic():
        renamed("borealis", "Brest")()
        with writers.writer(renamed("borealis", "Nantes")) as theirs:
            assert theirs.found() is None
    assert cities(company)[1] == "Brest"


def test_the_whole_fails_when_a_part_dies_before_it_stands(company: Company, renamed: Renaming) -> None:
    before = cities(company)

    def work() -> int:
        renamed("borealis", "Nantes")()
        return os.getpid()

    def goes_on() -> None:
        with transaction.atomic(), writers.writer(work) as theirs:
            renamed("acme", "Brest")()
            found = theirs.found()
            assert found is not None
            os.kill(found[0], signal.SIGKILL)
            os.waitid(os.P_PID, found[0], os.WEXITED | os.WNOWAIT)
            theirs.commit()

    with pytest.raises(RuntimeError, match="did not stand"):
        goes_on()
    assert cities(company) == before


def test_the_caller_keeps_its_connection(company: Company, renamed: Renaming) -> None:
    before = backend()
    with transaction.atomic(), writers.writer(renamed("borealis", "Nantes")) as theirs:
        theirs.found()
        theirs.commit()
    assert backend() == before


def test_none_is_had_within_a_transaction_whose_rows_it_would_not_see(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writers.shares() == 2
    with transaction.atomic():
        assert writers.shares() == 1
    monkeypatch.setattr(processors, "processors", lambda: 64)
    assert writers.shares() == writers.WRITERS_MAX
    monkeypatch.setattr(processors, "may_fork", lambda: False)
    assert writers.shares() == 1


class TestReader:
    """Something read beside the caller, or by it."""

    def test_apart_it_has_a_connection_of_its_own_which_is_closed_again(self, company: Company) -> None:
        def work() -> tuple[int, int]:
            context.bind(company.organisation_id)
            return backend(), Customer.objects.count()

        with writers.reader(work, is_apart=True) as found:
            mine = backend()
        theirs, count = found()
        assert theirs != mine
        assert count == Customer.objects.count()
        for _ in range(50):
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from pg_stat_activity where pid = %s", [theirs])
                if cursor.fetchone() == (0,):
                    return
            time.sleep(0.1)  # the server takes leave in its own time
        pytest.fail("the reader's connection is still there")

    def test_else_it_is_read_here_when_it_is_wanted(self, company: Company) -> None:
        with transaction.atomic(), writers.reader(backend, is_apart=False) as found:
            assert found() == backend()

    def test_what_it_meets_is_raised_where_it_is_wanted(self, company: Company) -> None:
        with writers.reader(lambda: 1 / 0, is_apart=True) as found, pytest.raises(ZeroDivisionError):
            found()
