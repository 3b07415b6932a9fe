"""Note what was declared to the credit insurer: its last days are over, and the tasks that asked for it are closed."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers import queries as customers
from encours.recovery.actions.acts import ReasonMissing, customer_of
from encours.recovery.models import InsurerDeclaration, InsurerWord
from encours.recovery.queries import guardian
from encours.team import actions as team
from encours.team.queries import tasks


class NothingToDeclare(Refused):
    """Nothing of the customer is late, insured and not declared yet."""

    message = gettext_noop("Nothing of this customer is late, insured and not declared yet on {day}.")


class DeclarationUnusable(Refused):
    """A word to the insurer that is none, or of a day to come."""

    message = gettext_noop("Choose what the insurer was told, and a day that is not to come.")


class DeclarationUnknown(NotFound):
    """No such declaration, or it was taken back."""

    message = gettext_noop("There is no such declaration.")


@transaction.atomic
def declare_to_insurer(
    *,
    organisation_id: int,
    customer_id: int,
    kind: str,
    declared_date: date,
    today: date,
    by: Actor,
    reference: str = "",
) -> InsurerDeclaration:
    """Note that the insurer was told of all that was late that day and insured, or asked to pay for it.

    What falls late later has its own days. Refused: a day to come, or nothing to declare.
    """
    if kind not in InsurerWord.values or declared_date > today:
        raise DeclarationUnusable(kind=kind)
    customer = customer_of(organisation_id, customer_id)
    accounts = customers.with_merged(customer.pk, organisation_id=organisation_id)
    asked = guardian.Asked(organisation_id, today, account_ids=accounts)
    items = [one for one in guardian.insured_items(asked) if kind not in one.declared and one.due_date < declared_date]
    if not items:
        raise NothingToDeclare(day=declared_date)
    made = InsurerDeclaration.objects.create(
        organisation_id=organisation_id,
        customer=customer,
        kind=kind,
        declared_date=declared_date,
        reference=reference.strip()[:200],
        lines=_lines(items),
        author_name=by.name[:200],
    )
    for account in accounts:
        for key in tasks.open_keys(f"deadline:{kind}:{account}:", organisation_id=organisation_id):
            team.complete_by_key(organisation_id=organisation_id, key=key, today=today, by=by)
    _audit(made, "declare_to_insurer", by, kind=kind, day=declared_date.isoformat(),
           documents=[one.document_number for one in items])  # fmt: skip
    return made


def _lines(items: Sequence[guardian.Insured]) -> list[dict[str, object]]:
    """The items as they stood, for the declaration to keep."""
    return [
        {
            "item_id": one.item_id,
            "document_number": one.document_number,
            "due_date": one.due_date.isoformat(),
            "currency": one.currency,
            "open_minor": one.open_minor,
        }
        for one in items
    ]


@transaction.atomic
def withdraw_declaration(
    *, organisation_id: int, declaration_id: int, today: date, by: Actor, why: str
) -> InsurerDeclaration:
    """Take back a declaration noted by mistake: its items have their days again. Refused without a reason."""
    found = (
        InsurerDeclaration.objects.select_for_update()
        .filter(organisation_id=organisation_id, pk=declaration_id, withdrawn_date=None)
        .first()
    )
    if found is None:
        raise DeclarationUnknown
    if not why.strip():
        raise ReasonMissing
    found.withdrawn_date, found.withdrawn_why = today, why.strip()
    found.save(update_fields=["withdrawn_date", "withdrawn_why"])
    _audit(found, "withdraw_insurer_declaration", by, why, kind=found.kind)
    return found


def _audit(made: InsurerDeclaration, verb: str, by: Actor, why: str = "", **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=made.organisation_id, verb=verb, subject_kind="customer",
        subject_id=made.customer_id, why=why, details=details,
    )  # fmt: skip
