"""Statements that pages ask all the time: parsed and planned once a connection, their rows made into models by hand.

The ORM writes a question anew each time it is asked, and the server plans it anew: together a millisecond or two, where
the answer takes a tenth. What every page asks goes this way (docs/decisions/0063); all else is the ORM's.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Self, cast

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet

type Values = Sequence[Any] | Mapping[str, Any]


class _Prepared(psycopg.Cursor[tuple[Any, ...]]):
    """Each statement is prepared the first time, and called by its name from then on."""

    def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
        # switched on for this statement alone: the driver would remember the whole text of each of the ORM's
        self.connection.prepare_threshold = 0
        try:
            super().execute(query, params, prepare=True, **how)
        finally:
            self.connection.prepare_threshold = None
        return self


def rows(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """The rows of a statement whose text is the same for everyone and whose values come from outside.

    The server may plan it once for any values, so each must be of use to the same index. Values have no type but what
    the statement gives them: write `%(day)s::date` where nothing beside it says so.
    """
    with _cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def changed(statement: str, values: Values) -> int:
    """How many rows the statement changed."""
    with _cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _cursor() -> CursorWrapper:
    # as Django's own connection.cursor(), which only knows cursors that put the values into the text
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.validate_thread_sharing()
        raw = cast(CursorWrapper, _Prepared(connection.connection))
        return connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)


@cache
def columns(model: type[Model], alias: str = "") -> str:
    """The columns of a model's table, to be selected and given to `made`."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def made[M: Model](model: type[M], row: Sequence[Any]) -> M:
    """The model of a row that has its `columns`, as the ORM would make it."""
    values = list(row)
    for place, convert in _converters(model):
        values[place] = convert(values[place], None, connection)
    return model.from_db(None, _names(model), values)


class Joined[M: Model]:
    """A model with the rows that a page shows beside it: what to select, what to join, and the models of a row."""

    def __init__(self, model: type[M], alias: str, *beside: str) -> None:
        """`beside` are foreign keys of the model, which are the aliases of their tables too."""
        self.model, self.alias = model, alias
        self._beside: dict[str, type[Model]] = {
            name: cast(type[Model], model._meta.get_field(name).related_model) for name in beside
        }

    @property
    def select(self) -> str:
        """The columns, as a statement selects them."""
        named = (columns(of, name) for name, of in self._beside.items())
        return ", ".join((columns(self.model, self.alias), *named))

    @property
    def joins(self) -> str:
        """The tables beside that of the model."""
        return " ".join(
            f"left join {of._meta.db_table} {name} on {name}.id = {self.alias}.{name}_id"
            for name, of in self._beside.items()
        )

    def made(self, row: Sequence[Any]) -> M:
        """The model of a row, with those beside it."""
        end = len(self.model._meta.concrete_fields)
        found = made(self.model, row[:end])
        for name, of in self._beside.items():
            start, end = end, end + len(of._meta.concrete_fields)
            setattr(found, name, made(of, row[start:end]) if row[start] is not None else None)
        return found


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _converters(model: type[Model]) -> list[tuple[int, Any]]:
    fields = enumerate(model._meta.concrete_fields)
    return [(place, field.from_db_value) for place, field in fields if hasattr(field, "from_db_value")]


def count_of(questions: Sequence[QuerySet[Any]]) -> tuple[str, tuple[Any, ...]] | None:
    """How many rows the questions have together, as a statement and its values; None where none can have any."""
    first, *others = (question.order_by().values_list("pk") for question in questions)
    try:
        statement, values = first.union(*others, all=True).query.sql_with_params()
    except EmptyResultSet:
        return None
    return f"select count(*) from ({statement}) waiting", values
