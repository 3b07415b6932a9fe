"""Invite a person, or give one a password; the first of an installation is made here."""

import argparse
import getpass
import sys

from encours.access import actions as access
from encours.access import context
from encours.access import queries as access_queries
from encours.access.models import Membership, Role
from encours.core.actors import Actor
from encours.core.errors import EncoursError
from encours.entrypoints.cli.output import DONE, print_line, refuse

BY = Actor(user_id=None, name="encours user", channel="cli")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, and what they may do."""
    parser.add_argument("email")
    parser.add_argument("--role", choices=Role.values, default=Role.ADMIN)
    parser.add_argument("--organisation", metavar="SLUG", help="which organisation, where there are several")
    parser.add_argument("--new-organisation", metavar="NAME", help="make this organisation first")
    parser.add_argument("--first-name", default="")
    parser.add_argument("--last-name", default="")
    parser.add_argument("--language", choices=["fr", "en"], default="fr")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def run(arguments: argparse.Namespace) -> int:
    """Make the account and its role unless they exist, then set the password."""
    try:
        if arguments.new_organisation:
            organisation = access.create_organisation(
                by=BY, name=arguments.new_organisation, language=arguments.language
            )
        else:
            organisation = access_queries.only_organisation(arguments.organisation)
        with context.bound(organisation.pk):
            membership = _membership(arguments, organisation.pk)
            access.set_password(
                by=BY, organisation_id=organisation.pk, user_id=membership.user_id, password=_password(arguments)
            )
    except EncoursError as error:
        return refuse(error.sentence)
    print_line(f"{membership.user.email}: {membership.role}, {organisation.name}")
    return DONE


def _membership(arguments: argparse.Namespace, organisation_id: int) -> Membership:
    found = access_queries.members(organisation_id).filter(user__email__iexact=arguments.email, is_active=True).first()
    if found is not None:
        return found
    return access.invite_user(
        by=BY,
        organisation_id=organisation_id,
        email=arguments.email,
        role=arguments.role,
        first_name=arguments.first_name,
        last_name=arguments.last_name,
        language=arguments.language,
    )


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    return getpass.getpass("Password: ")
