"""A customer's evidence file: one archive that proves by itself that nothing in it was altered."""

import argparse
from pathlib import Path

from django.utils.translation import gettext

from encours.access import context
from encours.access.queries import zone_of
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import Customer
from encours.entrypoints.cli import asking, output
from encours.recovery import actions as recovery

BY = Actor(user_id=None, name="encours dossier", channel="cli")


class FileThere(Refused):
    """Nothing is written over a file that exists."""

    message = gettext_noop("{path} exists already: nothing is written over it.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose, and where to."""
    parser.add_argument("customer", metavar="CUSTOMER", help="the customer's number")
    parser.add_argument("file", metavar="FILE", help="the archive to write, such as dossier.zip")
    parser.add_argument("--as-of", metavar="D", help="the day asked about (default: today)")
    parser.add_argument("--language", choices=("fr", "en"), help="the language of the index and the annex")
    parser.add_argument("--organisation", metavar="SLUG", help="the organisation, when there are several")


def run(arguments: argparse.Namespace) -> int:
    """Write the archive; refuses an unknown customer and a file that exists."""
    path = Path(arguments.file)
    if path.exists():
        raise FileThere(path=path.name)
    organisation = asking.organisation_of(arguments)
    with context.bound(organisation.pk):
        arguments.known_at = None
        as_of = asking.as_of(arguments, zone=zone_of(organisation.pk))
        who = Customer.objects.filter(organisation_id=organisation.pk, number=arguments.customer).first()
        if who is None:
            raise asking.CustomerUnknown(number=arguments.customer)
        made = recovery.make_dossier(
            organisation_id=organisation.pk,
            customer_id=who.pk,
            day=as_of.day,
            language=arguments.language or organisation.language,
            by=BY,
        )
    path.write_bytes(made)
    output.print_line(gettext("{path} is written. Verify it: python3 verify.py {path}").format(path=path.name))
    return output.DONE
