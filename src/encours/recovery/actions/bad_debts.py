"""Propose debts as doubtful or lost, decide about them, follow what is paid after all, take a decision back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.access.models import Entity
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.ledger.models import OpenItem
from encours.recovery.actions import bad_debt_postings as postings
from encours.recovery.actions.acts import ReasonMissing, customer_of
from encours.recovery.models import BadDebt, BadDebtDecision, BadDebtKind, BadDebtLine, BadDebtPolicy
from encours.recovery.queries import bad_debts as seen
from encours.recovery.rules import bad_debt as rules

CHASED = ("invoice", "debit_note", "deposit")
PREFIXES = {BadDebtKind.DOUBTFUL: "DTX", BadDebtKind.LOSS: "IRR"}


class NothingToPropose(Refused):
    """The items are not open debts of one company and currency."""

    message = gettext_noop("Choose open invoices of one company and one currency.")


class ProposedAlready(Conflict):
    """An item stands once as doubtful and once as lost."""

    message = gettext_noop("{document_number} is proposed or posted so already.")


class RateUnusable(Refused):
    """A share to set aside below 0 or above 100 percent."""

    message = gettext_noop("Give the share to set aside, between 0 and 100 percent.")


class LossDateUnusable(Refused):
    """A loss that is to come, or has no day."""

    message = gettext_noop("Give the day from which the loss is certain, not to come.")


class TaxNotRecoverable(Refused):
    """A condition of the law is not met, or nobody answered for it."""

    message = gettext_noop("The VAT cannot come back yet: each condition must hold or be answered for.")


class BadDebtUnknown(NotFound):
    """No such proposal in this organisation."""

    message = gettext_noop("There is no such proposal.")


class DecidedAlready(Conflict):
    """A proposal is decided once, and taken back once."""

    message = gettext_noop("{number} was decided already: look at it again.")


class SecondPersonNeeded(Refused):
    """The organisation wants another person to decide than who proposed."""

    message = gettext_noop("{number} was proposed by you: another person decides about it.")


class AboveLimit(Refused):
    """The amount is above what this person may decide."""

    message = gettext_noop("{number} is above the limit set: the finance director decides about it.")


class AccountUnusable(Refused):
    """An account that is no number, or a customer account where none may stand."""

    message = gettext_noop("{account} cannot be used here: doubtful debts stand on a 41… account, the rest on others.")


@dataclass(frozen=True, slots=True)
class NewBadDebt:
    """What is proposed, of which items (None: all of a customer's that are open), and why."""

    customer_id: int
    kind: str
    key: str
    why: str
    item_ids: Sequence[int] | None = None
    rate_permyriad: int = 0
    loss_date: date | None = None
    recovers_tax: bool = False
    answered: Sequence[str] = ()


@transaction.atomic
def propose(new: NewBadDebt, *, organisation_id: int, today: date, by: Actor) -> BadDebt:
    """Put a proposal on the list; nothing is posted. The same key twice gives the first one again.

    Refused: no reason, no open item or several companies, an item proposed so already, a rate that is none, a loss
    without its day, VAT to come back while a condition is refused or unanswered.
    """
    if known := BadDebt.objects.filter(organisation_id=organisation_id, key=new.key).first():
        return known
    if not new.why.strip():
        raise ReasonMissing
    kind = BadDebtKind(new.kind) if new.kind in BadDebtKind.values else None
    customer = customer_of(organisation_id, new.customer_id)
    items = _items(organisation_id, new)
    if kind is None or not items or len({(item.entity_id, item.currency) for item in items}) != 1:
        raise NothingToPropose
    if not 0 <= new.rate_permyriad <= rules.WHOLE:
        raise RateUnusable
    if kind is BadDebtKind.LOSS and (new.loss_date is None or new.loss_date > today):
        raise LossDateUnusable
    lines = _lines(organisation_id, items, kind, new.rate_permyriad)
    checklist = seen.conditions(
        organisation_id, customer_id=customer.pk, loss_date=new.loss_date, today=today,
        tax_minor=sum(line.tax_minor for line in lines), is_tax_known=all(line.is_tax_known for line in lines),
    ) if kind is BadDebtKind.LOSS else []  # fmt: skip
    if new.recovers_tax and (not checklist or rules.unanswered(checklist, new.answered)):
        raise TaxNotRecoverable
    made = BadDebt.objects.create(
        organisation_id=organisation_id,
        entity_id=items[0].entity_id,
        customer=customer,
        kind=kind,
        number=_next_number(organisation_id, kind, today),
        key=new.key,
        proposed_date=today,
        proposed_by_id=by.user_id,
        proposed_by_name=by.name,
        why=new.why.strip(),
        currency=items[0].currency,
        amount_minor=sum(item.open_minor for item in items),
        rate_permyriad=new.rate_permyriad if kind is BadDebtKind.DOUBTFUL else 0,
        loss_date=new.loss_date if kind is BadDebtKind.LOSS else None,
        recovers_tax=new.recovers_tax,
        checklist=[one.as_json() for one in checklist],
        answered=[code for code in new.answered if code in rules.TAX_WORDS],
    )
    for line in lines:
        line.bad_debt = made
    BadDebtLine.objects.bulk_create(lines)
    _audit(made, "propose_bad_debt", by, new.why, amount_minor=made.amount_minor, kind=made.kind)
    return made


def _items(organisation_id: int, new: NewBadDebt) -> list[OpenItem]:
    found = OpenItem.objects.filter(
        organisation_id=organisation_id, customer_id=new.customer_id, open_minor__gt=0, kind__in=CHASED
    )
    if new.item_ids is None:
        standing = BadDebtLine.objects.filter(organisation_id=organisation_id, kind=new.kind, is_standing=True)
        return list(found.exclude(pk__in=standing.values("item_id")).order_by("due_date", "pk"))
    items = list(found.filter(pk__in=new.item_ids).order_by("due_date", "pk"))
    return items if len(items) == len(set(new.item_ids)) else []


def _lines(organisation_id: int, items: Sequence[OpenItem], kind: str, rate: int) -> list[BadDebtLine]:
    standing = BadDebtLine.objects.filter(
        organisation_id=organisation_id, kind=kind, is_standing=True, item_id__in=[item.pk for item in items]
    ).first()
    if standing is not None:
        raise ProposedAlready(document_number=standing.document_number)
    amounts = seen.amounts_of(organisation_id, items)
    return [
        BadDebtLine(
            organisation_id=organisation_id,
            kind=kind,
            item_id=item.pk,
            document_number=item.document_number,
            instalment_number=item.instalment_number,
            instalment_count=item.instalment_count,
            due_date=item.due_date,
            account=item.account,
            open_minor=item.open_minor,
            net_minor=amounts[item.pk].net_minor,
            tax_minor=amounts[item.pk].tax_minor,
            is_tax_known=amounts[item.pk].is_tax_known,
            provision_minor=rules.provision(amounts[item.pk].net_minor, rate) if kind == BadDebtKind.DOUBTFUL else 0,
        )
        for item in items
    ]


def _next_number(organisation_id: int, kind: BadDebtKind, today: date) -> str:
    """Numbers follow each other by kind and year; a company's row is held until they are kept."""
    Entity.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id).order_by("pk").first()
    start = f"{PREFIXES[kind]}-{today.year}-"
    last = BadDebt.objects.filter(organisation_id=organisation_id, number__startswith=start).order_by("-pk").first()
    return f"{start}{int(last.number.removeprefix(start)) + 1 if last else 1:04d}"


@transaction.atomic
def approve(
    *, organisation_id: int, bad_debt_id: int, today: date, by: Actor, may_exceed: bool = False, why: str = ""
) -> BadDebt:
    """Post what was proposed: 416 and the provision, or the loss with its VAT; on the first open day of the books.

    Refused: decided already, proposed by the same person where two are wanted, above the limit unless the person may
    exceed it, when what is open of an item moved since it was proposed.
    """
    found = _undecided(organisation_id, bad_debt_id)
    policy = seen.policy_of(organisation_id)
    if policy.needs_second_person and by.user_id is not None and by.user_id == found.proposed_by_id:
        raise SecondPersonNeeded(number=found.number)
    if policy.limit_minor is not None and found.amount_minor > policy.limit_minor and not may_exceed:
        raise AboveLimit(number=found.number)
    postings.post(found, accounts=policy.accounts(), today=today, by=by)
    _decide(found, BadDebtDecision.APPROVED, today=today, by=by, why=why)
    return found


@transaction.atomic
def refuse(*, organisation_id: int, bad_debt_id: int, today: date, by: Actor, why: str) -> BadDebt:
    """Say no, with the reason; who proposed it thereby withdraws it. Nothing was posted, nothing is."""
    if not why.strip():
        raise ReasonMissing
    found = _undecided(organisation_id, bad_debt_id)
    is_own = by.user_id is not None and by.user_id == found.proposed_by_id
    BadDebtLine.objects.filter(organisation_id=organisation_id, bad_debt=found).update(is_standing=False)
    _decide(found, BadDebtDecision.WITHDRAWN if is_own else BadDebtDecision.REFUSED, today=today, by=by, why=why)
    return found


@transaction.atomic
def take_back(*, organisation_id: int, bad_debt_id: int, today: date, by: Actor, why: str) -> BadDebt:
    """Post the mirror of all that was approved: the debt stands as before. Once, and with a reason.

    Refused: not approved or taken back already, a doubtful debt of which something was written off since.
    """
    if not why.strip():
        raise ReasonMissing
    found = _locked(organisation_id, bad_debt_id)
    if found.decided_as != BadDebtDecision.APPROVED or found.reversed_date is not None:
        raise DecidedAlready(number=found.number)
    postings.take_back(found, accounts=seen.policy_of(organisation_id).accounts(), today=today, by=by, why=why.strip())
    found.reversed_date, found.reversed_by_name, found.reversed_why = today, by.name, why.strip()
    found.save(update_fields=["reversed_date", "reversed_by_name", "reversed_why"])
    _audit(found, "take_back_bad_debt", by, why)
    return found


@transaction.atomic
def follow(*, organisation_id: int, today: date, by: Actor) -> int:
    """Give back from 416 what was paid of doubtful debts since, with its share of the provision; how many items."""
    lines = seen.paid_since(organisation_id)
    accounts = seen.policy_of(organisation_id).accounts()
    done = 0
    for line in lines:
        done += postings.give_back_paid(line, accounts=accounts, today=today, by=by)
    return done


@transaction.atomic
def set_policy(policy: BadDebtPolicy, *, by: Actor) -> BadDebtPolicy:
    """Say who decides and where it is booked; refused for accounts that cannot be used."""
    others = [
        policy.impairment_account, policy.charge_account, policy.release_account, policy.loss_account,
        policy.tax_account,
    ]  # fmt: skip
    for account in (policy.doubtful_account, *others):
        if not (account.isascii() and account.isalnum() and account[:1].isdecimal()):
            raise AccountUnusable(account=account)
    if not policy.doubtful_account.startswith("41"):
        raise AccountUnusable(account=policy.doubtful_account)
    if wrong := next((account for account in others if account.startswith("41")), None):
        raise AccountUnusable(account=wrong)
    columns = [
        field.attname for field in BadDebtPolicy._meta.concrete_fields if field.name not in ("id", "organisation")
    ]
    kept, _ = BadDebtPolicy.objects.update_or_create(
        organisation_id=policy.organisation_id, defaults={name: getattr(policy, name) for name in columns}
    )
    access.record_audit(
        by=by, organisation_id=policy.organisation_id, verb="set_bad_debt_policy", subject_kind="bad_debt_policy",
        subject_id=kept.pk, details={name: getattr(kept, name) for name in columns},
    )  # fmt: skip
    return kept


def _decide(found: BadDebt, decision: BadDebtDecision, *, today: date, by: Actor, why: str) -> None:
    found.decided_as, found.decided_date, found.decided_why = decision, today, why.strip()
    found.decided_by_id, found.decided_by_name = by.user_id, by.name
    found.save(update_fields=["decided_as", "decided_date", "decided_why", "decided_by_id", "decided_by_name"])
    _audit(found, "decide_bad_debt", by, why, decision=decision.value, amount_minor=found.amount_minor)


def _locked(organisation_id: int, bad_debt_id: int) -> BadDebt:
    found = (
        BadDebt.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer")
        .filter(organisation_id=organisation_id, pk=bad_debt_id)
        .first()
    )
    if found is None:
        raise BadDebtUnknown
    return found


def _undecided(organisation_id: int, bad_debt_id: int) -> BadDebt:
    found = _locked(organisation_id, bad_debt_id)
    if found.decided_as:
        raise DecidedAlready(number=found.number)
    return found


def _audit(found: BadDebt, verb: str, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=found.organisation_id, verb=verb, subject_kind="bad_debt", subject_id=found.pk,
        why=why, details={"number": found.number, **details},
    )  # fmt: skip
