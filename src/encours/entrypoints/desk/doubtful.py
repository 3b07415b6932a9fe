"""Doubtful and lost debts: the list, a proposal, the decision, and what is set aside."""

from datetime import date
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.core.money import ENGLISH, FRENCH, Money
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.entrypoints.desk.handovers import FieldUnreadable, permyriad
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.ledger import queries as ledger
from encours.ledger.models import OpenItem
from encours.recovery import actions as recovery
from encours.recovery.actions.bad_debts import CHASED, BadDebtUnknown
from encours.recovery.models import BadDebtKind, BadDebtPolicy
from encours.recovery.queries import bad_debts
from encours.recovery.queries.bad_debts import BadDebtSeen
from encours.recovery.rules import bad_debt as rules
from encours.recovery.rules.notice import Answer, Condition

TONES = {Answer.YES: "good", Answer.LOOK: "watch", Answer.NO: "act"}
ACCOUNTS = (
    "doubtful_account", "impairment_account", "charge_account", "release_account", "loss_account", "tax_account",
)  # fmt: skip


def _day(request: DeskRequest) -> date | None:
    try:
        return parse_date(request.POST.get("loss_date", ""))
    except ValueError:
        return None


@screen("view_books")
def doubtful(request: DeskRequest) -> HttpResponse:
    seen = bad_debts.bad_debts(request.scope)
    sums: dict[str, dict[str, Any]] = {}
    for one in seen:
        currency = one.bad_debt.currency
        row = sums.setdefault(currency, {"currency": currency, "waiting": 0, "doubtful": 0, "aside": 0, "lost": 0})
        if one.is_waiting:
            row["waiting"] += one.bad_debt.amount_minor
        elif one.is_standing and one.bad_debt.kind == BadDebtKind.LOSS:
            row["lost"] += one.bad_debt.amount_minor
        elif one.is_standing:
            row["doubtful"] += one.left_minor
            row["aside"] += one.provision_left_minor
    context = {
        "rows": seen,
        "totals": list(sums.values()),
        "policy": bad_debts.policy_of(request.organisation_id),
        "may_set": access.can(request.scope, "write_off_above_limit"),
    }
    return render(request, "desk/doubtful/list.html", context)


@screen("propose_write_off")
def new(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    kind = BadDebtKind.LOSS if request.GET.get("kind") == BadDebtKind.LOSS else BadDebtKind.DOUBTFUL
    if request.method == "POST":
        rate = request.POST.get("rate", "").strip()
        proposal = recovery.NewBadDebt(
            customer_id=who.pk,
            kind=kind.value,
            key=f"desk:{request.POST.get('key', '')[:60]}",
            why=request.POST.get("why", "")[:500],
            item_ids=_own(request, who.pk, kind),
            rate_permyriad=permyriad(rate) if kind is BadDebtKind.DOUBTFUL else 0,
            loss_date=_day(request),
            recovers_tax="recovers" in request.POST,
            answered=request.POST.getlist("knows"),
        )
        made = recovery.propose(
            proposal, organisation_id=request.organisation_id, today=request.today, by=request.actor
        )
        told(request, gettext("{number} waits for a decision").format(number=made.number))
        return redirect("desk:bad_debt", bad_debt_id=made.pk)
    items = _items(request, who.pk, kind)
    amounts = bad_debts.amounts_of(request.organisation_id, items)
    loss_date = request.today
    checklist = bad_debts.conditions(
        request.organisation_id, customer_id=who.pk, loss_date=loss_date, today=request.today,
        tax_minor=sum(one.tax_minor for one in amounts.values()),
        is_tax_known=all(one.is_tax_known for one in amounts.values()),
    )  # fmt: skip
    context = {
        "customer": who,
        "kind": kind.value,
        "items": [{"item": item, "amounts": amounts[item.pk]} for item in items],
        "conditions": [_condition(one) for one in checklist],
        "loss_date": loss_date,
        "key": uuid4(),
    }
    return render(request, "desk/doubtful/new.html", context)


def _items(request: DeskRequest, customer_id: int, kind: BadDebtKind) -> list[OpenItem]:
    """What may be proposed: open debts that do not stand so already."""
    found = [
        item
        for item in ledger.account_items(customer_id, scope=request.scope, limit=400)
        if item.kind in CHASED and item.open_minor > 0
    ]
    standing = bad_debts.standing_items(request.organisation_id, [item.pk for item in found])
    return [item for item in found if (item.pk, kind.value) not in standing]


def _own(request: DeskRequest, customer_id: int, kind: BadDebtKind) -> list[int]:
    ticked = {int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()}
    return [item.pk for item in _items(request, customer_id, kind) if item.pk in ticked]


def _condition(one: Condition) -> dict[str, Any]:
    name, holds, otherwise = rules.TAX_WORDS[one.code]
    doubt = one.data.get("doubt", "")
    return {
        "code": one.code,
        "name": gettext(name),
        "article": one.article,
        "doubt": gettext(doubt) if doubt else "",
        "says": gettext(holds if one.answer is Answer.YES else otherwise),
        "answer": one.answer.value,
        "tone": TONES[one.answer],
    }


def _seen(request: DeskRequest, bad_debt_id: int) -> BadDebtSeen:
    found = bad_debts.bad_debt(bad_debt_id, scope=request.scope)
    if found is None:
        raise BadDebtUnknown
    return found


@screen("view_books")
def bad_debt(request: DeskRequest, bad_debt_id: int) -> HttpResponse:
    seen = _seen(request, bad_debt_id)
    found, policy = seen.bad_debt, bad_debts.policy_of(request.organisation_id)
    is_own = request.actor.user_id is not None and request.actor.user_id == found.proposed_by_id
    is_above = policy.limit_minor is not None and found.amount_minor > policy.limit_minor
    may_decide = access.can(request.scope, "write_off")
    net, tax = (formats.money(minor, found.currency, language="fr") for minor in (seen.net_minor, seen.tax_minor))
    kept = [Condition(row["code"], Answer(row["answer"]), row["article"], row["data"]) for row in found.checklist]
    context = {
        "seen": seen,
        "found": found,
        "customer": found.customer,
        "entries": _entries(seen, policy.accounts()),
        "conditions": [_condition(one) for one in kept] if found.recovers_tax else [],
        "mention": rules.mention(net, tax) if found.recovers_tax else "",
        "may_decide": may_decide,
        "may_refuse": may_decide or is_own,
        "waits_for_another": policy.needs_second_person and is_own,
        "is_above": is_above and not access.can(request.scope, "write_off_above_limit"),
    }
    return render(request, "desk/doubtful/one.html", context)


def _entries(seen: BadDebtSeen, accounts: rules.Accounts) -> list[rules.Pair]:
    """The journal lines of the proposal itself, document by document."""
    rows: list[rules.Pair] = []
    for line in seen.lines:
        if seen.bad_debt.kind == BadDebtKind.DOUBTFUL:
            rows += rules.doubtful_entries(
                accounts, account=line.account, open_minor=line.open_minor, provision_minor=line.provision_minor
            )
        else:
            rows += rules.loss_entries(
                accounts,
                account=accounts.doubtful if line.from_doubtful_minor else line.account,
                amounts=rules.Amounts(line.open_minor, line.net_minor, line.tax_minor, line.is_tax_known),
                recovers_tax=seen.bad_debt.recovers_tax,
                provisioned_minor=0,
            )
    return rows


@screen("propose_write_off")
@require_POST
def decide(request: DeskRequest, bad_debt_id: int) -> HttpResponse:
    """Approve, refuse or take back; who proposed may withdraw."""
    seen = _seen(request, bad_debt_id)
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id, "bad_debt_id": seen.bad_debt.pk, "today": request.today,
        "by": request.actor, "why": request.POST.get("why", "")[:500],
    }  # fmt: skip
    is_own = request.actor.user_id is not None and request.actor.user_id == seen.bad_debt.proposed_by_id
    what = request.POST.get("do")
    may = access.can(request.scope, "write_off")
    if not may and not (what == "refuse" and is_own):
        raise BadDebtUnknown
    if what == "approve":
        recovery.approve(may_exceed=access.can(request.scope, "write_off_above_limit"), **given)
        told(request, gettext("Approved and posted: it is in the next journal file"))
    elif what == "back":
        recovery.take_back(**given)
        told(request, gettext("Taken back: the mirror entries are posted"))
    else:
        recovery.refuse(**given)
        told(request, gettext("Noted: nothing was posted"))
    return redirect("desk:bad_debt", bad_debt_id=bad_debt_id)


@screen("write_off_above_limit")
@require_POST
def policy(request: DeskRequest) -> HttpResponse:
    """Who decides, up to which amount, and the accounts."""
    limit = request.POST.get("limit", "").strip()
    style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
    minor = Money.parse(limit, "EUR", style=style).minor if limit else None
    if minor is not None and minor < 0:
        raise FieldUnreadable(text=limit)
    wanted = BadDebtPolicy(
        organisation_id=request.organisation_id,
        needs_second_person="second" in request.POST,
        limit_minor=minor,
        **{name: request.POST.get(name, "").strip()[:20] for name in ACCOUNTS},
    )
    recovery.set_policy(wanted, by=request.actor)
    told(request, gettext("Kept"))
    return redirect("desk:doubtful")


urlpatterns = [
    path("doubtful", doubtful, name="doubtful"),
    path("doubtful/policy", policy, name="bad_debt_policy"),
    path("doubtful/<int:bad_debt_id>", bad_debt, name="bad_debt"),
    path("doubtful/<int:bad_debt_id>/decide", decide, name="bad_debt_decide"),
    path("customers/<path:number>/recovery/doubtful", new, name="bad_debt_new"),
]
