"""Privacy: the register of what is kept, legal holds, the copy of a person's data and their erasure."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.conversation.queries import portal_threads
from encours.core.errors import EncoursError
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import ZIP, file_of, told
from encours.privacy import actions, queries
from encours.privacy.rules import RETENTIONS, archive


def _customer(request: DeskRequest, number: str) -> Customer:
    return customers.customer_by_number(number, scope=request.scope)


def _contact(customer: Customer, contact_id: int) -> Contact:
    found = customers.contacts_of(customer.pk, organisation_id=customer.organisation_id)
    one = next((contact for contact in found if contact.pk == contact_id), None)
    if one is None:
        raise Http404
    return one


# what is let go, and the article 30 record, in the words of the page
KINDS = {
    "message": gettext_lazy("Messages sent"),
    "answer": gettext_lazy("Answers"),
    "mail": gettext_lazy("Mails received, with their files"),
    "call": gettext_lazy("Calls"),
    "note": gettext_lazy("Comments"),
    "page_note": gettext_lazy("Notes on customers' pages"),
    "reminder": gettext_lazy("Recipients of reminders"),
    "contact": gettext_lazy("People"),
}
RECORD = (
    (
        gettext_lazy("Purpose"),
        gettext_lazy(
            "Following what customers owe, reminding them, settling disputes, applying payments and collecting unpaid "
            "bills. No decision about a person is taken by the software alone."
        ),
    ),
    (
        gettext_lazy("Persons concerned"),
        gettext_lazy(
            "People who answer for customers that are companies; customers who are natural persons; our own staff."
        ),
    ),
    (
        gettext_lazy("Data"),
        gettext_lazy(
            "Name, role, professional address and telephone; language and channel; messages, answers and their files, "
            "calls and comments; invoices, payments, promises, disputes and plans; bank details of customers; of staff "
            "also what they did and when. Openings of e-mails only where they were asked for, never of natural persons."
        ),
    ),
    (
        gettext_lazy("Recipients"),
        gettext_lazy(
            "Staff by their role and portfolio. Providers the organisation chose: mail and SMS servers, a drafting "
            "endpoint if one is switched on. Agencies, lawyers and bailiffs for the debts handed over to them."
        ),
    ),
    (
        gettext_lazy("Transfers outside the European Union"),
        gettext_lazy("None by the software itself, which is hosted by the organisation; look at the providers chosen."),
    ),
    (
        gettext_lazy("Rights"),
        gettext_lazy(
            "Access and portability: the copy of a person, on the customer's Privacy page. Rectification: the "
            "contact's page. Erasure and objection: the same Privacy page, or “write no "
            "more”. A legal hold suspends erasure."
        ),
    ),
    (
        gettext_lazy("Security"),
        gettext_lazy(
            "Rows separated by organisation in the database, roles and portfolios, second factor, secrets encrypted, "
            "an audit trail chained by hashes, bank details changed by two persons."
        ),
    ),
)


@screen("view_audit")
def register(request: DeskRequest) -> HttpResponse:
    past = queries.past_term(request.organisation_id, today=request.today)
    context = {
        "retentions": RETENTIONS,
        "past": [(KINDS[kind], past[kind]) for kind in KINDS if past.get(kind)],
        "purges": [
            (one, [(KINDS[kind], one.counts[kind]) for kind in KINDS if one.counts.get(kind)])
            for one in queries.purges(request.organisation_id)
        ],
        "by_night": queries.lets_go_by_night(request.organisation_id),
        "may_let_go": can(request.scope, "edit_organisation"),
        "record": RECORD,
        "holds": queries.holds(request.organisation_id),
        "erasures": queries.erasures(request.organisation_id),
    }
    return render(request, "desk/privacy/register.html", context)


@screen("view_audit")
def record(request: DeskRequest) -> HttpResponse:
    """The record of processing activities (RGPD article 30) as a text to complete and keep."""
    lines = [gettext("Record of processing activities (RGPD, article 30)"), request.organisation.name, ""]
    for name, text in RECORD:
        lines += [str(name).upper(), str(text), ""]
    lines.append(gettext("Kept for").upper())
    for one in RETENTIONS:
        years = gettext("{years} years from {event}").format(years=one.years, event=gettext(one.counted_from))
        lines.append(f"- {gettext(one.what)}: {years} ({gettext(one.ground)}, {one.source})")
    return file_of("\n".join(lines) + "\n", "register.txt", "text/plain; charset=utf-8")


@screen("edit_organisation")
@require_POST
def let_go(request: DeskRequest) -> HttpResponse:
    """Let go now what is past its term, or say whether it goes each night."""
    organisation_id = request.organisation_id
    if request.POST.get("verb") == "night":
        wanted = request.POST.get("by_night") == "on"
        actions.set_retention(
            organisation_id=organisation_id, lets_go_by_night=wanted, now=request.now, by=request.actor
        )
        on, off = gettext("What is past its term goes each night."), gettext("Nothing goes by itself.")
        told(request, on if wanted else off)
        return redirect("desk:privacy")
    made = actions.let_go(organisation_id=organisation_id, today=request.today, now=request.now, by=request.actor)
    total = sum(made.counts.values()) if made else 0
    told(request, ngettext("{count} record was let go.", "{count} records were let go.", total).format(count=total))
    return redirect("desk:privacy")


@screen("edit_customer")
def privacy_of(request: DeskRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    context = {
        "customer": customer,
        "contacts": [
            (contact, queries.exchanges_with(contact))
            for contact in customers.contacts_of(customer.pk, organisation_id=request.organisation_id)
        ],
        "hold": queries.hold_of(customer.pk, organisation_id=request.organisation_id),
        "may_hold": can(request.scope, "claim_formally"),
        "may_erase": can(request.scope, "merge_customers"),
    }
    return render(request, "desk/privacy/customer.html", context)


@screen("edit_customer")
def person_copy(request: DeskRequest, number: str, contact_id: int) -> HttpResponse:
    customer = _customer(request, number)
    contact = _contact(customer, contact_id)
    told = portal_threads.told_to(contact.email, customer_id=customer.pk, organisation_id=request.organisation_id)
    made = archive({**queries.data_of(contact), "page.json": queries.as_file(told)})
    actions.note_copy(
        organisation_id=request.organisation_id, customer_id=customer.pk, what=f"contact {contact.pk}", by=request.actor
    )
    return file_of(made, f"{customer.number}-{contact.pk}.zip", ZIP)


@screen("edit_customer")
def exchanges_copy(request: DeskRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    told = portal_threads.told_to("", customer_id=customer.pk, organisation_id=request.organisation_id)
    made = archive({**queries.exchanges_of(customer, scope=request.scope), "page.json": queries.as_file(told)})
    actions.note_copy(
        organisation_id=request.organisation_id, customer_id=customer.pk, what="exchanges", by=request.actor
    )
    return file_of(made, f"{customer.number}.zip", ZIP)


@screen("merge_customers")
@require_POST
def person_erase(request: DeskRequest, number: str, contact_id: int) -> HttpResponse:
    customer = _customer(request, number)
    try:
        made = actions.erase_person(
            organisation_id=request.organisation_id,
            customer_id=customer.pk,
            contact_id=contact_id,
            why=request.POST.get("why", "")[:300],
            today=request.today,
            by=request.actor,
        )
    except EncoursError as refusal:
        told(request, refusal.translated(gettext))
    else:
        kept = next((one["until"] for one in made.kept), None)
        said = gettext("The person is erased.")
        told(request, f"{said} {gettext('Exchanges stay until {day}.').format(day=kept)}" if kept else said)
    return redirect("desk:customer_privacy", customer.number)


@screen("claim_formally")
@require_POST
def data_hold(request: DeskRequest, number: str) -> HttpResponse:
    """Hold everything of the customer, or lift the hold."""
    customer = _customer(request, number)
    lifts = request.POST.get("verb") == "lift"
    deed = actions.lift_hold if lifts else actions.hold
    try:
        deed(
            organisation_id=request.organisation_id,
            customer_id=customer.pk,
            why=request.POST.get("why", "")[:300],
            today=request.today,
            by=request.actor,
        )
    except EncoursError as refusal:
        told(request, refusal.translated(gettext))
    else:
        told(request, gettext("The hold is lifted.") if lifts else gettext("Nothing of this customer is erased now."))
    return redirect("desk:customer_privacy", customer.number)


urlpatterns = [
    path("settings/privacy", register, name="privacy"),
    path("settings/privacy/register.txt", record, name="privacy_record"),
    path("settings/privacy/let-go", let_go, name="let_go"),
    path("customers/<path:number>/privacy", privacy_of, name="customer_privacy"),
    path("customers/<path:number>/privacy/hold", data_hold, name="data_hold"),
    path("customers/<path:number>/privacy/exchanges.zip", exchanges_copy, name="exchanges_copy"),
    path("customers/<path:number>/privacy/<int:contact_id>.zip", person_copy, name="person_copy"),
    path("customers/<path:number>/privacy/<int:contact_id>/erase", person_erase, name="person_erase"),
]
