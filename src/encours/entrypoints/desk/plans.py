"""Payment plans: the list, the builder with its live totals, the agreement on paper, approval and end."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.access.models import Entity
from encours.collections.queries.messages import company_of
from encours.collections.rules.letter import legal_line
from encours.core.dates import BusinessCalendar, add_months
from encours.core.errors import EncoursError, Refused, gettext_noop
from encours.core.ids import creditor_reference, grouped
from encours.core.money import ENGLISH, FRENCH, Money, read_decimal
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints import formats
from encours.entrypoints.desk.customer import account_head
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import PDF, file_of, is_partial, told
from encours.ledger import queries as ledger
from encours.ledger.models import OpenItem
from encours.plans import actions as plans
from encours.plans.models import Clause, Frequency
from encours.plans.queries import followed
from encours.plans.queries.followed import PlanSeen
from encours.plans.rules import agreement
from encours.plans.rules.schedule import Clause as ClauseCode
from encours.plans.rules.schedule import Frequency as FrequencyCode
from encours.plans.rules.schedule import Schedule, Terms, build, count_for

SHOWN = 200
ITEMS_MAX = 400
GRACE_DAYS = 8
USUAL_COUNT = 4
TABS = ("standing", "drafts", "ended")


class NumberUnreadable(Refused):
    """An amount, a rate or a count of the form is not written as a number."""

    message = gettext_noop("“{text}” is not a number.")


class DayUnreadable(Refused):
    """A form came without a day it needs."""

    message = gettext_noop("Give the day as the calendar shows it.")


@dataclass(frozen=True)
class Asked:
    """What the builder's form says, as text and as values."""

    request: DeskRequest
    items: list[OpenItem]

    def text(self, name: str, usual: str = "") -> str:
        """A field as it was written."""
        return str(self.request.POST.get(name, usual) if self.request.method == "POST" else usual).strip()

    def money(self, name: str) -> int:
        """An amount, nothing when left empty."""
        text = self.text(name)
        if not text:
            return 0
        return Money.parse(text, self.currency, style=_style()).minor

    def count(self, name: str, usual: int) -> int:
        """A whole number."""
        text = self.text(name, str(usual))
        if not text.isdecimal() or len(text) > 4:
            raise NumberUnreadable(text=text)
        return int(text)

    def day(self, name: str, usual: date) -> date:
        """A day."""
        try:
            return parse_date(self.text(name, usual.isoformat())) or usual
        except ValueError:
            raise DayUnreadable from None

    def is_on(self, name: str, *, usual: bool) -> bool:
        """A box that is ticked."""
        return name in self.request.POST if self.request.method == "POST" else usual

    @property
    def currency(self) -> str:
        """The currency of what is covered."""
        return self.items[0].currency if self.items else "EUR"

    @property
    def percent(self) -> Decimal:
        """The agreed rate."""
        text = self.text("percent").replace("%", "").strip()
        found = read_decimal(text, style=_style()) if text else Decimal(0)
        if found is None:
            raise NumberUnreadable(text=text)
        return found


def _style() -> Any:
    return ENGLISH if (get_language() or "").startswith("en") else FRENCH


@screen("view_books")
def plans_list(request: DeskRequest) -> HttpResponse:
    tab = request.GET.get("tab", "standing")
    tab = tab if tab in TABS else "standing"
    seen = followed.plans(request.scope, today=request.today, limit=SHOWN)
    groups = {
        "standing": [one for one in seen if one.is_standing],
        "drafts": [one for one in seen if not one.is_standing and not one.plan.ended_as],
        "ended": [one for one in seen if one.plan.ended_as],
    }
    context = {
        "tab": tab,
        "rows": groups[tab],
        "tabs": [(name, len(groups[name])) for name in TABS],
        "totals": _totals(groups["standing"]),
        "rate": followed.rate_of(seen, today=request.today),
        "breach_count": sum(one.breach_date is not None for one in seen),
    }
    return render(request, "desk/plans/list.html", context)


def _totals(seen: list[PlanSeen]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in seen:
        row = found.setdefault(one.plan.currency, {"currency": one.plan.currency, "left": 0, "late": 0, "count": 0})
        row["left"] += one.left_minor
        row["late"] += one.late_minor
        row["count"] += 1
    return sorted(found.values(), key=lambda row: -row["left"])


@screen("view_books")
def customer_plans(request: DeskRequest, number: str) -> HttpResponse:
    head = account_head(request, number, "plans")
    seen = followed.plans(request.scope, today=request.today, account_ids=head["account_ids"], limit=SHOWN)
    may = access.can(request.scope, "plan_payments")
    return render(request, "desk/plans/customer.html", {**head, "rows": seen, "may_plan": may})


@screen("plan_payments")
def builder(request: DeskRequest, number: str) -> HttpResponse:
    """The form, its schedule beside it; sent with “draw up” it becomes a draft."""
    who = customers.customer_by_number(number, scope=request.scope)
    owed = _owed(request, who)
    asked = Asked(request, _chosen(request, owed))
    context: dict[str, Any] = {
        "customer": who,
        "owed": owed,
        "chosen": {item.pk for item in asked.items},
        "frequencies": Frequency.choices,
        "clauses": Clause.choices if not who.is_natural_person else Clause.choices[:1],
        "asked": _fields(asked),
        "key": request.POST.get("key") or str(uuid4()),
        "currency": asked.currency,
        "schedule": None,
        "problem": "",
    }
    try:
        wanted = _wanted(asked, who)
        if request.method == "POST" and "draw" in request.POST:
            plan = plans.draft(
                wanted,
                organisation_id=request.organisation_id,
                today=request.today,
                key=f"desk:{context['key'][:60]}",
                by=request.actor,
            )
            told(request, gettext("Plan {number} is drawn up").format(number=plan.number))
            return redirect("desk:plan", plan_id=plan.pk)
        context["schedule"], context["rows"] = _shown(build(wanted.terms), asked)
        context["count"] = wanted.terms.count
    except EncoursError as error:
        context["problem"] = error.translated(gettext)
    template = "desk/plans/builder.html"
    return render(request, f"{template}#schedule" if is_partial(request) else template, context)


def _owed(request: DeskRequest, who: Customer) -> list[OpenItem]:
    items = ledger.account_items(who.pk, scope=request.scope, limit=ITEMS_MAX)
    covered = followed.covered_items(request.organisation_id, today=request.today)
    return [
        item
        for item in items
        if item.open_minor > 0
        and item.kind in plans.CHASED
        and item.customer_id == who.pk
        and item.pk not in covered
        and not item.account.startswith(("418", "419"))
    ]


def _chosen(request: DeskRequest, owed: list[OpenItem]) -> list[OpenItem]:
    """What is ticked; at first what is late, of the company and currency that is owed most."""
    if request.method == "POST":
        ticked = {int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()}
        return [item for item in owed if item.pk in ticked]
    late = [item for item in owed if item.due_date < request.today] or owed
    sums: dict[tuple[int, str], int] = {}
    for item in late:
        key = (item.entity_id, item.currency)
        sums[key] = sums.get(key, 0) + item.open_minor
    main = max(sums, key=lambda key: sums[key], default=None)
    return [item for item in late if (item.entity_id, item.currency) == main]


def _fields(asked: Asked) -> dict[str, Any]:
    """The form as it stands, for the page to show again."""
    today = asked.request.today
    return {
        "frequency": asked.text("frequency", FrequencyCode.MONTHLY.value),
        "count": asked.text("count", str(USUAL_COUNT)),
        "capacity": asked.text("capacity"),
        "first": asked.text("first", add_months(today, 1).isoformat()),
        "down": asked.text("down"),
        "fee": asked.text("fee"),
        "clause": asked.text("clause", ClauseCode.NONE.value),
        "percent": asked.text("percent"),
        "grace": asked.text("grace", str(GRACE_DAYS)),
        "note": asked.text("note"),
        "accelerates": asked.is_on("accelerates", usual=True),
        "breaks_alone": asked.is_on("breaks_alone", usual=False),
        "revives": asked.is_on("revives", usual=True),
    }


def _wanted(asked: Asked, who: Customer) -> plans.Wanted:
    items = plans.spreadable(who.pk, [item.pk for item in asked.items], organisation_id=asked.request.organisation_id)
    entity = Entity.objects.get(organisation_id=asked.request.organisation_id, pk=items[0].entity_id)
    frequency, clause = asked.text("frequency", "monthly"), asked.text("clause", "none")
    if frequency not in Frequency.values or clause not in Clause.values:
        raise Http404
    terms = Terms(
        principal_minor=sum(item.open_minor for item in items),
        start_date=asked.request.today,
        first_date=asked.day("first", add_months(asked.request.today, 1)),
        count=asked.count("count", USUAL_COUNT),
        frequency=FrequencyCode(frequency),
        down_payment_minor=asked.money("down"),
        fee_minor=asked.money("fee"),
        clause=ClauseCode(clause),
        percent=asked.percent if clause == Clause.AGREED else Decimal(0),
        calendar=BusinessCalendar(entity.country, entity.holiday_region),
    )
    if capacity := asked.money("capacity"):
        terms = replace(terms, count=count_for(terms, capacity))
    edited = tuple(asked.money(f"amount-{index}") or None for index in range(1, min(terms.count, 60)))
    return plans.Wanted(
        customer_id=who.pk,
        item_ids=[item.pk for item in items],
        terms=replace(terms, edited=edited),
        grace_days=min(asked.count("grace", GRACE_DAYS), 90),
        accelerates=asked.is_on("accelerates", usual=True),
        breaks_alone=asked.is_on("breaks_alone", usual=False),
        revives_penalties=asked.is_on("revives", usual=True),
        note=asked.text("note")[:500],
    )


def _shown(schedule: Schedule, asked: Asked) -> tuple[Schedule, list[dict[str, Any]]]:
    last = schedule.rows[-1].number
    return schedule, [
        {
            "row": row,
            "is_edited": bool(asked.text(f"amount-{row.number}")),
            "is_editable": 0 < row.number < last,
            "field": formats.number(
                Money(row.amount_minor, asked.currency).as_decimal(),
                language=formats.known_language(get_language()),
                decimals=2,
            ),
        }
        for row in schedule.rows
    ]


def _seen(request: DeskRequest, plan_id: int) -> PlanSeen:
    found = followed.plan_seen(plan_id, scope=request.scope, today=request.today)
    if found is None:
        raise plans.PlanUnknown
    return found


@screen("view_books")
def plan(request: DeskRequest, plan_id: int) -> HttpResponse:
    seen = _seen(request, plan_id)
    context = {
        "seen": seen,
        "plan": seen.plan,
        "customer": seen.plan.customer,
        "own": [item for item in seen.items if not item.is_own],
        "may_plan": access.can(request.scope, "plan_payments"),
        "may_approve": access.can(request.scope, "approve_plan"),
    }
    return render(request, "desk/plans/plan.html", context)


@screen("view_books")
def agreement_pdf(request: DeskRequest, plan_id: int) -> HttpResponse:
    seen = _seen(request, plan_id)
    language = request.GET.get("language") or seen.plan.customer.language or request.organisation.language
    made = agreement.pdf(_paper(seen, language if language in agreement.WORDS else "fr"))
    return file_of(made, f"{seen.plan.number}.pdf", PDF, is_shown=True)


def _paper(seen: PlanSeen, language: str) -> agreement.Agreement:
    row, who, entity = seen.plan, seen.plan.customer, seen.plan.entity
    siren = f"SIREN {who.siren}" if who.siren else ""
    address = " ".join(part for part in (who.street, who.postcode, who.city) if part)
    return agreement.Agreement(
        number=row.number,
        language=language,
        day=row.agreed_date or row.drafted_date,
        creditor=agreement.Party(entity.name, legal_line(company_of(entity)).removeprefix(f"{entity.name}, ")),
        debtor=agreement.Party(who.name, ", ".join(part for part in (who.legal_form, siren, address) if part)),
        currency=row.currency,
        covered=[
            agreement.Covered(_document(item), item.due_date, item.amount_minor)
            for item in seen.items
            if not item.is_own
        ],
        parts=[agreement.Part(one.due.number, one.due.due_date, one.due.amount_minor) for one in seen.rows],
        principal_minor=row.principal_minor,
        fee_minor=row.fee_minor,
        interest_minor=row.interest_minor,
        clause=ClauseCode(row.clause),
        percent=row.percent,
        grace_days=row.grace_days,
        accelerates=row.accelerates,
        breaks_alone=row.breaks_alone,
        revives_penalties=row.revives_penalties,
        is_business=not who.is_natural_person,
        iban=grouped(entity.iban),
        reference=creditor_reference(who.number),
    )


def _document(item: Any) -> str:
    if item.instalment_count > 1:
        return f"{item.document_number} ({item.instalment_number}/{item.instalment_count})"
    return str(item.document_number)


@screen("approve_plan")
@require_POST
def approve(request: DeskRequest, plan_id: int) -> HttpResponse:
    seen = _seen(request, plan_id)
    plans.approve(organisation_id=request.organisation_id, plan_id=seen.plan.pk, today=request.today, by=request.actor)
    told(request, gettext("Approved: have the agreement signed, then note who signed it"))
    return redirect("desk:plan", plan_id=plan_id)


@screen("plan_payments")
@require_POST
def agree(request: DeskRequest, plan_id: int) -> HttpResponse:
    seen = _seen(request, plan_id)
    day = _posted_day(request)
    plans.agree(
        organisation_id=request.organisation_id,
        plan_id=seen.plan.pk,
        signed_by=request.POST.get("signed_by", "")[:200],
        agreed_date=day,
        today=request.today,
        by=request.actor,
    )
    told(request, gettext("Agreed: from now on the instalments are chased, not the items"))
    return redirect("desk:plan", plan_id=plan_id)


def _posted_day(request: DeskRequest) -> date:
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise DayUnreadable
    return day


@screen("plan_payments")
@require_POST
def end(request: DeskRequest, plan_id: int) -> HttpResponse:
    """Cancel a plan, or declare it broken, each with its reason."""
    seen = _seen(request, plan_id)
    is_breach = request.POST.get("as") == "broken"
    if seen.is_standing and not access.can(request.scope, "approve_plan"):
        raise Http404
    act = plans.break_plan if is_breach else plans.cancel
    act(
        organisation_id=request.organisation_id,
        plan_id=seen.plan.pk,
        today=request.today,
        now=request.now,
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(
        request,
        gettext("Broken: the items are due and chased again") if is_breach else gettext("The plan is cancelled"),
    )
    return redirect("desk:plan", plan_id=plan_id)


urlpatterns = [
    path("plans", plans_list, name="plans"),
    path("plans/<int:plan_id>", plan, name="plan"),
    path("plans/<int:plan_id>/agreement.pdf", agreement_pdf, name="plan_agreement"),
    path("plans/<int:plan_id>/approve", approve, name="plan_approve"),
    path("plans/<int:plan_id>/agree", agree, name="plan_agree"),
    path("plans/<int:plan_id>/end", end, name="plan_end"),
    path("customers/<path:number>/plans/new", builder, name="plan_new"),
    path("customers/<path:number>/plans", customer_plans, name="customer_plans"),
]
