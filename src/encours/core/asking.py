"""A question to the database that is answered while the caller does something else."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

type Rows = list[tuple[Any, ...]]


@contextmanager
def asked(statement: str, parameters: Mapping[str, Any]) -> Iterator[Callable[[], Rows]]:
    """What is yielded waits for the rows. Until then the caller asks the database nothing else, and does not fork.

    The question is asked within the caller's transaction, by its connection.
    """
    connection.ensure_connection()
    driver = connection.connection

    def look() -> Rows:
        with driver.cursor() as cursor:
            cursor.execute(statement, parameters)
            found: Rows = cursor.fetchall()
            return found

    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(look).result
