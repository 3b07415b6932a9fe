"""Note what moves a deadline, and which limitation a debt follows."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.recovery.models import ActKind, LegalAct, LimitationKind, LimitationRegime


class CustomerNotHere(NotFound):
    """The customer is not of this organisation."""

    message = gettext_noop("There is no such customer.")


class ActUnknown(NotFound):
    """No such act, or it was taken back."""

    message = gettext_noop("There is no such act.")


class ActUnusable(Refused):
    """An act of a kind that is none, or of a day to come."""

    message = gettext_noop("Choose what happened, and a day that is not to come.")


class RegimeUnusable(Refused):
    """A regime that is none, or years a contract cannot set."""

    message = gettext_noop("A contract may set a limitation of 1 to 10 years, between professionals only.")


class ReasonMissing(Refused):
    """What is said of the law, or taken back, gives its reason."""

    message = gettext_noop("Say why: the reason is kept.")


@dataclass(frozen=True, slots=True)
class NewAct:
    """Something that happened about a customer's debts, or one document's."""

    customer_id: int
    kind: str
    act_date: date
    document_number: str = ""
    is_certain: bool = False
    reference: str = ""
    note: str = ""


def customer_of(organisation_id: int, customer_id: int) -> Customer:
    """The customer, or a refusal."""
    found = Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).first()
    if found is None:
        raise CustomerNotHere
    return found


@transaction.atomic
def note_act(act: NewAct, *, organisation_id: int, today: date, by: Actor) -> LegalAct:
    """Note what happened; qualified as certain by a person it moves the safe day, else only the possible one.

    Refused: a kind that is none, a day to come, something called certain without saying why.
    """
    if act.kind not in ActKind.values or act.act_date > today:
        raise ActUnusable(kind=act.kind)
    if act.is_certain and not (act.note.strip() or act.reference.strip()):
        raise ReasonMissing
    customer = customer_of(organisation_id, act.customer_id)
    made = LegalAct.objects.create(
        organisation_id=organisation_id,
        customer=customer,
        document_number=act.document_number.strip(),
        kind=act.kind,
        act_date=act.act_date,
        is_certain=act.is_certain,
        reference=act.reference.strip(),
        note=act.note.strip(),
        author_name=by.name,
    )
    _audit(made.organisation_id, customer.pk, "note_legal_act", by, act.note, act=made.pk, kind=act.kind,
           day=act.act_date.isoformat(), is_certain=act.is_certain)  # fmt: skip
    return made


@transaction.atomic
def withdraw_act(*, organisation_id: int, act_id: int, today: date, by: Actor, why: str) -> LegalAct:
    """Take back what was noted by mistake; refused without a reason."""
    if not why.strip():
        raise ReasonMissing
    found = (
        LegalAct.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk=act_id, withdrawn_date__isnull=True)
        .first()
    )
    if found is None:
        raise ActUnknown
    found.withdrawn_date, found.withdrawn_why = today, why.strip()
    found.save(update_fields=["withdrawn_date", "withdrawn_why"])
    _audit(organisation_id, found.customer_id, "withdraw_legal_act", by, why, act=found.pk)
    return found


@transaction.atomic
def set_regime(
    *,
    organisation_id: int,
    customer_id: int,
    regime: str,
    by: Actor,
    why: str,
    document_number: str = "",
    agreed_years: int | None = None,
) -> LimitationRegime:
    """Say which limitation a customer's debts follow, or one document's; refused without a reason."""
    if not why.strip():
        raise ReasonMissing
    customer = customer_of(organisation_id, customer_id)
    may_agree = regime in (LimitationKind.COMMERCIAL, LimitationKind.GENERAL) and not customer.is_natural_person
    if regime not in LimitationKind.values or (
        agreed_years is not None and not (may_agree and 1 <= agreed_years <= 10)
    ):
        raise RegimeUnusable(regime=regime)
    made = LimitationRegime.objects.create(
        organisation_id=organisation_id,
        customer=customer,
        document_number=document_number.strip(),
        regime=regime,
        agreed_years=agreed_years,
        why=why.strip(),
        author_name=by.name,
    )
    _audit(organisation_id, customer.pk, "set_limitation", by, why, regime=regime, document=document_number,
           years=agreed_years)  # fmt: skip
    return made


def _audit(organisation_id: int, customer_id: int, verb: str, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=organisation_id, verb=verb, subject_kind="customer", subject_id=customer_id, why=why,
        details=details,
    )  # fmt: skip
