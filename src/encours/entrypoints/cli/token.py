"""Keys of programs to the API: issue one (it is shown once), list them, revoke one."""

import argparse

from django.utils import timezone
from django.utils.translation import get_language, gettext

from encours.access import context, token_actions, tokens
from encours.access import queries as access
from encours.access.models import ApiToken
from encours.core.actors import Actor
from encours.core.dates import end_of_day
from encours.core.errors import NotFound, gettext_noop
from encours.entrypoints import formats
from encours.entrypoints.cli import asking, output

BY = Actor(user_id=None, name="encours token", channel="cli")


class PersonUnknown(NotFound):
    """Nobody of that address works in the organisation."""

    message = gettext_noop("Nobody with the address {email} works in this organisation.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which token."""
    parser.add_argument("--organisation", metavar="SLUG", help="which organisation, where there are several")
    parser.add_argument("--issue", metavar="NAME", help="make a token of this name")
    parser.add_argument("--user", metavar="EMAIL", help="the person the token acts as")
    parser.add_argument("--write", action="store_true", help="the token may also write")
    parser.add_argument("--expires", metavar="D", help="the last day it works")
    parser.add_argument("--revoke", metavar="ID", type=int, help="the token that is to work no longer")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Issue or revoke when asked to, else list."""
    organisation = access.only_organisation(arguments.organisation)
    with context.bound(organisation.pk):
        if arguments.revoke:
            token_actions.revoke_token(
                organisation_id=organisation.pk, token_id=arguments.revoke, by=BY, now=timezone.now()
            )
        secret = _issue(arguments, organisation.pk) if arguments.issue else None
        found = list(tokens.tokens(organisation.pk))
    if arguments.json:
        output.print_json({"secret": secret, "tokens": [_document(token) for token in found]})
    elif secret:
        output.print_line(secret)
    else:
        _print(found)
    return output.DONE


def _issue(arguments: argparse.Namespace, organisation_id: int) -> str:
    member = access.members(organisation_id).filter(user__email__iexact=arguments.user or "", is_active=True).first()
    if member is None:
        raise PersonUnknown(email=arguments.user or "")
    last_day = asking.day(arguments.expires)
    _, secret = token_actions.issue_token(
        organisation_id=organisation_id,
        user_id=member.user_id,
        name=arguments.issue,
        scopes=["read", "write"] if arguments.write else ["read"],
        expires_at=end_of_day(last_day, timezone="Europe/Paris") if last_day else None,
        by=BY,
    )
    return secret


def _document(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "user": token.user.email,
        "scopes": list(token.scopes),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
    }


def _print(found: list[ApiToken]) -> None:
    if not found:
        output.print_line(gettext("There is no token yet."))
        return
    language = formats.known_language(get_language())
    rows = [
        [
            str(token.pk),
            token.prefix,
            token.name,
            token.user.email,
            " ".join(token.scopes),
            formats.day_full(token.expires_at.date(), language=language) if token.expires_at else "",
            gettext("revoked") if token.revoked_at else "",
        ]
        for token in found
    ]
    header = ["id", gettext("Token"), gettext("Name"), gettext("Acts as"), gettext("Allowed to"), gettext("Until"), ""]
    output.print_table(header, rows, right={0: True})
