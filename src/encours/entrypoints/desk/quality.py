"""Data quality: what customers' records lack, and who may be one and the same."""

from collections.abc import Mapping

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.customers import queries as customers
from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.ledger import merging_actions as ledger

SHOWN = 200
COLUMNS = (
    Column("number", gettext_lazy("Number")),
    Column("name", gettext_lazy("Customer")),
    Column("city", gettext_lazy("City")),
)
# code -> what is missing, why it matters, tone
GAPS: Mapping[str, tuple[Promise, Promise, str]] = {
    "email": (gettext_lazy("No e-mail address"), gettext_lazy("no reminder can leave"), "act"),
    "bounced": (gettext_lazy("Address that returns its mail"), gettext_lazy("reminders are held"), "act"),
    "phone": (gettext_lazy("No telephone"), gettext_lazy("nobody can call"), "watch"),
    "siren": (gettext_lazy("No SIREN"), gettext_lazy("no insolvency watch, no e-invoice"), "watch"),
    "vat_number": (gettext_lazy("No VAT number"), gettext_lazy("needed on invoices between companies"), ""),
    "address": (gettext_lazy("No address"), gettext_lazy("no formal notice by post"), "watch"),
    "terms": (gettext_lazy("No payment terms"), gettext_lazy("due dates use the company's own"), ""),
    "collector": (gettext_lazy("No collector"), gettext_lazy("nobody's list shows the customer"), "watch"),
    "segment": (gettext_lazy("No segment"), gettext_lazy("the default scenario applies"), ""),
    "language": (gettext_lazy("No language"), gettext_lazy("the organisation's is used"), ""),
}
SHARED: Mapping[str, Promise] = {
    "siren": gettext_lazy("Same SIREN"),
    "vat_number": gettext_lazy("Same VAT number"),
    "iban": gettext_lazy("Same IBAN"),
    "name": gettext_lazy("Same name but for spelling"),
}


@screen("view_books")
def quality(request: DeskRequest) -> HttpResponseBase:
    code = request.GET.get("lacks", "")
    code = code if code in GAPS else ""
    if code and (form := request.GET.get("export")):
        rows = customers.lacking(code, scope=request.scope, limit=exports.ROWS_MAX)
        return exports.sheet(form, name=gettext("data-quality"), columns=COLUMNS, rows=rows)
    total, gaps = customers.quality_gaps(request.scope)
    context = {
        "total": total,
        "gaps": [
            {
                "code": gap.code,
                "count": gap.count,
                "label": GAPS[gap.code][0],
                "why": GAPS[gap.code][1],
                "tone": GAPS[gap.code][2],
                # rounded up: one customer of many is not none
                "share": -(-100 * gap.count // total) if total else 0,
            }
            for gap in gaps
        ],
        "may_merge": can(request.scope, "merge_customers"),
        "code": code,
        "code_label": GAPS[code][0] if code else "",
        "rows": customers.lacking(code, scope=request.scope, limit=SHOWN) if code else [],
        "alike": [
            {
                "shared": SHARED[one.shared],
                "value": one.value if one.shared != "name" else "",
                "customers": one.customers,
            }
            for one in customers.likely_duplicates(request.scope)
        ],
    }
    return render(request, "desk/quality/page.html", context)


@screen("merge_customers")
@require_POST
def merge(request: DeskRequest) -> HttpResponse:
    """Make one customer stand for two, as a person decided."""
    pair = [
        customers.customer_by_number(request.POST.get(name, ""), scope=request.scope) for name in ("duplicate", "kept")
    ]
    kept = ledger.merge_customers(
        organisation_id=request.organisation_id,
        duplicate_id=pair[0].pk,
        kept_id=pair[1].pk,
        by=request.actor,
        why=gettext("Proposed as a duplicate on the data quality page"),
    )
    told(request, gettext("{name} now stands for both.").format(name=kept.name))
    return redirect("desk:quality")


urlpatterns = [path("quality", quality, name="quality"), path("quality/merge", merge, name="quality_merge")]
