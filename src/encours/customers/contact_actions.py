"""Write contacts: who they are, how they may be reached, what they refuse, and for how long they are the ones."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.core.ids import check_email
from encours.customers.actions import CustomerUnknown
from encours.customers.models import Contact, ContactChannel, ContactRole, Customer


class ContactUnknown(NotFound):
    """No such contact of this customer."""

    message = gettext_noop("There is no such contact.")


class ContactUnreachable(Refused):
    """A contact has a name and an address or a telephone."""

    message = gettext_noop("A contact needs a name, and an e-mail address or a telephone number.")


class ContactEmailWrong(Refused):
    """What was given is no e-mail address."""

    message = gettext_noop("“{email}” is not an e-mail address.")


class ContactTwice(Conflict):
    """The customer has this contact already."""

    message = gettext_noop("This customer has a contact of that name and address already.")


class ContactDaysWrong(Refused):
    """A contact is valid from a day until a later one."""

    message = gettext_noop("The last day cannot come before the first.")


class ContactChoiceUnknown(Refused):
    """A role or channel that Encours does not know."""

    message = gettext_noop("“{value}” is not one of the choices.")


@dataclass(frozen=True, slots=True)
class ContactForm:
    """What a person fills in about a contact; `refuses` are the channels the contact wants nothing by."""

    name: str
    role: str = "accounts"
    email: str = ""
    phone: str = ""
    language: str = ""
    channel: str = ""
    refuses: tuple[str, ...] = ()
    is_primary: bool = False
    valid_from: date | None = None
    valid_until: date | None = None


@transaction.atomic
def save_contact(
    *,
    organisation_id: int,
    customer_id: int,
    form: ContactForm,
    by: Actor,
    now: datetime,
    contact_id: int | None = None,
) -> Contact:
    """Add a contact or change one; a new address is no longer known to bounce, and one contact is the main one.

    Refuses one nobody could reach, an address that is none, days in the wrong order, and the same contact twice.
    """
    _check(form)
    customer = (
        Customer.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, pk=customer_id).first()
    )
    if customer is None:
        raise CustomerUnknown
    contact = _contact(organisation_id, customer_id, contact_id)
    name, email = form.name.strip(), form.email.strip()
    twins = Contact.objects.filter(organisation_id=organisation_id, customer=customer, email=email, name=name)
    if any(twin != contact.pk for twin in twins.values_list("pk", flat=True)):
        raise ContactTwice(field="name")
    if contact.email.lower() != email.lower():
        contact.bounced_at = None
    for field in ("role", "phone", "language", "channel", "is_primary", "valid_from", "valid_until"):
        setattr(contact, field, getattr(form, field))
    contact.name, contact.email = name, email
    contact.opted_out_channels = sorted(set(form.refuses) - {"email"})
    contact.opted_out_at = (contact.opted_out_at or now) if "email" in form.refuses else None
    contact.save()
    if form.is_primary:
        others = Contact.objects.filter(organisation_id=organisation_id, customer=customer, is_primary=True)
        others.exclude(pk=contact.pk).update(is_primary=False)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="add_contact" if contact_id is None else "change_contact",
        subject_kind="customer",
        subject_id=customer_id,
        details={"contact": contact.pk, **{one.name: getattr(form, one.name) for one in fields(form)}},
    )
    return contact


def _check(form: ContactForm) -> None:
    if not form.name.strip() or not (form.email.strip() or form.phone.strip()):
        raise ContactUnreachable(field="name" if not form.name.strip() else "email")
    if form.email.strip() and not check_email(form.email.strip()).is_right:
        raise ContactEmailWrong(email=form.email, field="email")
    if form.valid_from and form.valid_until and form.valid_until < form.valid_from:
        raise ContactDaysWrong(field="valid_until")
    for value, known in ((form.role, ContactRole.values), (form.channel, ["", *ContactChannel.values])):
        if value not in known:
            raise ContactChoiceUnknown(value=value)
    for value in form.refuses:
        if value not in ContactChannel.values:
            raise ContactChoiceUnknown(value=value)


def _contact(organisation_id: int, customer_id: int, contact_id: int | None) -> Contact:
    if contact_id is None:
        return Contact(organisation_id=organisation_id, customer_id=customer_id)
    found = Contact.objects.filter(organisation_id=organisation_id, customer_id=customer_id, pk=contact_id).first()
    if found is None:
        raise ContactUnknown
    return found


@transaction.atomic
def remove_contact(*, organisation_id: int, customer_id: int, contact_id: int, why: str, by: Actor) -> None:
    """Take a contact off the customer; what was written to them stays with their name."""
    contact = _contact(organisation_id, customer_id, contact_id)
    details = {"contact": contact.pk, "name": contact.name, "email": contact.email}
    contact.delete()
    record_audit(
        by=by, organisation_id=organisation_id, verb="remove_contact", subject_kind="customer", subject_id=customer_id,
        why=why, details=details,
    )  # fmt: skip


@transaction.atomic
def erase_contact(*, organisation_id: int, customer_id: int, contact_id: int, by: Actor) -> None:
    """Erase a person at a customer's: the contact goes, and the customer's own address where it was theirs.

    The audit trail says that it was done, and names nobody.
    """
    contact = _contact(organisation_id, customer_id, contact_id)
    if contact.email:
        own = Customer.objects.filter(organisation_id=organisation_id, pk=customer_id, email__iexact=contact.email)
        own.update(email="")
    contact.delete()
    record_audit(
        by=by, organisation_id=organisation_id, verb="erase_contact", subject_kind="customer", subject_id=customer_id,
        details={"contact": contact_id},
    )  # fmt: skip
