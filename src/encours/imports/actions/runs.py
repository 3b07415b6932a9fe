"""The record of a run, written beside the import so that everybody sees how far it is."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from encours.access.context import SETTING
from encours.core.errors import jsonable
from encours.imports.formats.problems import Problem
from encours.imports.models import RunState

KEPT_ROWS_MAX = 100_000
_STEP_SECONDS_NS = 500_000_000


class RunRecorder:
    """Writes runs on a connection of its own, unless the caller's transaction must hold them (tests, nested calls)."""

    def __init__(self, organisation_id: int) -> None:
        self._organisation_id = organisation_id
        self._is_shared = connection.in_atomic_block
        self._connection = connection if self._is_shared else connection.copy()
        self._last_ns = 0

    def __enter__(self) -> "RunRecorder":
        if not self._is_shared:
            self._execute("select set_config(%s, %s, false)", [SETTING, str(self._organisation_id)])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_shared:
            self._connection.close()

    def _execute(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall()) if cursor.description else []

    def interrupted(self, *, but: Collection[int | None]) -> None:
        """Other runs that still say running were cut off, since the caller holds the lock that each needs.

        A run that merely waits for that lock keeps its place: it marks itself again when it ends.
        """
        self._execute(
            """update imports_importrun set state = %s, progress_step = '' where organisation_id = %s and state = %s
               and progress_percent > 0 and id <> all(%s)""",
            [RunState.INTERRUPTED, self._organisation_id, RunState.RUNNING, [run for run in but if run is not None]],
        )

    def start(self, values: Mapping[str, Any]) -> int:
        """Add a run; its number."""
        row = {"organisation_id": self._organisation_id, "state": RunState.RUNNING, **_DEFAULTS, **values}
        names = ", ".join(row)
        found = self._execute(
            f"insert into imports_importrun ({names}) values ({', '.join(['%s'] * len(row))}) returning id",
            [_value(value) for value in row.values()],
        )
        return int(found[0][0])

    def update(self, run_id: int, values: Mapping[str, Any]) -> None:
        """Change what is known of a run."""
        change_run(self._connection, self._organisation_id, run_id, values)

    def progress(self, run_id: int, *, percent: int, step: str, rows: int | None = None) -> None:
        """Say how far a run is, at most twice a second."""
        now_ns = time.monotonic_ns()
        if self._is_shared or (now_ns - self._last_ns < _STEP_SECONDS_NS and rows is not None):
            return
        self._last_ns = now_ns
        values: dict[str, Any] = {"progress_percent": min(99, percent), "progress_step": step}
        if rows is not None:
            values["rows_read"] = rows
        self.update(run_id, values)

    def keep_rejections(self, run_id: int, problems: Iterable[Problem], *, is_warning: bool) -> None:
        """Keep refused rows of a run that was not committed."""
        keep_rejections(self._connection, self._organisation_id, run_id, problems, is_warning=is_warning)


_DEFAULTS: dict[str, Any] = {
    "kind": "",
    "size_bytes": 0,
    "is_dry_run": False,
    "mapping_name": "",
    "progress_percent": 0,
    "progress_step": "",
    "rows_read": 0,
    "rows_created": 0,
    "rows_changed": 0,
    "rows_unchanged": 0,
    "rows_rejected": 0,
    "detail": {},
}


def _value(value: Any) -> Any:
    return Jsonb(jsonable(value)) if isinstance(value, dict | list) else value


def change_run(on: Any, organisation_id: int, run_id: int, values: Mapping[str, Any]) -> None:
    """Change a run on a given connection: with the import, or beside it."""
    names = ", ".join(f"{name} = %s" for name in values)
    with on.cursor() as cursor:
        cursor.execute(
            f"update imports_importrun set {names} where organisation_id = %s and id = %s",
            [*(_value(value) for value in values.values()), organisation_id, run_id],
        )


def keep_rejections(
    on: Any, organisation_id: int, run_id: int, problems: Iterable[Problem], *, is_warning: bool
) -> None:
    """Keep what a run refused or warned about, row by row."""
    sql = "copy imports_rejectedrow_staged (run_id, line, field, value, reason, is_warning) from stdin"
    with on.cursor() as cursor:
        cursor.execute(
            """create temp table if not exists imports_rejectedrow_staged (run_id bigint, line bigint, field text,
            value text,
                   reason text, is_warning boolean)"""
        )
        with cursor.copy(sql) as copy:
            for problem in problems:
                value = problem.value.replace("\x00", "?")[:200]
                copy.write_row((run_id, problem.line, problem.field[:60], value, problem.reason, is_warning))
        cursor.execute(
            """insert into imports_rejectedrow (organisation_id, run_id, line, field, value, reason, is_warning)
               select %s, run_id, line, field, value, reason, is_warning from imports_rejectedrow_staged""",
            [organisation_id],
        )
        cursor.execute("drop table imports_rejectedrow_staged")
