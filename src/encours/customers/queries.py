"""Read customers, their contacts and the comments about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.core.errors import NotFound, gettext_noop
from encours.core.text import fold
from encours.customers import rules
from encours.customers.models import Contact, Customer, Note, Segment


class CustomerUnknown(NotFound):
    """No customer of that number, or none the reader may see."""

    message = gettext_noop("There is no customer {number} among those you follow.")


@dataclass(frozen=True, slots=True)
class Found:
    """A customer that a search came upon."""

    customer_id: int
    number: str
    name: str
    city: str


# what every page of a customer shows
_SHOWN = statements.Joined(Customer, "c", "segment", "collector", "sales_rep", "success_owner")
# who a customer belongs to: each of them sees it among their own
OWNERS = ("collector_id", "sales_rep_id", "success_owner_id")


def owned_by(people: Sequence[int], path: str = "") -> Q:
    """Customers of these people, as a filter on rows that lead to them by `path`: owned_by([7], "customer__")."""
    found = Q(pk__in=[])
    for owner in OWNERS:
        found |= Q(**{f"{path}{owner}__in": list(people)})
    return found


def owned_sql(alias: str, parameter: str = "people") -> str:
    """The same as a condition in SQL on a table of customers, for a parameter that lists the people."""
    return f"array[{', '.join(f'{alias}.{owner}' for owner in OWNERS)}] && %({parameter})s::bigint[]"


def in_scope(scope: Scope) -> QuerySet[Customer]:
    """The customers a person may see: all of the organisation, or those they collect from, sell to or care for."""
    customers = Customer.objects.filter(organisation_id=scope.organisation_id, merged_into__isnull=True)
    return customers.filter(owned_by(scope.people)) if scope.own_portfolio_only else customers


def in_scope_with_merged(scope: Scope) -> QuerySet[Customer]:
    """The customers a person may see and those that were merged into them: what they did is part of the story."""
    seen = in_scope(scope).values("pk")
    return Customer.objects.filter(Q(pk__in=seen) | Q(merged_into__in=seen), organisation_id=scope.organisation_id)


def kept_number(number: str, *, scope: Scope) -> str | None:
    """The number of the customer that this one was merged into, when it was and the reader may see it."""
    found = Customer.objects.filter(organisation_id=scope.organisation_id, number=number, merged_into__isnull=False)
    pk = found.values_list("pk", flat=True).first()
    kept = in_scope(scope).filter(pk=merged(scope.organisation_id)[pk]).first() if pk is not None else None
    return kept.number if kept else None


def merged_into(customer_id: int, *, organisation_id: int) -> Sequence[Customer]:
    """The duplicates that were merged into this customer itself, by number."""
    found = Customer.objects.filter(organisation_id=organisation_id, merged_into_id=customer_id)
    return list(found.order_by("number"))


def customer_by_number(number: str, *, scope: Scope) -> Customer:
    """The customer of that number with its segment and collector; refuses what the reader may not see."""
    found = _customer(scope, "c.number = %(asked)s", number)
    if found is None:
        raise CustomerUnknown(number=number)
    return found


def customer_by_id(customer_id: int, *, scope: Scope) -> Customer | None:
    """The same by its key; None where the reader may not see it."""
    return _customer(scope, "c.id = %(asked)s", customer_id)


def _customer(scope: Scope, condition: str, asked: Any) -> Customer | None:
    found = statements.rows(
        f"select {_SHOWN.select} from customers_customer c {_SHOWN.joins} where {_scope_sql(scope)} and {condition}",
        {"organisation": scope.organisation_id, "people": list(scope.people), "asked": asked},
    )
    return _SHOWN.made(found[0]) if found else None


def contacts_of(customer_id: int, *, organisation_id: int) -> Sequence[Contact]:
    """The customer's contacts, the primary one first."""
    return list(
        Contact.objects.filter(organisation_id=organisation_id, customer_id=customer_id).order_by(
            "-is_primary", "role", "name", "pk"
        )
    )


def notes_of(account_ids: Sequence[int], *, organisation_id: int, limit: int) -> Sequence[Note]:
    """The latest comments about the customer and those merged into it."""
    notes = Note.objects.filter(organisation_id=organisation_id, customer_id__in=account_ids)
    return list(notes.order_by("-pk")[:limit])


def notes_on(kind: str, subject: str, *, customer_id: int, organisation_id: int) -> Sequence[Note]:
    """The comments on one thing of a customer, oldest first."""
    notes = Note.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, subject_kind=kind, subject=subject
    )
    return list(notes.order_by("pk"))


def search(text: str, *, scope: Scope, limit: int) -> Sequence[Found]:
    """Customers whose number begins with the text or whose name holds it; a hit at the start comes first.

    >>> search("valm", ...)
    [Found(number="C-10482", name="Charpentes Valmorin", ...)]
    """
    wanted = text.strip()
    if not wanted:
        return []
    is_it = Q(name_folded__contains=fold(wanted)) | Q(number__istartswith=wanted) | Q(siren=wanted.replace(" ", ""))
    rows = in_scope(scope).filter(is_it)
    found = [
        Found(*row) for row in rows.order_by("name", "pk").values_list("id", "number", "name", "city")[: limit * 4]
    ]
    folded = fold(wanted)
    found.sort(key=lambda row: not (fold(row.name).startswith(folded) or fold(row.number) == folded))
    return found[:limit]


def segments(organisation_id: int) -> Sequence[Segment]:
    """The organisation's segments, in the order they are tried."""
    asked = f"select {statements.columns(Segment)} from customers_segment where organisation_id = %s"
    rows = statements.rows(f"{asked} order by priority, name", [organisation_id])
    return [statements.made(Segment, row) for row in rows]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that customers' records lack, and how many lack it."""

    code: str
    count: int


_GAPS = {
    "email": """coalesce(c.email, '') = '' and not exists (
        select from customers_contact k where k.organisation_id = c.organisation_id and k.customer_id = c.id
        and k.email <> '')""",
    "bounced": """exists (select from customers_contact k where k.organisation_id = c.organisation_id
        and k.customer_id = c.id and k.bounced_at is not null)""",
    "phone": """coalesce(c.phone, '') = '' and not exists (
        select from customers_contact k where k.organisation_id = c.organisation_id and k.customer_id = c.id
        and k.phone <> '')""",
    "siren": "c.country in ('', 'FR') and not c.is_natural_person and c.siren = ''",
    "vat_number": "not c.is_natural_person and c.vat_number = ''",
    "address": "c.street = '' or c.city = ''",
    "terms": "c.terms = ''",
    "collector": "c.collector_id is null",
    "segment": "c.segment_id is null",
    "language": "c.language = ''",
}


def quality_gaps(scope: Scope) -> tuple[int, list[Gap]]:
    """How many customers there are, and how many lack each thing that reminders and letters need."""
    filters = ", ".join(f"count(*) filter (where {condition})" for condition in _GAPS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*), {filters} from customers_customer c where {_scope_sql(scope)}",
            {"organisation": scope.organisation_id, "people": list(scope.people)},
        )
        total, *counts = cursor.fetchone()
    return total, [Gap(code, count) for code, count in zip(_GAPS, counts, strict=True)]


def lacking(code: str, *, scope: Scope, limit: int) -> Sequence[Found]:
    """The customers that lack a thing; nothing for an unknown code."""
    if code not in _GAPS:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select c.id, c.number, c.name, c.city from customers_customer c
                where {_scope_sql(scope)} and ({_GAPS[code]}) order by c.name, c.id limit %(limit)s""",
            {"organisation": scope.organisation_id, "people": list(scope.people), "limit": limit},
        )
        return [Found(*row) for row in cursor.fetchall()]


def _scope_sql(scope: Scope) -> str:
    own = f" and {owned_sql('c')}" if scope.own_portfolio_only else ""
    return f"c.organisation_id = %(organisation)s and c.merged_into_id is null{own}"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Customers that may be one and the same, and what they share."""

    shared: str  # siren, vat_number, name
    value: str
    customers: Sequence[Found]


def likely_duplicates(scope: Scope, *, limit: int = 50) -> list[Likeness]:
    """Customers with the same SIREN or VAT number, or the same name but for spelling; proposed, never merged alone."""
    keys = {
        "siren": "nullif(c.siren, '')",
        "vat_number": "nullif(c.vat_number, '')",
        "iban": "nullif(c.iban, '')",
        "name": "nullif(regexp_replace(lower(c.name), '[^a-z0-9à-ÿ]', '', 'g'), '')",
    }
    found: list[Likeness] = []
    seen: set[tuple[int, ...]] = set()
    for shared, key in keys.items():
        for value, rows in _alike(key, scope, limit):
            ids = tuple(sorted(row[0] for row in rows))
            if ids not in seen:
                seen.add(ids)
                found.append(Likeness(shared, value, [Found(*row) for row in rows]))
    return found[:limit]


def _alike(key: str, scope: Scope, limit: int) -> list[tuple[str, list[tuple[int, str, str, str]]]]:
    sql = f"""
        select {key} as shared, array_agg(c.id order by c.id), array_agg(c.number order by c.id),
               array_agg(c.name order by c.id), array_agg(c.city order by c.id)
        from customers_customer c where {_scope_sql(scope)} and {key} is not null
        group by 1 having count(*) between 2 and 20 order by count(*) desc, 1 limit %(limit)s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"organisation": scope.organisation_id, "people": list(scope.people), "limit": limit})
        return [(value, list(zip(*columns, strict=True))) for value, *columns in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Faulty:
    """A customer with identifiers that cannot be right, by name."""

    customer: Found
    faults: Sequence[str]


def faulty_identifiers(scope: Scope, *, limit: int) -> tuple[dict[str, int], list[Faulty]]:
    """How many customers have a wrong SIREN, SIRET, VAT number, IBAN or e-mail address, and the first by name."""
    counts = dict.fromkeys(rules.IDENTIFIERS, 0)
    found: list[Faulty] = []
    filled = " or ".join(f"c.{name} <> ''" for name in rules.IDENTIFIERS)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"""select c.id, c.number, c.name, c.city, {", ".join(f"c.{name}" for name in rules.IDENTIFIERS)}
                from customers_customer c where {_scope_sql(scope)} and ({filled}) order by c.name, c.id""",
            {"organisation": scope.organisation_id, "people": list(scope.people)},
        )
        for customer_id, number, name, city, *identifiers in cursor:
            wrong = rules.faults(dict(zip(rules.IDENTIFIERS, identifiers, strict=True)))
            for one in wrong:
                counts[one] += 1
            if wrong and len(found) < limit:
                found.append(Faulty(Found(customer_id, number, name, city), wrong))
    return counts, found


def alike_by_name(scope: Scope, *, limit: int) -> list[Likeness]:
    """Customers of one postcode whose names differ by a slip of the pen or the legal form only."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select c.id, c.number, c.name, c.city, c.postcode from customers_customer c
                where {_scope_sql(scope)} and c.postcode <> '' order by c.postcode, c.name, c.id""",
            {"organisation": scope.organisation_id, "people": list(scope.people)},
        )
        rows = cursor.fetchall()
    known = {row[0]: Found(*row[:4]) for row in rows}
    pairs = rules.alike_names([rules.Party(row[0], row[2], row[4]) for row in rows])
    return [
        Likeness("spelling", one.postcode, [known[one.customer_id], known[other.customer_id]])
        for one, other in pairs[:limit]
    ]


def merged(organisation_id: int) -> dict[int, int]:
    """For each customer that was merged, the one it became at last."""
    asked = (
        "select id, merged_into_id from customers_customer where organisation_id = %s and merged_into_id is not null"
    )
    found: dict[int, int] = dict(statements.rows(asked, [organisation_id]))
    for duplicate, kept in found.items():
        while kept in found:
            kept = found[kept]
        found[duplicate] = kept
    return found


def with_merged(customer_id: int, *, organisation_id: int) -> list[int]:
    """The customer and all that were merged into it: what they did is its history."""
    return [customer_id, *(duplicate for duplicate, kept in merged(organisation_id).items() if kept == customer_id)]


def segment_counts(organisation_id: int) -> dict[int | None, int]:
    """How many customers each segment holds; under None those in no segment."""
    rows = Customer.objects.filter(organisation_id=organisation_id, merged_into__isnull=True)
    return dict(rows.order_by().values_list("segment_id").annotate(count=Count("pk")))


def unowned_counts(organisation_id: int) -> dict[str, int]:
    """How many customers have nobody, by which of their people is missing."""
    rows = Customer.objects.filter(organisation_id=organisation_id, merged_into__isnull=True)
    return rows.aggregate(**{owner.removesuffix("_id"): Count("pk", filter=Q(**{owner: None})) for owner in OWNERS})
