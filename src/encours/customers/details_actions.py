"""Write what customers tell of themselves in a mail: somebody to reach, no more mail, another bank account."""

from datetime import datetime, time
from zoneinfo import available_timezones

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.core.ids import check_iban, masked_iban
from encours.customers.actions import lock_one
from encours.customers.models import Contact, ContactRole


class ContactUnreachable(Refused):
    """A contact has an address or a telephone."""

    message = gettext_noop("A contact needs an e-mail address or a telephone number.")


class AddressUnusable(Refused):
    """The address is not one that could exist."""

    message = gettext_noop("“{email}” is not an e-mail address.")


class IbanUnusable(Refused):
    """The IBAN's check digits are wrong."""

    message = gettext_noop("This IBAN is mistyped: its check digits are wrong.")


class TimezoneUnknown(Refused):
    """The clock is none the world keeps."""

    message = gettext_noop("“{timezone}” is not a time zone.")


@transaction.atomic
def set_hours(*, organisation_id: int, customer_id: int, timezone: str, write_from: time | None, by: Actor) -> bool:
    """Say by whose clock and from which hour messages reach a customer; empty leaves the sender's. Whether it changed.

    Refuses a time zone that does not exist.
    """
    if timezone and timezone not in available_timezones():
        raise TimezoneUnknown(field="timezone", timezone=timezone)
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    before = (customer.timezone, customer.write_from)
    if before == (timezone, write_from):
        return False
    customer.timezone, customer.write_from = timezone, write_from
    customer.save(update_fields=["timezone", "write_from"])
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="set_hours",
        subject_kind="customer",
        subject_id=customer.pk,
        details={"timezone": timezone, "write_from": write_from.isoformat() if write_from else ""},
    )
    return True


@transaction.atomic
def keep_contact(
    *,
    organisation_id: int,
    customer_id: int,
    name: str,
    email: str,
    phone: str,
    by: Actor,
    role: str = ContactRole.ACCOUNTS.value,
    why: str = "",
) -> Contact:
    """Add somebody to reach at a customer's, or their telephone to who has the address already; nobody is replaced."""
    email, phone = email.strip(), phone.strip()
    if not email and not phone:
        raise ContactUnreachable(field="email")
    if email and (email.count("@") != 1 or " " in email or "." not in email.rpartition("@")[2]):
        raise AddressUnusable(field="email", email=email)
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    mine = Contact.objects.filter(organisation_id=organisation_id, customer=customer)
    found = mine.filter(email__iexact=email).first() if email else None
    if found is None:
        found = Contact(
            organisation_id=organisation_id, customer=customer, email=email[:254], role=ContactRole(role).value
        )
    found.name = name.strip()[:200] or found.name
    found.phone = phone[:40] or found.phone
    found.save()
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="keep_contact",
        subject_kind="customer",
        subject_id=customer.pk,
        why=why[:500],
        details={"contact": found.pk, "email": found.email, "phone": found.phone, "name": found.name},
    )
    return found


@transaction.atomic
def opt_out(*, organisation_id: int, email: str, now: datetime, by: Actor, why: str = "") -> int:
    """Note on every contact with this address that they want no more e-mail; how many were marked."""
    contacts = Contact.objects.filter(organisation_id=organisation_id, email__iexact=email, opted_out_at=None)
    customer_ids = list(contacts.values_list("customer_id", flat=True))
    marked = contacts.update(opted_out_at=now)
    for customer_id in dict.fromkeys(customer_ids):
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="contact_opted_out",
            subject_kind="customer",
            subject_id=customer_id,
            why=why[:500],
            details={"email": email},
        )
    return marked


@transaction.atomic
def set_iban(*, organisation_id: int, customer_id: int, iban: str, by: Actor, why: str = "") -> None:
    """Change the account a customer pays from or is refunded to; who may say so is decided by the caller's rules.

    Refuses an IBAN whose check digits are wrong.
    """
    checked = check_iban(iban)
    if not checked.is_right:
        raise IbanUnusable(field="iban")
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    before, customer.iban = customer.iban, checked.required()
    customer.save(update_fields=["iban"])
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="customer_iban_changed",
        subject_kind="customer",
        subject_id=customer.pk,
        why=why[:500],
        details={"before": masked_iban(before) if before else "", "after": masked_iban(customer.iban)},
    )
