"""The customer's pages that are read: the account, an invoice, what is paid, what was written, the statement."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from encours.access import queries as access
from encours.access.models import Entity
from encours.access.rules import Scope
from encours.conversation.queries import portal as reading
from encours.conversation.queries import portal_threads
from encours.conversation.queries.portal import Account
from encours.disputes.models import Dispute
from encours.entrypoints import exports, formats
from encours.entrypoints.listing import Column
from encours.entrypoints.portal import door, words
from encours.entrypoints.portal.door import Visit, opened_page, shown
from encours.entrypoints.portal.paying import payments_for
from encours.entrypoints.responses import PDF, file_of
from encours.invoices import copy_queries as copies
from encours.invoices.models import DocumentCopy
from encours.ledger.models import OpenItem
from encours.ledger.queries import AsOf
from encours.mailings.queries import statements
from encours.mailings.rules.statement import Statement
from encours.portal.queries import PATH

# what a long account shows at once; its sums count all of it, and the statement has every row
ROWS_SHOWN = 400

open_link = require_GET(door.come_in)


def scope_of(visit: Visit) -> Scope:
    """What the pages of one customer read with; each query names the customer besides."""
    return Scope(organisation_id=visit.organisation_id, user_id=None, role="auditor")


def entities_of(visit: Visit) -> list[Entity]:
    """The companies that sell."""
    return list(access.entities(scope_of(visit)))


def frame(visit: Visit, account: Account) -> dict[str, Any]:
    """What the head and the foot of each page say: the company, whom to ask."""
    entities = entities_of(visit)
    owed: dict[int, int] = {}
    for row in account.rows:
        owed[row.item.entity_id] = owed.get(row.item.entity_id, 0) + row.item.open_minor
    main = max(entities, key=lambda one: owed.get(one.pk, 0), default=None)
    return {
        "entities": entities,
        "company": main,
        "many": len(owed) > 1,
        "sellers": [one for one in entities if one.pk in owed],
        "account": account,
    }


def account_of(visit: Visit) -> Account:
    """The account as it stands today."""
    return reading.account_of(visit.customer.pk, organisation_id=visit.organisation_id, today=visit.today)


@require_GET
@opened_page
def home(visit: Visit) -> HttpResponse:
    account = account_of(visit)
    framed = frame(visit, account)
    wanted = {int(one) for one in visit.request.GET.getlist("item") if one.isdigit()}
    is_chosen = "chosen" in visit.request.GET
    chosen = [row for row in account.rows if row.item.pk in wanted] if is_chosen else account.late
    payments = payments_for(chosen, customer=visit.customer, entities=framed["entities"])
    return shown(
        visit,
        "portal/home.html",
        {
            **framed,
            "rows": account.rows[:ROWS_SHOWN],
            "copies": copies_of(visit, [row.item for row in account.rows[:ROWS_SHOWN]]),
            "chosen_ids": {row.item.pk for row in chosen},
            "payments": payments,
            "first": payments[0] if payments else None,
            "main": account.sums[0] if account.sums else None,
            "note": portal_threads.latest_note(
                visit.person.email,
                customer_id=visit.customer.pk,
                organisation_id=visit.organisation_id,
                now=visit.now,
            ),
            "oldest": max((row.days_late for row in account.late), default=0),
        },
    )


def copies_of(visit: Visit, items: Iterable[OpenItem]) -> dict[int, DocumentCopy]:
    """The PDF held of each of some invoices, by document."""
    wanted = {item.document_id for item in items if item.kind in reading.CLAIMS and item.document_id}
    return copies.of_documents(wanted, organisation_id=visit.organisation_id) if wanted else {}


@require_GET
@opened_page
def invoice_pdf(visit: Visit, item_id: int) -> HttpResponse:
    """The copy of an invoice of this account, paid or not, where we hold one."""
    accounts = reading.accounts_of(visit.customer.pk, organisation_id=visit.organisation_id)
    found = OpenItem.objects.filter(
        organisation_id=visit.organisation_id, customer_id__in=accounts, kind__in=reading.CLAIMS, pk=item_id
    ).first()
    copy = copies_of(visit, [found]).get(found.document_id or 0) if found is not None else None
    if found is None or copy is None:
        raise Http404
    return file_of(copies.content(copy), f"{found.document_number}.pdf", PDF)


def _claims(visit: Visit) -> list[tuple[Dispute, str, str]]:
    """What is or was contested, with its reason and its end in words for the customer."""
    found = reading.disputes_of(visit.customer.pk, organisation_id=visit.organisation_id)
    return [(one, words.reason(one), words.outcome(one) if one.closed_date else "") for one in found]


@require_GET
@opened_page
def item(visit: Visit, item_id: int) -> HttpResponse:
    account = account_of(visit)
    row = account.row(item_id)
    if row is None:
        raise Http404
    framed = frame(visit, account)
    payments = payments_for([row], customer=visit.customer, entities=framed["entities"])
    claims = [told for told in _claims(visit) if told[0].document_number == row.item.document_number]
    return shown(
        visit,
        "portal/item.html",
        {**framed, "row": row, "payments": payments, "claims": claims, "copies": copies_of(visit, [row.item])},
    )


@require_GET
@opened_page
def settled(visit: Visit) -> HttpResponse:
    rows = reading.settled(visit.customer.pk, organisation_id=visit.organisation_id, today=visit.today)
    return shown(
        visit,
        "portal/settled.html",
        {**frame(visit, account_of(visit)), "rows": rows, "copies": copies_of(visit, rows)},
    )


@require_GET
@opened_page
def exchanges(visit: Visit) -> HttpResponse:
    account = account_of(visit)
    found = portal_threads.threads_with(
        visit.person.email, customer_id=visit.customer.pk, organisation_id=visit.organisation_id
    )
    return shown(visit, "portal/exchanges.html", {**frame(visit, account), "threads": found, "claims": _claims(visit)})


@require_GET
@opened_page
def who(visit: Visit) -> HttpResponse:
    return shown(visit, "portal/who.html", frame(visit, account_of(visit)))


def columns() -> tuple[Column, ...]:
    """What a statement's sheet has, in the reader's language."""
    return (
        Column("number", gettext("Document")),
        Column("kind", gettext("Kind")),
        Column("issue_date", gettext("Date"), "day"),
        Column("due_date", gettext("Due"), "day"),
        Column("amount", gettext("Amount"), "money", value="amount_minor"),
        Column("open", gettext("Balance"), "money", value="open_minor"),
        Column("currency", gettext("Currency")),
    )


def _statement(visit: Visit) -> tuple[Entity, Statement]:
    framed = frame(visit, account_of(visit))
    wanted = visit.request.GET.get("company", "")
    found = next((one for one in framed["entities"] if one.code == wanted), framed["company"])
    if found is None:
        raise Http404
    made = statements.statement_of(visit.customer, found, as_of=AsOf(visit.today), scope=scope_of(visit))
    return found, made


@require_GET
@opened_page
def statement_pdf(visit: Visit) -> HttpResponse:
    entity, made = _statement(visit)
    language = formats.known_language(door.language_of(visit.request, visit.opened))
    content = statements.pdf_of(made, visit.customer, entity, made_on=visit.today, language=language)
    return file_of(content, f"{gettext('statement')}-{visit.today}.pdf", PDF)


@require_GET
@opened_page
def statement_sheet(visit: Visit) -> HttpResponseBase:
    _, made = _statement(visit)
    return exports.sheet("xlsx", name=f"{gettext('statement')} {visit.today}", columns=columns(), rows=made.rows)


@require_POST
@opened_page
def language(visit: Visit) -> HttpResponse:
    answer = HttpResponseRedirect(visit.to("home"))
    chosen = formats.known_language(visit.request.POST.get("language"))
    door.keep(answer, door.LANGUAGE_COOKIE, chosen, seconds=366 * 86_400)
    return answer


@require_POST
@opened_page
def leave(visit: Visit) -> HttpResponse:
    """This browser forgets the account; the link in the message still opens it."""
    answer = HttpResponseRedirect(visit.to("home"))
    answer.delete_cookie(door.cookie_of(visit.handle), path=PATH, samesite="Lax")
    return answer
