"""What lateness costs, as the command tells it."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from encours.access.queries import entities
from encours.access.rules import Permission
from encours.core.errors import NotFound, gettext_noop
from encours.entrypoints import penalty_figures
from encours.entrypoints.api.shapes import customer_id_of, scope_for, today
from encours.ledger.queries import AsOf, Selection
from encours.penalties.queries.accruals import accruals, left_out

router = Router()


class EntityUnknown(NotFound):
    """No company of that code, or none the token may see."""

    message = gettext_noop("There is no company {code}.")


@router.get("/penalties", summary="Late-payment penalties, by item and half-year segment")
def penalties(
    request: HttpRequest,
    as_of: date | None = None,
    known_at: datetime | None = None,
    customer_number: str | None = None,
    entity_code: str | None = None,
    currency: str | None = None,
) -> Any:
    """The document of `encours penalties --json`: each instalment with its segments, rates, sources and warnings.

    Where a legal value is missing, the item has no interest and the reason stands in `refused`.
    """
    scope = scope_for(request, Permission.VIEW_BOOKS)
    entity_id = None
    if entity_code is not None:
        entity_id = entities(scope).filter(code=entity_code).values_list("pk", flat=True).first()
        if entity_id is None:
            raise EntityUnknown(code=entity_code)
    asked = AsOf(as_of or today(), known_at)
    selection = Selection.of(
        scope, entity_id=entity_id, customer_id=customer_id_of(customer_number, scope=scope), currency=currency
    )
    found = list(accruals(selection, asked))
    return penalty_figures.document(found, as_of=asked, left_out=left_out(selection, asked))
