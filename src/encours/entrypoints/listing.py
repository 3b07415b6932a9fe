"""A list on a screen: its columns, and the filters, sort and place in the list that live in its address."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

type Words = Any  # text now, or text in the reader's language when it is shown

PAGE_ROWS = 50
_PLACE = "after"
_SORT = "sort"
_NOT_SHARED = frozenset({_PLACE, "export"})
_NOT_FILTERS = _NOT_SHARED | {_SORT}


@dataclass(frozen=True)
class Column:
    """One column: `kind` (text, money, date, days, number) decides its alignment and how it is exported."""

    key: str
    label: Words
    kind: str = "text"
    is_sortable: bool = True
    is_wide: bool = False  # left out on phones
    value: str = ""  # attribute of the row when it is not `key`

    @property
    def attribute(self) -> str:
        return self.value or self.key

    @property
    def css(self) -> str:
        numeric = "n" if self.kind != "text" else ""
        return f"{numeric} {'en-wide' if self.is_wide else ''}".strip()


@dataclass(frozen=True)
class Listing:
    """The state of a list as its address tells it; queries take `sort`, `is_descending` and `after` from it."""

    columns: Sequence[Column]
    sort: str
    is_descending: bool
    after: tuple[Any, ...] | None
    address: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, query: QueryDict, *, columns: Sequence[Column], sort: str) -> "Listing":
        """Read the address; what it does not say, or says wrongly, falls back to `sort` ("-overdue" descends)."""
        wanted = query.get(_SORT, sort)
        sortable = {column.key for column in columns if column.is_sortable}
        if wanted.removeprefix("-") not in sortable:
            wanted = sort
        return cls(
            columns=columns,
            sort=wanted.removeprefix("-"),
            is_descending=wanted.startswith("-"),
            after=_decoded(query.get(_PLACE, "")),
            address={key: values for key, values in query.lists() if any(values)},
        )

    def column(self, key: str) -> Column:
        """The column named."""
        return next(column for column in self.columns if column.key == key)

    def sort_address(self, key: str) -> str:
        """Where a click on the head leads: figures and dates start at the large end, texts at A."""
        if self.sort == key:
            wanted = key if self.is_descending else f"-{key}"
        else:
            wanted = key if self.column(key).kind == "text" else f"-{key}"
        return self._with(**{_SORT: wanted, _PLACE: ""})

    def next_address(self, *place: Any) -> str:
        """The address of the rows that follow `place`, the sort values and id of the last row shown."""
        return self._with(**{_PLACE: _encoded(place)})

    @property
    def export_xlsx(self) -> str:
        """The address of the whole list as XLSX."""
        return self._with(**{_PLACE: "", "export": "xlsx"})

    @property
    def export_csv(self) -> str:
        """The address of the whole list as CSV."""
        return self._with(**{_PLACE: "", "export": "csv"})

    @property
    def is_filtered(self) -> bool:
        """Whether the address narrows the list, beyond its order and place."""
        return any(key not in _NOT_FILTERS for key in self.address)

    @property
    def shared_query(self) -> str:
        """The filters and the sort alone: what a saved view keeps."""
        kept = {key: values for key, values in self.address.items() if key not in _NOT_SHARED}
        return urlencode(kept, doseq=True)

    def _with(self, **changes: str) -> str:
        merged: dict[str, Sequence[str] | str] = {**self.address}
        merged.update({key: value for key, value in changes.items() if value})
        for key in [key for key, value in changes.items() if not value]:
            merged.pop(key, None)
        return f"?{urlencode(merged, doseq=True)}" if merged else "?"


def _encoded(place: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, date) else value for value in place]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decoded(text: str) -> tuple[Any, ...] | None:
    if not text:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    return tuple(place) if isinstance(place, list) else None
