"""Long pure work given to all processors: forks of this process do a part each and hand back what they found."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice, pairwise
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, NoReturn

SHARES_MAX = 8
PARTS_EACH = 16  # how finely work is shared out
_THREADS = Path("/proc/self/task")
_FIRST_OPENED = 3  # after stdin, stdout and stderr


def shared_out[Given, Found](
    work: Callable[[Sequence[Given]], list[Found]], given: Sequence[Given], *, least: int
) -> list[Found]:
    """What `work` makes of all that is given, in its order; from `least` on all processors do it together.

    Each takes another part as soon as it is done with one, so that none waits for a slower one. The work must be pure:
    a fork keeps nothing, holds no file or connection, and what it cannot hand back (it was killed, memory ran out) is
    done again here. Where forking is not safe, beside other threads, all is done here.
    """
    count = min(processors(), SHARES_MAX)
    if len(given) < least or count < 2 or not may_fork():
        return work(given)
    parts = min(len(given), count * PARTS_EACH)
    merged: list[Any] = [None] * len(given)
    left = set(range(parts))
    with _bag(range(1, parts)) as bag, ExitStack() as forks:
        pipes = [
            forks.enter_context(forked(_doing_parts(work, given, parts, bag), keeps=bag)) for _ in range(count - 1)
        ]
        for part in chain((0,), _drawn(bag)):
            merged[part::parts] = work(given[part::parts])
            left.discard(part)
        for pipe in pipes:
            while (answer := read(pipe)) is not None:
                part, found = answer
                merged[part::parts] = found
                left.discard(part)
    for part in left:
        merged[part::parts] = work(given[part::parts])
    return merged


def streamed[Found](made: Callable[[int, int], Iterator[Found]]) -> Iterator[Found]:
    """All that `made(0, 1)` yields, in its order; fork k of n yields every nth of it, which is `made(k, n)`.

    The forks are never more than one ahead of whoever asks, so memory stays flat. Where one dies, or meets a fault, the
    rest is made here, and the fault raised here.
    """
    count = min(processors(), SHARES_MAX)
    done = 0
    if count > 1 and may_fork():
        with ExitStack() as forks:
            pipes = [forks.enter_context(forked(_streaming(made, place, count))) for place in range(count)]
            while (found := read(pipes[done % count])) is not None:
                if not found:
                    return
                yield found[0]
                done += 1
    yield from islice(made(0, 1), done, None)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_fork() -> bool:
    """Whether a fork is safe here: it is possible at all, and no other thread runs whose locks it would inherit."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    return not _THREADS.exists() or sum(1 for _ in _THREADS.iterdir()) == 1


type Sender = Callable[[Connection], None]


@contextmanager
def _bag(parts: Iterable[int]) -> Iterator[int]:
    """Numbers below 256 that this process and its forks draw from, each drawn once: a pipe that is full and closed."""
    bag, filling = os.pipe()
    try:
        os.write(filling, bytes(parts))
        os.close(filling)
        yield bag
    finally:
        os.close(bag)


def _drawn(bag: int) -> Iterator[int]:
    while number := os.read(bag, 1):
        yield number[0]


def _doing_parts[Given, Found](
    work: Callable[[Sequence[Given]], list[Found]], given: Sequence[Given], parts: int, bag: int
) -> Sender:
    def send(pipe: Connection) -> None:
        # packed part by part, while the others still work; nobody reads before they are done
        packed = [ForkingPickler.dumps((part, work(given[part::parts]))) for part in _drawn(bag)]
        for one in packed:
            pipe.send_bytes(one)

    return send


def _streaming[Found](made: Callable[[int, int], Iterator[Found]], place: int, count: int) -> Sender:
    def send(pipe: Connection) -> None:
        for found in made(place, count):
            pipe.send((found,))
        pipe.send(())

    return send


@contextmanager
def forked(send: Sender, *, keeps: int | None = None) -> Iterator["Connection[Any, Any]"]:
    """A process that sends what it finds, as the pipe to read it from; gone when that is no longer wanted.

    Of the open files it `keeps` one, when it is told to.
    """
    reading, writing = Pipe(duplex=False)
    number = os.fork()
    if not number:
        _send(send, writing.fileno(), keeps)
    writing.close()
    try:
        with reading:
            yield reading
    finally:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


def _send(send: Sender, writing: int, keeps: int | None) -> NoReturn:
    # never back into the caller: nothing of it is undone, closed or told twice
    try:
        # the database must see a killed run as gone, so no copy of its connection is kept open here
        kept = sorted({writing, writing if keeps is None else keeps})
        for before, after in pairwise((_FIRST_OPENED - 1, *kept, os.sysconf("SC_OPEN_MAX"))):
            os.closerange(before + 1, after)
        send(Connection(writing, readable=False))
    finally:
        os._exit(0)


def read(pipe: "Connection[Any, Any]") -> Any:
    """The next thing a fork sends; None where it is gone."""
    with suppress(EOFError, OSError):
        return pipe.recv()
    return None
