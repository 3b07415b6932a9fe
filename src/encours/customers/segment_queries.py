"""Which customers each segment takes: those that meet all its conditions and that no segment before it took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from encours.customers.models import Segment
from encours.customers.rules import PERSON, Condition, conditions_of


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment as it is or as somebody considers it; without conditions, customers are put in it by hand only."""

    segment_id: int | None
    priority: int
    name: str
    conditions: Sequence[Condition]


@dataclass(frozen=True, slots=True)
class Share:
    """How many customers meet a segment's conditions, and how many of them it takes: the others are taken before."""

    fitting: int
    taken: int


def drafts(organisation_id: int) -> list[Draft]:
    """The organisation's segments as they are."""
    rows = Segment.objects.filter(organisation_id=organisation_id)
    return [Draft(row.pk, row.priority, row.name, conditions_of(row.conditions)) for row in rows]


def in_order(segments: Iterable[Draft]) -> list[Draft]:
    """Those that ask something, in the order they are tried."""
    return sorted((one for one in segments if one.conditions), key=lambda one: (one.priority, one.name))


def share(draft: Draft, *, organisation_id: int) -> Share:
    """What a segment, kept or only considered, would take today among the others."""
    if not draft.conditions:
        return Share(0, 0)
    others = [one for one in drafts(organisation_id) if one.segment_id != draft.segment_id]
    tried = in_order([*others, draft])
    before, parameters = _any_of(tried[: tried.index(draft)], "b")
    own, more = fits_sql(draft.conditions, "d")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select count(*) filter (where {own}), count(*) filter (where {own} and not ({before}))
                from customers_customer c where {RULED}""",
            {"organisation": organisation_id, **parameters, **more},
        )
        return Share(*cursor.fetchone())


# who was put by hand into a segment that asks nothing stays there
RULED = """c.organisation_id = %(organisation)s and c.merged_into_id is null and not exists (
    select from customers_segment h where h.organisation_id = c.organisation_id and h.id = c.segment_id
    and h.conditions = '[]'::jsonb)"""


def _any_of(segments: Sequence[Draft], prefix: str) -> tuple[str, dict[str, Any]]:
    parts = ["false"]
    parameters: dict[str, Any] = {}
    for index, one in enumerate(segments):
        sql, more = fits_sql(one.conditions, f"{prefix}{index}_")
        parts.append(f"({sql})")
        parameters |= more
    return " or ".join(parts), parameters


def fits_sql(conditions: Sequence[Condition], prefix: str) -> tuple[str, dict[str, Any]]:
    """The conditions on a customer `c` in SQL, with the parameters they name."""
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    for index, one in enumerate(conditions):
        name = f"{prefix}{index}"
        parts.append(_TESTS["is" if one.field == "is_natural_person" else one.test].format(_column(one.field), name))
        parameters[name] = [_pattern(one, value) for value in one.values]
    return " and ".join(parts), parameters


# the fields and tests come from the closed lists of `rules`, values are parameters
_TESTS = {
    "is": "encours_fold({0}) = any(select encours_fold(v) from unnest(%({1})s::text[]) v)",
    "is_not": "encours_fold({0}) <> all(select encours_fold(v) from unnest(%({1})s::text[]) v)",
    "begins": "encours_fold({0}) like any(select encours_fold(v) from unnest(%({1})s::text[]) v)",
    "contains": "encours_fold({0}) like any(select encours_fold(v) from unnest(%({1})s::text[]) v)",
}


def _column(field: str) -> str:
    if field == "segment":
        return "coalesce((select g.name from customers_segment g where g.id = c.segment_id), '')"
    return f"case when c.{field} then '{PERSON}' else 'company' end" if field == "is_natural_person" else f"c.{field}"


def _pattern(one: Condition, value: str) -> str:
    if one.test not in {"begins", "contains"}:
        return value
    plain = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%" if one.test == "contains" else f"{plain}%"


def first_fit_sql(choices: Sequence[tuple[Sequence[Condition], int | None]]) -> tuple[str, dict[str, Any]]:
    """An expression for what the first fitting conditions give a customer `c`; null where none fit."""
    whens: list[str] = []
    parameters: dict[str, Any] = {}
    for index, (conditions, given_id) in enumerate(choices):
        sql, more = fits_sql(conditions, f"s{index}_")
        whens.append(f"when {sql or 'true'} then %(id{index})s::bigint")
        parameters |= {**more, f"id{index}": given_id}
    return (f"case {' '.join(whens)} end" if whens else "null::bigint"), parameters
