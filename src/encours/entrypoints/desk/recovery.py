"""What follows when reminders do not help: the calendar of deadlines, formal notices, acts and insolvency."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.core.errors import Refused, gettext_noop
from encours.core.money import ENGLISH, FRENCH, Money
from encours.customers import queries as customers
from encours.entrypoints import exports
from encours.entrypoints.deadline_words import KIND_WORDS
from encours.entrypoints.desk import insurance
from encours.entrypoints.desk.customer import account_head
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import ANY_FILE, PDF, ZIP, file_of, told
from encours.ledger import queries as ledger
from encours.messaging.rules import papers
from encours.recovery import actions as recovery
from encours.recovery.actions.acts import NewAct
from encours.recovery.actions.notices import NoticeUnknown
from encours.recovery.actions.proceedings import ProceedingUnknown
from encours.recovery.models import (
    ActKind,
    FormalNotice,
    LegalAct,
    LimitationKind,
    LimitationRegime,
    NoticeOutcome,
    Proceeding,
    ProceedingKind,
)
from encours.recovery.queries import bad_debts, guardian, handovers, notices, proceedings
from encours.recovery.queries.annex import annex
from encours.recovery.rules.deadlines import Kind, Urgency
from encours.recovery.rules.notice import WORDS, Answer, Condition

PAY_WITHIN_DAYS = 8
URGENCY_TONES = {Urgency.OVER: "act", Urgency.WEEK: "act", Urgency.MONTH: "watch", Urgency.LATER: ""}
ANSWER_TONES = {Answer.YES: "good", Answer.LOOK: "watch", Answer.NO: "act"}


class DayUnreadable(Refused):
    """A form came without a day it needs, or with one that is none."""

    message = gettext_noop("Give the day as the calendar shows it.")


def _day(request: DeskRequest, field: str) -> date | None:
    try:
        return parse_date(request.POST.get(field, ""))
    except ValueError:
        return None


def _needed(request: DeskRequest, field: str) -> date:
    found = _day(request, field)
    if found is None:
        raise DayUnreadable
    return found


def _shown(found: list[guardian.Guarded], today: date) -> list[dict[str, Any]]:
    return [
        {
            "one": one,
            "what": KIND_WORDS[one.deadline.kind],
            "tone": URGENCY_TONES[one.deadline.urgency(today)],
            "is_over": one.deadline.urgency(today) is Urgency.OVER,
            "doubt": gettext(one.deadline.doubt) if one.deadline.doubt and not one.refusal else "",
            "refusal": one.refusal.translated(gettext) if one.refusal else "",
        }
        for one in found
    ]


DEADLINE_COLUMNS = (
    Column("safe_date", _("Safe day")),
    Column("possible_date", _("Possible day")),
    Column("what", _("What ends")),
    Column("number", _("Number")),
    Column("name", _("Customer")),
    Column("subject", _("Document")),
    Column("amount_minor", _("Still open"), "money"),
    Column("currency", _("Currency")),
    Column("article", _("Text")),
    Column("doubt", _("To verify:")),
)


def _flat(one: guardian.Guarded) -> dict[str, Any]:
    return {
        "safe_date": one.deadline.safe_date,
        "possible_date": one.deadline.possible_date,
        "what": str(KIND_WORDS[one.deadline.kind]),
        "number": one.customer_number,
        "name": one.customer_name,
        "subject": one.subject,
        "amount_minor": one.amount_minor if one.currency else None,
        "currency": one.currency or "EUR",
        "article": one.deadline.article,
        "doubt": gettext(one.deadline.doubt) if one.deadline.doubt else "",
    }


@screen("view_books")
def deadlines(request: DeskRequest) -> HttpResponseBase:
    kind = request.GET.get("kind", "")
    asked = guardian.Asked(request.organisation_id, request.today, scope=request.scope)
    found = guardian.deadlines(asked)
    kinds = {one.deadline.kind for one in found}
    shown = [one for one in found if not kind or one.deadline.kind.value == kind]
    if form := request.GET.get("export"):
        return exports.sheet(form, name=gettext("deadlines"), columns=DEADLINE_COLUMNS, rows=map(_flat, shown))
    context = {
        "rows": _shown(shown, request.today),
        "kind": kind,
        "kinds": [(one.value, KIND_WORDS[one]) for one in Kind if one in kinds],
        "over": sum(one.deadline.urgency(request.today) is Urgency.OVER for one in found),
        "week": sum(one.deadline.urgency(request.today) is Urgency.WEEK for one in found),
        "month": sum(one.deadline.urgency(request.today) is Urgency.MONTH for one in found),
        "horizon": asked.until,
    }
    return render(request, "desk/recovery/deadlines.html", context)


@screen("view_books")
def panel(request: DeskRequest, number: str) -> HttpResponse:
    head = account_head(request, number, "recovery")
    who, account_ids = head["customer"], head["account_ids"]
    asked = guardian.Asked(
        request.organisation_id, request.today, account_ids=account_ids, scope=request.scope, horizon_days=3660
    )
    found = proceedings.proceedings_of(account_ids, scope=request.scope)
    context = {
        **head,
        "deadlines": _shown(guardian.deadlines(asked), request.today),
        **insurance.beside(request, who, account_ids),
        "acts": recovery_acts(account_ids, request),
        "regimes": _regimes(account_ids, request),
        "notices": notices.notices_of(account_ids, scope=request.scope),
        "proceedings": found,
        "open_proceeding": next((row for row in found if row.ended_date is None), None),
        "act_kinds": ActKind.choices,
        "regime_kinds": LimitationKind.choices,
        "proceeding_kinds": ProceedingKind.choices,
        "documents": ledger.open_numbers(who.pk, scope=request.scope),
        "handed": handovers.handovers(request.scope, account_ids=account_ids, limit=20),
        "bad_debts": bad_debts.bad_debts(request.scope, account_ids=account_ids, limit=20),
        "may_propose": access.can(request.scope, "propose_write_off"),
        "may_hand_over": access.can(request.scope, "hand_over"),
        "may_export": access.can(request.scope, "export") and not request.scope.entity_ids,
        "may_claim": access.can(request.scope, "claim_formally"),
        "may_record": access.can(request.scope, "record_proceedings"),
    }
    return render(request, "desk/recovery/panel.html", context)


def recovery_acts(account_ids: list[int], request: DeskRequest) -> list[Any]:
    """What was noted about the account's debts, the latest first."""
    rows = LegalAct.objects.filter(organisation_id=request.organisation_id, customer_id__in=account_ids)
    return list(rows.order_by("-act_date", "-pk")[:100])


def _regimes(account_ids: list[int], request: DeskRequest) -> list[Any]:
    rows = LimitationRegime.objects.filter(organisation_id=request.organisation_id, customer_id__in=account_ids)
    return list(rows.order_by("-pk")[:20])


@screen("claim_formally")
def notice_new(request: DeskRequest, number: str) -> HttpResponse:
    """The check-list beside what would be claimed; sent once each point is answered for."""
    who = customers.customer_by_number(number, scope=request.scope)
    is_sent = request.method == "POST"
    ticked = {int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()} if is_sent else None
    found = notices.claimable(who, today=request.today, now=request.now, item_ids=ticked)
    if is_sent and "send" in request.POST:
        claim = recovery.Claim(
            customer_id=who.pk,
            pay_by=_needed(request, "pay_by"),
            key=f"desk:{request.POST.get('key', '')[:60]}",
            item_ids=ticked,
            language=request.POST.get("language", "fr") if request.POST.get("language") in ("fr", "en") else "fr",
            channel=request.POST.get("channel", ""),
            answered=request.POST.getlist("knows"),
        )
        made = recovery.send_notice(
            claim, organisation_id=request.organisation_id, today=request.today, now=request.now, by=request.actor
        )
        told(request, gettext("Formal notice {number} waits to be printed and posted").format(number=made.number))
        return redirect("desk:customer_recovery", number=number)
    everything = notices.claimable(who, today=request.today, now=request.now) if is_sent else found
    context = {
        "customer": who,
        "found": found,
        "lines": everything.lines if everything else [],
        "chosen": {line.item_id for line in found.lines} if found else set(),
        "currency": everything.currency if everything else "EUR",
        "conditions": [_condition(one) for one in found.conditions] if found else [],
        "is_refused": any(one.answer is Answer.NO for one in found.conditions) if found else True,
        "pay_by": _day(request, "pay_by") or request.today + timedelta(days=PAY_WITHIN_DAYS),
        "language": request.POST.get("language") or who.language or request.organisation.language,
        "key": request.POST.get("key") or str(uuid4()),
    }
    return render(request, "desk/recovery/notice_new.html", context)


def _condition(one: Condition) -> dict[str, Any]:
    name, wanted, otherwise = WORDS[one.code]
    return {
        "code": one.code,
        "name": gettext(name),
        "article": one.article,
        "says": gettext(wanted if one.answer is Answer.YES else otherwise),
        "documents": ", ".join(one.data.get("documents", []) or one.data.get("plans", [])),
        "answer": one.answer.value,
        "tone": ANSWER_TONES[one.answer],
    }


def _notice(request: DeskRequest, notice_id: int) -> FormalNotice:
    found = notices.in_scope(request.scope).filter(pk=notice_id).first()
    if found is None:
        raise NoticeUnknown
    return found


@screen("view_books")
def notice(request: DeskRequest, notice_id: int) -> HttpResponse:
    found = _notice(request, notice_id)
    lines = [
        {
            **line,
            "due_date": date.fromisoformat(line["due_date"]),
            "claimed_minor": line["open_minor"] - line["disputed_minor"],
        }
        for line in found.lines
    ]
    checklist = [Condition(row["code"], Answer(row["answer"]), row["article"], row["data"]) for row in found.checklist]
    context = {
        "notice": found,
        "customer": found.customer,
        "lines": lines,
        "conditions": [_condition(one) for one in checklist],
        "reports": notices.reports_of(found),
        "outcomes": NoticeOutcome.choices,
        "total_minor": found.principal_minor + found.interest_minor + found.compensation_minor,
        "may_claim": access.can(request.scope, "claim_formally"),
    }
    return render(request, "desk/recovery/notice.html", context)


@screen("claim_formally")
@require_POST
def notice_proof(request: DeskRequest, notice_id: int) -> HttpResponse:
    """Note the dispatch, or what became of the letter with its receipt."""
    found = _notice(request, notice_id)
    given: dict[str, Any] = {"organisation_id": request.organisation_id, "notice_id": found.pk, "by": request.actor}
    if request.POST.get("what") == "sent":
        recovery.note_sent(
            sent_date=_needed(request, "day"),
            registered_number=request.POST.get("number", ""),
            today=request.today,
            **given,
        )
        told(request, gettext("The dispatch is noted"))
    else:
        file = request.FILES.get("proof")
        recovery.note_outcome(
            outcome=request.POST.get("outcome", ""),
            outcome_date=_needed(request, "day"),
            today=request.today,
            proof=file.read() if file else b"",
            proof_name=(file.name or "") if file else "",
            **given,
        )
        told(request, gettext("What became of the letter is noted, with its proof"))
    return redirect("desk:notice", notice_id=notice_id)


@screen("view_books")
def notice_proof_file(request: DeskRequest, notice_id: int) -> HttpResponse:
    found = _notice(request, notice_id)
    kept = FormalNotice.objects.filter(organisation_id=request.organisation_id, pk=found.pk).values_list("proof").get()
    if kept[0] is None:
        raise Http404
    return file_of(bytes(kept[0]), f"{found.number}-preuve", ANY_FILE)


@screen("view_books")
def annex_pdf(request: DeskRequest, number: str) -> HttpResponse:
    """The annex of interest as it would go with a formal notice today."""
    who = customers.customer_by_number(number, scope=request.scope)
    found = notices.claimable(who, today=request.today, now=request.now)
    if found is None or not found.accruals:
        raise Http404
    language = "en" if (get_language() or "").startswith("en") else "fr"
    made = annex(
        found.accruals,
        entity=found.entity,
        name=who.name,
        number=who.number,
        language=language,
        day=request.today,
    )
    return _pdf(papers.pdf(made), f"annexe-{who.number}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    return file_of(content, name, PDF, is_shown=True)


@screen("add_note")
@require_POST
def note_act(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    is_certain = "certain" in request.POST
    if is_certain and not access.can(request.scope, "record_proceedings"):
        raise Http404
    act = NewAct(
        customer_id=who.pk,
        kind=request.POST.get("kind", ""),
        act_date=_needed(request, "day"),
        document_number=request.POST.get("document", "")[:80],
        is_certain=is_certain,
        reference=request.POST.get("reference", "")[:200],
        note=request.POST.get("note", "")[:500],
    )
    recovery.note_act(act, organisation_id=request.organisation_id, today=request.today, by=request.actor)
    told(request, gettext("Noted: look at the days it moves"))
    return redirect("desk:customer_recovery", number=number)


@screen("record_proceedings")
@require_POST
def withdraw_act(request: DeskRequest, number: str, act_id: int) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    accounts = customers.with_merged(who.pk, organisation_id=request.organisation_id)
    if act_id not in {act.pk for act in recovery_acts(accounts, request)}:
        raise Http404
    recovery.withdraw_act(
        organisation_id=request.organisation_id,
        act_id=act_id,
        today=request.today,
        by=request.actor,
        why=request.POST.get("why", "")[:300],
    )
    told(request, gettext("Taken back"))
    return redirect("desk:customer_recovery", number=number)


@screen("record_proceedings")
@require_POST
def set_regime(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    years = request.POST.get("years", "").strip()
    recovery.set_regime(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        regime=request.POST.get("regime", ""),
        document_number=request.POST.get("document", "")[:80],
        agreed_years=int(years) if years.isdecimal() and len(years) < 4 else None,
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(request, gettext("Noted: the days follow this limitation"))
    return redirect("desk:customer_recovery", number=number)


@screen("record_proceedings")
@require_POST
def record(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    said = request.POST
    judgment = recovery.Judgment(
        kind=said.get("kind", ""),
        judgment_date=_needed(request, "judgment"),
        court=said.get("court", "")[:200],
        trustee_name=said.get("trustee", "")[:200],
        trustee_address=said.get("address", "")[:500],
        trustee_email=said.get("email", "")[:254],
        published_date=_day(request, "published"),
        bodacc_reference=said.get("bodacc", "")[:100],
        has_retention="retention" in said,
        note=said.get("note", "")[:500],
    )
    recovery.record_proceeding(
        judgment, organisation_id=request.organisation_id, customer_id=who.pk, today=request.today, now=request.now,
        by=request.actor,
    )  # fmt: skip
    told(request, gettext("Everything is stopped: reminders, interest from the judgment, payment plans"))
    return redirect("desk:customer_recovery", number=number)


def _proceeding(request: DeskRequest, proceeding_id: int) -> Proceeding:
    found = proceedings.in_scope(request.scope).filter(pk=proceeding_id).first()
    if found is None:
        raise ProceedingUnknown
    return found


@screen("record_proceedings")
@require_POST
def proceeding_step(request: DeskRequest, proceeding_id: int) -> HttpResponse:
    """Note the publication, the claim filed, or the end."""
    found = _proceeding(request, proceeding_id)
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id,
        "proceeding_id": found.pk,
        "today": request.today,
        "by": request.actor,
    }
    what = request.POST.get("what")
    if what == "published":
        recovery.note_publication(
            published_date=_needed(request, "day"), bodacc_reference=request.POST.get("reference", ""), **given
        )
    elif what == "filed":
        style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
        amount = Money.parse(request.POST.get("amount", ""), "EUR", style=style)
        recovery.file_claim(
            filed_date=_needed(request, "day"),
            amount_minor=amount.minor,
            reference=request.POST.get("reference", ""),
            **given,
        )
    else:
        recovery.end_proceeding(why=request.POST.get("why", "")[:500], **given)
    told(request, gettext("Noted"))
    return redirect("desk:customer_recovery", number=found.customer.number)


@screen("view_books")
def claim_pdf(request: DeskRequest, proceeding_id: int, place: int) -> HttpResponse:
    """The claim statement of one company and currency."""
    found = _proceeding(request, proceeding_id)
    made = proceedings.statements(found, entity_ids=tuple(request.scope.entity_ids))
    if place >= len(made):
        raise Http404
    language = "en" if request.GET.get("language") == "en" else "fr"
    content = papers.pdf(proceedings.paper(made[place], language=language, day=request.today))
    return _pdf(content, f"declaration-{found.customer.number}.pdf")


CLAIM_COLUMNS = (
    Column("document_number", _("Document")),
    Column("item_date", _("Date")),
    Column("due_date", _("Due date")),
    Column("state", _("State")),
    Column("principal", _("Principal"), "money"),
    Column("interest", _("Interest"), "money"),
    Column("fixed", _("Fixed sum"), "money"),
    Column("total", _("Total"), "money"),
    Column("currency", _("Currency")),
)


@screen("export")
def claim_xlsx(request: DeskRequest, proceeding_id: int, place: int) -> HttpResponseBase:
    """The same rows for the trustee's own form, or for whoever checks them; the last row is their sum."""
    found = _proceeding(request, proceeding_id)
    made = proceedings.statements(found, entity_ids=tuple(request.scope.entity_ids))
    if place >= len(made):
        raise Http404
    rows = list(
        proceedings.claim_rows(made[place], due=pgettext("claim", "due"), to_come=pgettext("claim", "to fall due"))
    )
    name = f"declaration-{found.customer.number}".replace('"', "")
    return exports.sheet("xlsx", name=name, columns=CLAIM_COLUMNS, rows=[*rows, _sum_of(rows)])


def _sum_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("principal", "interest", "fixed", "total")
    return {
        "document_number": gettext("Total claimed"),
        "currency": rows[0]["currency"] if rows else "EUR",
        **{name: sum(row[name] for row in rows) for name in names},
    }


@screen("view_books")
def claim(request: DeskRequest, proceeding_id: int) -> HttpResponse:
    """What is filed, before it is printed."""
    found = _proceeding(request, proceeding_id)
    made = proceedings.statements(found, entity_ids=tuple(request.scope.entity_ids))
    context = {"proceeding": found, "customer": found.customer, "statements": list(enumerate(made))}
    return render(request, "desk/recovery/claim.html", context)


@screen("export")
@require_POST
def dossier(request: DeskRequest, number: str) -> HttpResponse:
    """The evidence file as it stands today; making it is noted."""
    who = customers.customer_by_number(number, scope=request.scope)
    if request.scope.entity_ids:
        raise PermissionDenied  # it holds the account with every company
    made = recovery.make_dossier(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        day=request.today,
        language="en" if (get_language() or "").startswith("en") else "fr",
        by=request.actor,
    )
    return file_of(made, f"dossier-{who.number}-{request.today.isoformat()}.zip", ZIP)


urlpatterns = [
    path("customers/<path:number>/recovery/dossier", dossier, name="dossier"),
    path("deadlines", deadlines, name="deadlines"),
    path("notices/<int:notice_id>", notice, name="notice"),
    path("notices/<int:notice_id>/proof", notice_proof, name="notice_proof"),
    path("notices/<int:notice_id>/proof/file", notice_proof_file, name="notice_proof_file"),
    path("proceedings/<int:proceeding_id>/claim", claim, name="proceeding_claim"),
    path("proceedings/<int:proceeding_id>/claim/<int:place>.pdf", claim_pdf, name="proceeding_claim_pdf"),
    path("proceedings/<int:proceeding_id>/claim/<int:place>.xlsx", claim_xlsx, name="proceeding_claim_xlsx"),
    path("proceedings/<int:proceeding_id>/step", proceeding_step, name="proceeding_step"),
    path("customers/<path:number>/recovery/annex.pdf", annex_pdf, name="recovery_annex"),
    path("customers/<path:number>/recovery/notice", notice_new, name="notice_new"),
    path("customers/<path:number>/recovery/acts/<int:act_id>/withdraw", withdraw_act, name="act_withdraw"),
    path("customers/<path:number>/recovery/acts", note_act, name="act_note"),
    path("customers/<path:number>/recovery/regime", set_regime, name="regime_set"),
    path("customers/<path:number>/recovery/proceeding", record, name="proceeding_record"),
    path("customers/<path:number>/recovery", panel, name="customer_recovery"),
]
