"""Long work with the database over several connections: writers that commit together, a reader beside the caller."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import IO, Any

from django.db import connection, connections, transaction

from encours.core import processors

WRITERS_MAX = 4  # the caller among them: each has a connection, of which a server has a hundred for all
LOCK_SECONDS = 20  # longer than that a writer waits for nobody: its part is done again by the caller
# The caller waits no longer either, and all of it fails: a person who has a row of the caller's and wants one of a
# writer's makes a ring that PostgreSQL does not see, as the writer waits for a word and not for a row.
CALLER_LOCK_SECONDS = 60
_COMMIT = b"c"


class Writer[Found]:
    """A fork that has written a part, or writes it still; nobody sees any of it before `commit`."""

    def __init__(self, answers: "Connection[Any, Any]", word: IO[bytes]) -> None:
        self._answers, self._word = answers, word

    def found(self) -> tuple[Found] | None:
        """What came of its part, once all of it is written; None where it could not, and left nothing behind."""
        found: tuple[Found] | None = processors.read(self._answers)
        return found

    def commit(self) -> None:
        """Make its part stand. The last thing before the caller commits: what fails here fails the whole."""
        with suppress(BrokenPipeError):
            self._word.write(_COMMIT)
        if processors.read(self._answers) is None:
            raise RuntimeError("a part of what was written did not stand: nothing of the rest is kept either")


def shares() -> int:
    """Into how many parts a long write may go: one where forking is not safe, or within a transaction of the caller's,
    whose rows the others would not see."""
    if connection.in_atomic_block or not processors.may_fork():
        return 1
    return min(processors.processors(), WRITERS_MAX)


@contextmanager
def writer[Found](work: Callable[[], Found]) -> Iterator[Writer[Found]]:
    """A fork that does `work` within one transaction of its own; gone, and the transaction with it, when not wanted.

    It must not touch what the caller or another writer writes: all commit last, so neither would get on. It commits on
    the caller's word alone, so a caller that dies before leaves nothing of any part.
    """
    ears, mouth = os.pipe()
    with open(ears, "rb", buffering=0) as listening, open(mouth, "wb", buffering=0) as word:

        def write(pipe: Connection) -> None:
            # the caller's connection was closed with its other files; it must be neither used nor taken leave of here
            inherited = connections[connection.alias]
            connections[connection.alias] = connections.create_connection(connection.alias)
            wanted = threading.Event()
            threading.Thread(target=_listen, args=(listening, wanted), daemon=True).start()
            with transaction.atomic():
                _wait_no_longer_than(LOCK_SECONDS)
                pipe.send((work(),))
                wanted.wait()
            pipe.send(())
            del inherited

        with processors.forked(write, keeps=ears) as answers:
            listening.close()
            _wait_no_longer_than(CALLER_LOCK_SECONDS)
            yield Writer(answers, word)


@contextmanager
def reader[Found](work: Callable[[], Found], *, is_apart: bool) -> Iterator[Callable[[], Found]]:
    """What is yielded waits for what `work` reads: by a thread and connection of its own, else here when it is wanted.

    Apart it sees what is committed, and nothing may fork before this is left.
    """
    if not is_apart:
        yield work
        return

    def read() -> Found:
        try:
            return work()
        finally:
            connection.close()  # this thread's own

    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(read).result


def _listen(word: IO[bytes], wanted: threading.Event) -> None:
    if word.read(1) != _COMMIT:
        os._exit(1)  # the caller is gone, or wants none of it
    wanted.set()


def _wait_no_longer_than(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = '{seconds}s'")
