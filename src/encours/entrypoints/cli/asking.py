"""What the commands that show figures have in common: whose books, which day, known when."""

import argparse
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from encours.access.models import Entity, Organisation
from encours.access.queries import only_organisation
from encours.core.dates import business_date, end_of_day
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.ledger.queries import AsOf, Selection


class DayUnreadable(Refused):
    """A day or an instant is not written as ISO 8601."""

    message = gettext_noop("“{text}” is not a day: write it as 2026-11-30.")


class EntityUnknown(NotFound):
    """No company of that code."""

    message = gettext_noop("There is no company {code}.")


class CustomerUnknown(NotFound):
    """No customer of that number."""

    message = gettext_noop("There is no customer {number}.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options common to figures."""
    parser.add_argument("--as-of", metavar="D", help="the day asked about (default: today)")
    parser.add_argument("--known-at", metavar="T", help="as it was known at this instant, or at the end of this day")
    parser.add_argument("--organisation", metavar="SLUG", help="the organisation, when there are several")
    parser.add_argument("--entity", metavar="CODE", help="only this company")
    parser.add_argument("--customer", metavar="NUMBER", help="only this customer")
    parser.add_argument("--currency", metavar="CODE", help="only this currency")


def organisation_of(arguments: argparse.Namespace) -> Organisation:
    """The organisation meant."""
    return only_organisation(arguments.organisation)


def as_of(arguments: argparse.Namespace, *, zone: str, default: date | None = None) -> AsOf:
    """The day and the state of knowledge asked about."""
    today = business_date(timezone.now(), timezone=zone)
    return AsOf(day(arguments.as_of) or default or today, _known_at(arguments.known_at, zone))


def day(text: str | None) -> date | None:
    """A day written as ISO 8601."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DayUnreadable(text=text) from None


def _known_at(text: str | None, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) <= len("2026-11-30"):
            return end_of_day(date.fromisoformat(text), timezone=zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise DayUnreadable(text=text) from None
    return found if found.tzinfo else timezone.make_aware(found)


def selection(arguments: argparse.Namespace, organisation: Organisation) -> Selection:
    """The items asked about; the command line sees the whole organisation."""
    found: dict[str, Any] = {"currency": arguments.currency}
    if arguments.entity:
        entity = Entity.objects.filter(organisation_id=organisation.pk, code=arguments.entity).first()
        if entity is None:
            raise EntityUnknown(code=arguments.entity)
        found["entity_id"] = entity.pk
    if arguments.customer:
        customer = Customer.objects.filter(organisation_id=organisation.pk, number=arguments.customer).first()
        if customer is None:
            raise CustomerUnknown(number=arguments.customer)
        found["customer_id"] = customer.pk
    return Selection(organisation_id=organisation.pk, **found)
