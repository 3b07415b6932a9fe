"""Pages that read the whole book: reckoned beside the request where the book is large, with a page that waits."""

from collections.abc import Callable, Hashable
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render

from encours.access import context
from encours.entrypoints import kept
from encours.entrypoints.desk import standing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial

# up to here an answer comes within the time of a page
ITEMS_AT_ONCE_MAX = 60_000
AGAIN_SECONDS = 2
FRESH_SECONDS = 60
DAY_SECONDS = 86_400


def whole_book[T](
    request: DeskRequest, question: tuple[Hashable, ...], reckon: Callable[[], T], *, state: Any = None
) -> tuple[T] | None:
    """The answer in a tuple; None while a large book is still being read for it.

    Whoever asks the same within a minute, with the books and `state` unchanged, is given the same answer.
    """
    if connection.in_atomic_block or not _is_large():
        return (reckon(),)
    key = (*standing.reader(request.scope), request.user.pk, *question)
    known = (request.today, standing.books_version(request), state)
    organisation_id = request.organisation_id
    return kept.background.get(key, lambda: _bound(organisation_id, reckon), state=known, seconds=FRESH_SECONDS)


def of_the_day[T](
    request: DeskRequest, question: tuple[Hashable, ...], reckon: Callable[[], T], *, state: Any = None
) -> tuple[T] | None:
    """The answer in a tuple for what a year has taught and an hour hardly changes: once an hour, on large books a day.

    None while a large book is being read for it; who asks gets on without. The same for all readers.
    """
    organisation_id = request.organisation_id
    key, known = (organisation_id, *question), (request.today, state)
    if connection.in_atomic_block:
        return (reckon(),)
    if not _is_large():
        return (kept.figures.get(key, reckon, state=known),)
    return kept.background.get(key, lambda: _bound(organisation_id, reckon), state=known, seconds=DAY_SECONDS)


def at_hand[T](request: DeskRequest, question: tuple[Hashable, ...], reckon: Callable[[], T]) -> tuple[T] | None:
    """The same for pages that do not wait: what is known already; else it is reckoned for those who ask next."""
    key, known = (request.organisation_id, *question), (request.today, None)
    if (found := kept.figures.known(key, state=known)) is not None or connection.in_atomic_block:
        return found
    organisation_id, seconds = request.organisation_id, DAY_SECONDS if _is_large() else kept.SECONDS
    return kept.background.get(
        key, lambda: _bound(organisation_id, reckon), state=known, seconds=seconds, patience_seconds=0
    )


def _bound[T](organisation_id: int, reckon: Callable[[], T]) -> T:
    """A thread of its own has a connection of its own, which sees the one organisation and is closed after."""
    try:
        with context.bound(organisation_id):
            return reckon()
    finally:
        connection.close()


def _is_large() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select reltuples > %s from pg_class where oid = 'ledger_openitem'::regclass", [ITEMS_AT_ONCE_MAX]
        )
        return bool(cursor.fetchone()[0])


def wait(request: DeskRequest) -> HttpResponse:
    """The book is being read: the page comes back by itself, and can be left meanwhile."""
    if is_partial(request):
        return render(request, "ui/reckoning_part.html", {"again_seconds": AGAIN_SECONDS})
    page = render(request, "ui/reckoning.html", {"again_seconds": AGAIN_SECONDS})
    page.headers["Refresh"] = str(AGAIN_SECONDS)
    return page
