"""The customer's forms: propose a date, contest, take a claim back, write, say whom to reach."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from encours.conversation.actions import portal as acting
from encours.conversation.actions.portal import Visitor
from encours.conversation.queries import portal as reading
from encours.core.errors import Conflict, EncoursError, Refused, gettext_noop
from encours.core.money import Money
from encours.disputes.actions import InvoiceLine
from encours.disputes.models import DisputeReason
from encours.entrypoints import formats
from encours.entrypoints.portal import words
from encours.entrypoints.portal.account import account_of, frame
from encours.entrypoints.portal.door import ACTS_MAX, Visit, is_over, opened_page, shown, style
from encours.entrypoints.responses import status_of
from encours.messaging.rules.values import Attachment
from encours.portal import actions as portal
from encours.portal.rules import Limits, Offer, last_day

form_page = require_http_methods(["GET", "POST"])
ABOUT = {
    "paid": (
        gettext_noop("Transfer made"),
        gettext_noop("We have paid the invoices below by transfer on …, for an amount of …"),
    ),
    "plan": (
        gettext_noop("Payment in several instalments"),
        gettext_noop("We would like to pay in several instalments, as follows:"),
    ),
}


class OnlySeen(Refused):
    """A colleague who looks, or a browser that may only look."""

    message = gettext_noop("This page can only be looked at here: open the link in the browser you used first.")


class TooOften(Conflict):
    """More forms than anybody fills in."""

    message = gettext_noop("That was a lot at once: try again in a few minutes.")


class NameMissing(Refused):
    """Elsewhere than in the first browser, whoever acts says who they are."""

    message = gettext_noop("Give your name, so that we know who writes to us.")


def visitor_of(visit: Visit) -> Visitor:
    """Who acts: the person of the link, or elsewhere the name that is given, with the link's owner named beside."""
    if not visit.may_act:
        raise OnlySeen
    if is_over("act", visit.handle, most=ACTS_MAX):
        raise TooOften
    said = " ".join(visit.request.POST.get("who", "").split())[:80]
    is_own = portal.claim_browser(visit.opened, browser=visit.browser)
    if not is_own and not said:
        raise NameMissing
    name = visit.person.name
    if not is_own:
        name = gettext("{name}, by the link of {owner}").format(name=said, owner=visit.person.name)
    return Visitor(
        organisation_id=visit.organisation_id,
        customer_id=visit.customer.pk,
        name=name,
        email=visit.person.email,
        key=f"portal:{visit.handle}:{_key(visit)}",
    )


def _key(visit: Visit) -> str:
    try:
        return str(UUID(visit.request.POST.get("key", "")))
    except ValueError:
        return str(uuid4())


def _done(visit: Visit, sentence: str) -> HttpResponse:
    messages.success(visit.request, sentence)
    return HttpResponseRedirect(visit.to("home"))


def _form(visit: Visit, template: str, given: dict[str, Any], deed: Callable[[], str]) -> HttpResponse:
    """A form: shown, and sent again with what was wrong about it; done, it leads back to the account."""
    error: EncoursError | None = None
    if visit.request.method == "POST":
        try:
            return _done(visit, deed())
        except EncoursError as refusal:
            error = refusal
    said = visit.request.POST if error else {}
    context = {
        **given,
        "said": said,
        "sentence": error.translated(gettext) if error else "",
        "key": said.get("key") or uuid4(),
    }
    return shown(visit, template, context, status=status_of(error) if error else 200)


def _amount(text: str, currency: str) -> int | None:
    return Money.parse(text.strip(), currency, style=style()).minor if text.strip() else None


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _numbers(values: Sequence[str]) -> list[int]:
    return [int(one) for one in values if one.isdigit() and len(one) < 19]


def _files(visit: Visit) -> list[Attachment]:
    """What came along, read only as far as it may be kept."""
    given: list[UploadedFile[bytes]] = visit.request.FILES.getlist("files")
    if len(given) > acting.FILES_MAX or sum(one.size or 0 for one in given) > acting.FILES_BYTES_MAX:
        raise acting.FilesUnusable(name=given[-1].name)
    return [Attachment(one.name or "file", one.content_type or "application/octet-stream", one.read()) for one in given]


@form_page
@opened_page
def promise(visit: Visit) -> HttpResponse:
    account = account_of(visit)
    if not visit.policy.may_promise:
        raise Http404
    limits = Limits(visit.policy.promise_days_max, visit.policy.promise_parts_max)
    asked = _numbers((visit.request.POST or visit.request.GET).getlist("item"))
    offered = [row for row in account.rows if row.free_minor > 0 and row.promised is None]
    chosen = {pk for pk in asked if any(row.item.pk == pk for row in offered)}
    if visit.request.method == "GET" and not asked:
        chosen = {row.item.pk for row in offered if row.days_late >= 0} or {row.item.pk for row in offered[:1]}
    currency = next((row.item.currency for row in offered if row.item.pk in chosen), "EUR")

    def deed() -> str:
        days, amounts = visit.request.POST.getlist("day"), visit.request.POST.getlist("amount")
        offers = [
            Offer(found, _amount(amount, currency))
            for day, amount in zip(days, amounts, strict=False)
            if (found := _day(day)) is not None
        ]
        made = acting.promise(visitor_of(visit), item_ids=asked, offers=offers, today=visit.today, now=visit.now)
        last = max(one.promised_date for one in made)
        day = formats.day_full(last, language=formats.known_language(get_language()))
        return gettext("Noted, thank you: you pay by {day}. We write no reminder about it until then.").format(day=day)

    given = {
        **frame(visit, account),
        "offered": offered,
        "chosen": chosen,
        "currency": currency,
        "total_minor": sum(row.free_minor for row in offered if row.item.pk in chosen),
        "parts": range(1, limits.parts_max + 1),
        "last": last_day(limits, today=visit.today),
        "usual": min(_next_workday(visit.today + timedelta(days=7)), last_day(limits, today=visit.today)),
        "rows": _rows(visit, limits.parts_max),
    }
    return _form(visit, "portal/promise.html", given, deed)


def _next_workday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _rows(visit: Visit, count: int) -> list[tuple[str, str]]:
    """What was filled in for each payment, so that a refusal loses nothing."""
    days, amounts = visit.request.POST.getlist("day"), visit.request.POST.getlist("amount")
    days, amounts = [*days, *[""] * count][:count], [*amounts, *[""] * count][:count]
    return list(zip(days, amounts, strict=True))


@form_page
@opened_page
def contest(visit: Visit) -> HttpResponse:
    account = account_of(visit)
    if not visit.policy.may_dispute:
        raise Http404
    asked = _numbers([(visit.request.POST or visit.request.GET).get("item", "")])
    offered = [row for row in account.rows if row.free_minor > 0]
    row = account.row(asked[0]) if asked else None

    def deed() -> str:
        if row is None:
            raise acting.ItemNotYours
        made = acting.contest(
            visitor_of(visit),
            item_id=row.item.pk,
            amount_minor=_amount(visit.request.POST.get("amount", ""), row.item.currency)
            if visit.request.POST.get("how_much") == "part"
            else None,
            reason=visit.request.POST.get("reason", ""),
            text=visit.request.POST.get("text", ""),
            files=_files(visit),
            line=_line(visit),
            today=visit.today,
            now=visit.now,
        )
        told = gettext("Your claim about {number} is with us. Until it is settled we do not ask for that part.")
        return told.format(number=made.document_number)

    given = {
        **frame(visit, account),
        "offered": offered,
        "row": row,
        "reasons": words.reasons(
            reading.reasons(visit.organisation_id), usual={code: str(label) for code, label in DisputeReason.choices}
        ),
    }
    return _form(visit, "portal/contest.html", given, deed)


def _line(visit: Visit) -> InvoiceLine:
    """The line of the invoice, where a part of it is contested."""
    if visit.request.POST.get("how_much") != "part":
        return InvoiceLine()
    return InvoiceLine(visit.request.POST.get("line_number", ""), visit.request.POST.get("line_text", ""))


@require_POST
@opened_page
def withdraw(visit: Visit, dispute_id: int) -> HttpResponse:
    made = acting.withdraw(visitor_of(visit), dispute_id=dispute_id, today=visit.today, now=visit.now)
    return _done(visit, gettext("Your claim about {number} is taken back.").format(number=made.document_number))


@form_page
@opened_page
def write(visit: Visit) -> HttpResponse:
    if not visit.policy.may_write:
        raise Http404
    account = account_of(visit)
    subject, text = ABOUT.get(visit.request.GET.get("about", ""), ("", ""))
    chosen = [row.number for row in account.rows if row.item.pk in _numbers(visit.request.GET.getlist("item"))]
    lines = [gettext(text), "", *(f"- {number}" for number in chosen)] if text or chosen else []

    def deed() -> str:
        post = visit.request.POST
        subject_said = post.get("subject", "").strip() or gettext("Message from the portal")
        acting.write(
            visitor_of(visit), subject=subject_said, text=post.get("text", ""), files=_files(visit), now=visit.now
        )
        return gettext(
            "Your message is with us; the answer comes by e-mail or stands here, and reminders wait meanwhile."
        )

    # going on in a conversation keeps its subject, which keeps the thread
    going_on = visit.request.GET.get("subject", "").strip()[:200]
    given = {
        **frame(visit, account),
        "subject": gettext(subject) if subject else going_on,
        "text": "\n".join(lines).strip(),
    }
    return _form(visit, "portal/write.html", given, deed)


@form_page
@opened_page
def details(visit: Visit) -> HttpResponse:
    def deed() -> str:
        post = visit.request.POST
        acting.propose_details(
            visitor_of(visit),
            name=post.get("name", ""),
            email=post.get("email", ""),
            phone=post.get("phone", ""),
            text=post.get("text", ""),
            now=visit.now,
        )
        return gettext("Thank you: a colleague looks at it and puts it into our files.")

    return _form(visit, "portal/details.html", frame(visit, account_of(visit)), deed)
