"""Read what runs decided, and say it in the words and figures that programs and people read."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import batched
from typing import Any

from django.db.models import Prefetch

from encours.access.models import Entity
from encours.collections.models import DunningRun, Reminder, ReminderItem
from encours.collections.rules import wording
from encours.collections.rules.facts import Decision
from encours.core.money import Money
from encours.customers.models import Customer

type Json = dict[str, Any]
SLICE_SIZE = 2_000


def latest_run(organisation_id: int) -> DunningRun | None:
    """The last run over the whole book."""
    return DunningRun.objects.filter(organisation_id=organisation_id, is_whole=True).order_by("-pk").first()


def decisions_of(run: DunningRun) -> Iterator[Json]:
    """What a run decided, as documents, in the order it decided."""
    items = Prefetch("items", queryset=ReminderItem.objects.order_by("due_date", "pk"))
    rows = Reminder.objects.filter(organisation_id=run.organisation_id, run=run)
    rows = rows.select_related("customer", "entity", "scenario").prefetch_related(items).order_by("pk")
    for row in rows.iterator(chunk_size=SLICE_SIZE):
        yield {
            "customer_number": row.customer.number,
            "customer_name": row.customer.name,
            "entity": row.entity.code if row.entity else None,
            "scenario": row.scenario.name if row.scenario else None,
            "step": row.step_key or None,
            "step_name": row.step_name or None,
            "channel": row.channel or None,
            "outcome": row.outcome,
            **_amounts(row.totals),
            "items": [
                _item(
                    i.document_number, i.instalment_number, i.due_date, (i.currency, i.claimed_minor, i.disputed_minor)
                )
                for i in row.items.all()
            ],
            "disputed": [{"invoice_number": n, "amount": _money(minor, c)} for n, minor, c in row.disputed],
            "checks": [_check(check) for check in row.checks],
            "recipients": [_where(*address) for address in row.recipients.get("to", [])],
            "send_after": row.send_after.isoformat() if row.send_after else None,
            "frees_on": row.frees_date.isoformat() if row.frees_date else None,
            "held_since": row.stopped_since.isoformat() if row.stopped_since else None,
        }


def documents(organisation_id: int, decisions: Iterable[Decision], *, send_after: str | None) -> Iterator[Json]:
    """Decisions of a dry run in the same form."""
    entities = dict(Entity.objects.filter(organisation_id=organisation_id).values_list("pk", "code"))
    for batch in batched(decisions, SLICE_SIZE):
        customers = Customer.objects.in_bulk({decision.customer_id for decision in batch})
        for decision in batch:
            yield _document(decision, customers[decision.customer_id], entities, send_after)


def _document(decision: Decision, customer: Customer, entities: Mapping[int, str], send_after: str | None) -> Json:
    step = decision.step
    return {
        "customer_number": customer.number,
        "customer_name": customer.name,
        "entity": entities.get(decision.entity_id or 0),
        "scenario": decision.plan.name if decision.plan else None,
        "step": step.key if step else None,
        "step_name": step.name if step else None,
        "channel": step.channel.value if step else None,
        "outcome": decision.outcome.value,
        **_amounts(decision.totals),
        "items": [
            _item(
                claim.item.document_number, claim.item.instalment_number, claim.item.due_date,
                (claim.item.currency, claim.claimed_minor, claim.disputed_minor),
            )
            for claim in decision.claims
        ],
        "disputed": [
            {"invoice_number": c.item.document_number, "amount": _money(c.disputed_minor, c.item.currency)}
            for c in decision.disputed
        ],
        "checks": [_check(check.as_json()) for check in decision.checks],
        "recipients": [address.email or address.phone or address.name for address in decision.to],
        "send_after": send_after if decision.outcome.value == "due" else None,
        "frees_on": decision.frees_on.isoformat() if decision.frees_on else None,
        "held_since": None,
    }  # fmt: skip


def _where(name: str, role: str, email: str, language: str, phone: str = "") -> str:
    """Where it went, in one word: the mailbox, the phone, else for whose attention the letter is."""
    return email or phone or name


def _item(number: str, instalment: int, due: date, amounts: tuple[str, int, int]) -> Json:
    currency, claimed_minor, disputed_minor = amounts
    return {
        "invoice_number": number,
        "instalment": instalment,
        "due_date": due.isoformat(),
        "amount": _money(claimed_minor, currency),
        "disputed": _money(disputed_minor, currency),
    }


def _amounts(totals: Mapping[str, int]) -> Json:
    amounts = [_money(minor, currency) for currency, minor in sorted(totals.items())]
    return {"amount": amounts[0] if len(amounts) == 1 else None, "totals": amounts}


def _check(check: Mapping[str, Any]) -> Json:
    stops = check["outcome"] in ("held", "blocked", "postponed")
    return {
        "code": check["code"],
        "outcome": check["outcome"],
        "reason": wording.sentence(check),
        "frees": wording.frees(check["code"]) if stops else None,
        "frees_on": check.get("frees_on"),
        "data": check.get("data", {}),
    }


def _money(minor: int, currency: str) -> Json:
    return dict(Money(minor, currency).as_json())
