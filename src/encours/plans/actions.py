"""The only writers of payment plans: drawn up, approved, agreed, kept, broken, cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Entity
from encours.core import events
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.ledger import actions as ledger
from encours.ledger.models import ItemKind, OpenItem
from encours.plans.events import PlanAgreed, PlanEnded
from encours.plans.models import Plan, PlanInstalment, PlanItem, State
from encours.plans.queries.followed import PlanSeen, covered_items, seen_of, standing
from encours.plans.rules.schedule import Clause, Frequency, Schedule, Terms, build
from encours.plans.rules.standing import is_paid

SOURCE = "plans"  # of the ledger transactions that post a plan's fee and interest
INTEREST_ACCOUNT = "763"
FEE_ACCOUNT = "758"
CHASED = ("invoice", "debit_note", "deposit")


class PlanUnknown(NotFound):
    """No such plan in this organisation."""

    message = gettext_noop("There is no such payment plan.")


class NothingToSpread(Refused):
    """The items chosen are not open debts of one company and currency."""

    message = gettext_noop("Choose open items of one company and one currency.")


class CoveredAlready(Refused):
    """An item is covered by another plan that stands."""

    message = gettext_noop("{document_number} is covered by {number} already.")


class BooksMoved(Conflict):
    """What is open changed since the plan was drawn up."""

    message = gettext_noop("The account changed since this plan was drawn up: draw it up again.")


class NotForConsumers(Refused):
    """Interest and fees of the commercial code are not for private persons."""

    message = gettext_noop("{name} is a private person: a plan carries neither interest nor a fee.")


class WrongState(Conflict):
    """The plan is not where this deed belongs."""

    message = gettext_noop("This payment plan is not in a state for that.")


class SignatureMissing(Refused):
    """An agreement names who signed it."""

    message = gettext_noop("Say who signed for the customer.")


class ReasonMissing(Refused):
    """An end gives its reason."""

    message = gettext_noop("Say why: the reason is kept.")


class DayToCome(Refused):
    """An agreement is dated today at the latest, and after the plan was drawn up."""

    message = gettext_noop("{day} cannot be the day of the agreement.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person draws up: the items, the terms of the schedule and of a breach."""

    customer_id: int
    item_ids: Sequence[int]
    terms: Terms
    grace_days: int = 8
    accelerates: bool = True
    breaks_alone: bool = False
    revives_penalties: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Moment:
    today: date
    now: datetime


def spreadable(customer_id: int, item_ids: Sequence[int], *, organisation_id: int) -> list[OpenItem]:
    """The items of a plan, refused unless they are open debts of one company and currency."""
    items = list(
        OpenItem.objects.filter(
            organisation_id=organisation_id, customer_id=customer_id, pk__in=item_ids, open_minor__gt=0, kind__in=CHASED
        )
        .exclude(account__startswith="418")
        .exclude(account__startswith="419")
        .order_by("due_date", "pk")
    )
    if not items or len(items) != len(set(item_ids)) or len({(one.entity_id, one.currency) for one in items}) > 1:
        raise NothingToSpread
    return items


@transaction.atomic
def draft(wanted: Wanted, *, organisation_id: int, today: date, key: str, by: Actor) -> Plan:
    """Draw up a plan over open items; nothing changes for the customer before it is agreed.

    Refused: items that are not open debts of one company and currency, items another plan covers, interest or a fee
    for a private person, terms of which no schedule can be made. The same key twice gives the first plan again.
    """
    if known := Plan.objects.filter(organisation_id=organisation_id, key=key).first():
        return known
    customer = (
        Customer.objects.select_for_update(no_key=True)
        .filter(organisation_id=organisation_id, pk=wanted.customer_id)
        .first()
    )
    if customer is None:
        raise NothingToSpread
    items = spreadable(customer.pk, wanted.item_ids, organisation_id=organisation_id)
    _refuse_covered(organisation_id, items, today)
    terms = wanted.terms
    if sum(item.open_minor for item in items) != terms.principal_minor:
        raise BooksMoved
    if customer.is_natural_person and (terms.clause is not Clause.NONE or terms.fee_minor):
        raise NotForConsumers(name=customer.name)
    schedule = build(terms)
    plan = _kept_plan(
        wanted, schedule, customer, items[0], organisation_id=organisation_id, today=today, key=key, by=by
    )
    PlanInstalment.objects.bulk_create(
        PlanInstalment(
            organisation_id=organisation_id, plan=plan, number=row.number, due_date=row.due_date,
            amount_minor=row.amount_minor, principal_minor=row.principal_minor, interest_minor=row.interest_minor,
            fee_minor=row.fee_minor,
        )
        for row in schedule.rows
    )  # fmt: skip
    PlanItem.objects.bulk_create(_covered(plan, item) for item in items)
    _audit("draft_plan", plan, by, wanted.note, amount=[plan.total_minor, plan.currency])
    return plan


def _refuse_covered(organisation_id: int, items: Sequence[OpenItem], today: date) -> None:
    covered = covered_items(organisation_id, today=today)
    for item in items:
        if item.pk in covered:
            raise CoveredAlready(document_number=item.document_number, number=covered[item.pk])


def _kept_plan(
    wanted: Wanted,
    schedule: Schedule,
    customer: Customer,
    item: OpenItem,
    *,
    organisation_id: int,
    today: date,
    key: str,
    by: Actor,
) -> Plan:
    terms = wanted.terms
    return Plan.objects.create(
        organisation_id=organisation_id,
        entity_id=item.entity_id,
        customer=customer,
        number=_next_number(organisation_id, item.entity_id, today),
        key=key,
        currency=item.currency,
        principal_minor=schedule.principal_minor,
        down_payment_minor=terms.down_payment_minor,
        fee_minor=schedule.fee_minor,
        interest_minor=schedule.interest_minor,
        frequency=Frequency(terms.frequency).value,
        clause=Clause(terms.clause).value,
        percent=terms.percent if terms.clause is Clause.AGREED else 0,
        start_date=terms.start_date,
        grace_days=wanted.grace_days,
        accelerates=wanted.accelerates,
        breaks_alone=wanted.breaks_alone,
        revives_penalties=wanted.revives_penalties,
        note=wanted.note.strip(),
        drafted_date=today,
        author_name=by.name,
    )


def _next_number(organisation_id: int, entity_id: int, today: date) -> str:
    """Numbers follow each other by year; the company's row is held until they are kept."""
    Entity.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id).order_by("pk").first()
    start = f"PLAN-{today.year}-"
    del entity_id
    last = Plan.objects.filter(organisation_id=organisation_id, number__startswith=start).order_by("-pk").first()
    return f"{start}{int(last.number.removeprefix(start)) + 1 if last else 1:04d}"


def _covered(plan: Plan, item: OpenItem, *, is_own: bool = False) -> PlanItem:
    return PlanItem(
        organisation_id=plan.organisation_id, plan=plan, entity_id=item.entity_id,
        document_number=item.document_number, instalment_number=item.instalment_number,
        instalment_count=item.instalment_count, item_id=item.pk, due_date=item.due_date,
        amount_minor=item.open_minor, is_own=is_own,
    )  # fmt: skip


@transaction.atomic
def approve(*, organisation_id: int, plan_id: int, today: date, by: Actor) -> Plan:
    """Say that a plan may be offered; it binds nobody before the customer signs. Refused unless it is a draft."""
    plan = _locked(organisation_id, plan_id)
    if plan.approved_date or plan.ended_as:
        raise WrongState
    plan.approved_date, plan.approved_by_name = today, by.name
    plan.save(update_fields=["approved_date", "approved_by_name"])
    _audit("approve_plan", plan, by, "")
    return plan


@transaction.atomic
def agree(*, organisation_id: int, plan_id: int, signed_by: str, agreed_date: date, today: date, by: Actor) -> Plan:
    """Note that both sides signed: from then on the instalments are chased and the items are not.

    Posts the plan's fee and interest as a debit note of the plan's number, and tells who suspends penalties. Refused:
    before it is approved, without a name, on a day to come, when what is open moved, when another plan covers an item.
    """
    plan = _locked(organisation_id, plan_id)
    if plan.approved_date is None or plan.agreed_date or plan.ended_as:
        raise WrongState
    if not signed_by.strip():
        raise SignatureMissing
    if not plan.drafted_date <= agreed_date <= today:
        raise DayToCome(day=agreed_date)
    items = {item.item_id: item for item in PlanItem.objects.filter(organisation_id=organisation_id, plan=plan)}
    found = list(OpenItem.objects.filter(organisation_id=organisation_id, pk__in=items).order_by("pk"))
    if {item.pk: item.open_minor for item in found} != {pk: item.amount_minor for pk, item in items.items()}:
        raise BooksMoved
    _refuse_covered(organisation_id, found, today)
    plan.agreed_date, plan.signed_by_name = agreed_date, signed_by.strip()
    plan.save(update_fields=["agreed_date", "signed_by_name"])
    _post_own(plan, agreed_date, by)
    numbers = tuple(sorted({item.document_number for item in items.values()}))
    _audit("agree_plan", plan, by, "", signed_by=plan.signed_by_name, documents=list(numbers))
    events.publish(PlanAgreed(organisation_id, plan.customer_id, plan.number, numbers, agreed_date, _waives(plan), by))
    return plan


def _waives(plan: Plan) -> bool:
    return plan.clause != Clause.STATUTORY


def _post_own(plan: Plan, day: date, by: Actor) -> None:
    """The fee and the agreed interest on the customer's account, so that money finds them; covered as the rest is."""
    parts = [(FEE_ACCOUNT, plan.fee_minor), (INTEREST_ACCOUNT, plan.interest_minor)]
    owed = [(account, minor) for account, minor in parts if minor]
    if not owed:
        return
    last = max(row.due_date for row in PlanInstalment.objects.filter(organisation_id=plan.organisation_id, plan=plan))
    posting = ledger.Posting(
        organisation_id=plan.organisation_id,
        entity_id=plan.entity_id,
        transaction_date=day,
        source=SOURCE,
        key=f"{SOURCE}:{plan.pk}",
    )
    items = [
        ledger.NewItem(
            customer_id=plan.customer_id, kind=ItemKind.DEBIT_NOTE, document_number=plan.number, item_date=day,
            due_date=last, currency=plan.currency, amount_minor=minor, instalment_number=index,
            instalment_count=len(owed), counterpart=account,
        )
        for index, (account, minor) in enumerate(owed, start=1)
    ]  # fmt: skip
    posted = ledger.post(posting, items=items, by=by, why=plan.number)
    PlanItem.objects.bulk_create(_covered(plan, item, is_own=True) for item in posted)


@transaction.atomic
def break_plan(*, organisation_id: int, plan_id: int, today: date, now: datetime, by: Actor, why: str) -> Plan:
    """End a plan in breach: its items are due and chased again; agreed interest gives way to the law's where agreed so.

    Refused without a reason, or when the plan stands without an instalment late beyond its days of grace.
    """
    plan = _locked(organisation_id, plan_id)
    if not why.strip():
        raise ReasonMissing
    (seen,) = seen_of([plan], today=today)
    if seen.breach_date is None:
        raise WrongState
    return _end(plan, State.BROKEN, _Moment(today, now), by=by, why=why)


@transaction.atomic
def cancel(*, organisation_id: int, plan_id: int, today: date, now: datetime, by: Actor, why: str) -> Plan:
    """Give a plan up, before or after it was agreed; its items are chased again. Refused without a reason."""
    plan = _locked(organisation_id, plan_id)
    if not why.strip():
        raise ReasonMissing
    if plan.ended_as:
        raise WrongState
    return _end(plan, State.CANCELLED, _Moment(today, now), by=by, why=why)


def review(*, organisation_id: int, today: date, now: datetime, by: Actor) -> list[Plan]:
    """End the plans that cash ended: paid in full, they are kept; in breach, broken where they end by themselves."""
    ended = []
    for seen in standing(organisation_id, today=today):
        if is_paid(seen.rows):
            ended.append(_ended_by_cash(seen, State.KEPT, _Moment(today, now), by=by))
        elif seen.breach_date is not None and seen.plan.breaks_alone:
            ended.append(_ended_by_cash(seen, State.BROKEN, _Moment(today, now), by=by))
    return ended


@transaction.atomic
def _ended_by_cash(seen: PlanSeen, state: State, moment: _Moment, *, by: Actor) -> Plan:
    plan = _locked(seen.plan.organisation_id, seen.plan.pk)
    return plan if plan.ended_as else _end(plan, state, moment, by=by, why="")


def _end(plan: Plan, state: State, moment: _Moment, *, by: Actor, why: str) -> Plan:
    plan.ended_date, plan.ended_as, plan.ended_why, plan.ended_by_name = moment.today, state.value, why.strip(), by.name
    plan.save(update_fields=["ended_date", "ended_as", "ended_why", "ended_by_name"])
    revives = state is State.BROKEN and plan.revives_penalties
    if plan.agreed_date and (revives or state is State.CANCELLED):
        _take_back_interest(plan, by)
    _audit(f"plan_{state.value}", plan, by, why)
    if plan.agreed_date:
        numbers = PlanItem.objects.filter(organisation_id=plan.organisation_id, plan=plan, is_own=False)
        documents = tuple(sorted(set(numbers.values_list("document_number", flat=True))))
        events.publish(
            PlanEnded(
                plan.organisation_id, plan.customer_id, plan.number, documents, plan.agreed_date, moment.today,
                moment.now, state.value,
                _waives(plan), revives, by,
            )
        )  # fmt: skip
    return plan


def _take_back_interest(plan: Plan, by: Actor) -> None:
    """The plan's interest that nobody paid is not owed beside the law's, which runs again."""
    for item in OpenItem.objects.filter(
        organisation_id=plan.organisation_id, transaction__key=f"{SOURCE}:{plan.pk}", counterpart=INTEREST_ACCOUNT
    ):
        if item.open_minor == item.amount_minor:
            ledger.reverse_item(organisation_id=plan.organisation_id, item_id=item.pk, by=by, why=plan.number)


def _locked(organisation_id: int, plan_id: int) -> Plan:
    plan = Plan.objects.select_for_update().filter(organisation_id=organisation_id, pk=plan_id).first()
    if plan is None:
        raise PlanUnknown
    return plan


def _audit(verb: str, plan: Plan, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=plan.organisation_id, verb=verb, subject_kind="customer", subject_id=plan.customer_id,
        why=why, details={"plan": plan.number, **details},
    )  # fmt: skip
