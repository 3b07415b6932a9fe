"""Work shared out to the processors comes back whole, in order, whatever becomes of a fork."""

import os
import threading
import time

import pytest

from encours.core import processors


@pytest.fixture
def four(monkeypatch):
    monkeypatch.setattr(processors, "processors", lambda: 4)
    # other tests may have left a thread behind; what is asked here is what forks hand back
    monkeypatch.setattr(processors, "may_fork", lambda: True)


@pytest.fixture
def forks(monkeypatch):
    """The numbers of the processes that were forked."""
    found, fork = [], os.fork

    def noted():
        number = fork()
        if number:
            found.append(number)
        return number

    monkeypatch.setattr(os, "fork", noted)
    return found


def is_there(number: int) -> bool:
    """Whether a fork still runs, or waits to be seen off."""
    try:
        os.waitpid(number, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


class TestSharedOut:
    def test_gives_all_back_in_the_order_given(self, four):
        given = list(range(1_003))
        assert processors.shared_out(lambda some: [one * 2 for one in some], given, least=10) == [2 * n for n in given]

    def test_is_done_by_several_processes(self, four):
        def work(some):
            time.sleep(0.01)  # long enough for each to come round
            return [os.getpid() for _ in some]

        assert len(set(processors.shared_out(work, list(range(200)), least=10))) == 4

    def test_a_slow_process_leaves_the_rest_to_the_others(self, four):
        here = os.getpid()

        def work(some):
            if os.getpid() != here:
                time.sleep(0.3)
            return [os.getpid() for _ in some]

        found = processors.shared_out(work, list(range(640)), least=10)
        assert sum(number == here for number in found) >= 600

    def test_little_is_done_here(self, four):
        found = processors.shared_out(lambda some: [os.getpid() for _ in some], list(range(9)), least=10)
        assert set(found) == {os.getpid()}

    def test_what_a_killed_fork_had_is_done_here(self, four):
        here = os.getpid()

        def work(some):
            if os.getpid() != here:
                os._exit(9)
            return [one + 1 for one in some]

        assert processors.shared_out(work, list(range(100)), least=10) == list(range(1, 101))

    def test_a_fault_is_raised_here(self, four):
        def work(some):
            raise ValueError(some[0])

        with pytest.raises(ValueError, match="0"):
            processors.shared_out(work, list(range(100)), least=10)

    def test_a_fork_holds_nothing_that_was_open(self, four):
        reading, writing = os.pipe()

        def work(some):
            held = os.path.exists(f"/proc/self/fd/{writing}") if os.getpid() != here else False
            return [held for _ in some]

        here = os.getpid()
        try:
            assert not any(processors.shared_out(work, list(range(100)), least=10))
        finally:
            os.close(reading)
            os.close(writing)

    def test_does_not_fork_beside_other_threads(self, monkeypatch):
        monkeypatch.setattr(processors, "processors", lambda: 4)
        stop = threading.Event()
        other = threading.Thread(target=stop.wait)
        other.start()
        try:
            found = processors.shared_out(lambda some: [os.getpid() for _ in some], list(range(40)), least=10)
        finally:
            stop.set()
            other.join()
        assert set(found) == {os.getpid()}


class TestStreamed:
    @staticmethod
    def numbers(place, count):
        yield from range(place, 103, count)

    def test_comes_in_order_from_several_processes(self, four):
        assert list(processors.streamed(self.numbers)) == list(range(103))
        found = list(processors.streamed(lambda place, count: ((n, os.getpid()) for n in self.numbers(place, count))))
        assert len({process for _, process in found}) == 4
        assert [number for number, _ in found] == list(range(103))

    @pytest.mark.parametrize("length", [0, 1, 4, 5])
    def test_ends_with_what_is_made(self, four, length):
        assert list(processors.streamed(lambda place, count: iter(range(place, length, count)))) == list(range(length))

    def test_what_a_killed_fork_would_have_made_is_made_here(self, four):
        here = os.getpid()

        def made(place, count):
            for number in self.numbers(place, count):
                if number == 50 and os.getpid() != here:
                    os._exit(9)
                yield number

        assert list(processors.streamed(made)) == list(range(103))

    def test_a_fault_is_raised_where_it_stands(self, four):
        def made(place, count):
            for number in self.numbers(place, count):
                if number == 50:
                    raise ValueError("row 50")
                yield number

        found = []
        with pytest.raises(ValueError, match="row 50"):
            found.extend(processors.streamed(made))
        assert found == list(range(50))

    def test_leaves_no_fork_behind_when_it_is_not_read_to_the_end(self, four, forks):
        stream = processors.streamed(self.numbers)
        assert next(stream) == 0
        stream.close()
        assert len(forks) == 4
        assert not any(map(is_there, forks))
