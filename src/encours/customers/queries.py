"""Read customers, their contacts and the comments about them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Func, Q, QuerySet, TextField

from encours.access.rules import Scope
from encours.core.errors import NotFound, gettext_noop
from encours.core.text import fold
from encours.customers.models import Contact, Customer, Note, Segment


class Folded(Func):
    """A name without accents and case, as the search index keeps it."""

    function = "encours_fold"
    output_field = TextField()


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


def in_scope(scope: Scope) -> QuerySet[Customer]:
    """The customers a person may see: all of the organisation, or those they collect from or sell to."""
    customers = Customer.objects.filter(organisation_id=scope.organisation_id, merged_into__isnull=True)
    if scope.own_portfolio_only and scope.user_id is None:
        return customers.none()
    if scope.own_portfolio_only:
        customers = customers.filter(Q(collector_id=scope.user_id) | Q(sales_rep_id=scope.user_id))
    return customers


def customer_by_number(number: str, *, scope: Scope) -> Customer:
    """The customer of that number with its segment, collector and parent; refuses what the reader may not see."""
    found = in_scope(scope).select_related("segment", "collector", "sales_rep", "parent").filter(number=number).first()
    if found is None:
        raise CustomerUnknown(number=number)
    return found


def contacts_of(customer_id: int, *, organisation_id: int) -> Sequence[Contact]:
    """The customer's contacts, the primary one first."""
    return list(
        Contact.objects.filter(organisation_id=organisation_id, customer_id=customer_id).order_by(
            "-is_primary", "role", "name", "pk"
        )
    )


def notes_of(customer_id: int, *, organisation_id: int, limit: int) -> Sequence[Note]:
    """The latest comments about the customer."""
    notes = Note.objects.filter(organisation_id=organisation_id, customer_id=customer_id)
    return list(notes.order_by("-pk")[:limit])


def search(text: str, *, scope: Scope, limit: int) -> Sequence[Found]:
    """Customers whose number begins with the text or whose name holds it; a hit at the start comes first.

    >>> search("valm", ...)
    [Found(number="C-10482", name="Charpentes Valmorin", ...)]
    """
    wanted = text.strip()
    if not wanted:
        return []
    named = in_scope(scope).annotate(folded=Folded("name")).filter(folded__contains=fold(wanted))
    numbered = in_scope(scope).filter(Q(number__istartswith=wanted) | Q(siren=wanted.replace(" ", "")))
    rows = in_scope(scope).filter(Q(pk__in=named.values("pk")) | Q(pk__in=numbered.values("pk")))
    found = [
        Found(*row) for row in rows.order_by("name", "pk").values_list("id", "number", "name", "city")[: limit * 4]
    ]
    folded = fold(wanted)
    found.sort(key=lambda row: not (fold(row.name).startswith(folded) or fold(row.number) == folded))
    return found[:limit]


def segments(organisation_id: int) -> Sequence[Segment]:
    """The organisation's segments, in the order they are tried."""
    return list(Segment.objects.filter(organisation_id=organisation_id).order_by("priority", "name"))
