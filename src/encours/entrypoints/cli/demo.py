"""Load a believable French company, relative to today, and serve it; nothing it sends leaves this machine."""

import argparse
import os
import time
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _

from encours.access.models import Organisation
from encours.core.dates import business_date
from encours.entrypoints.cli.output import DONE, print_line, refuse
from encours.entrypoints.demo import load, people, portal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to serve, whether to start over, whether to serve at all."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or "8000"))
    parser.add_argument("--reset", action="store_true", help="throw the demo's database away and load it again")
    parser.add_argument("--no-serve", action="store_true", help="load, and stop")


def run(arguments: argparse.Namespace) -> int:
    """Load the demo unless it is there, say how to sign in, then serve."""
    folder = Path(settings.ENCOURS_HOME) / "demo"
    if others := _other_organisations():
        told = _("This database holds real work ({names}): choose another ENCOURS_HOME for the demo.")
        return refuse(told.format(names=", ".join(others)))
    loaded = load.loaded_on(folder)
    is_started = Organisation.objects.exists()
    if is_started and (arguments.reset or loaded is None):
        if os.environ.get("DATABASE_URL"):
            return refuse(
                _("The demo starts over only in its embedded database: empty the one of DATABASE_URL yourself.")
            )
        _say(_("Starting over") if arguments.reset else _("The last load was interrupted: starting over"))
        _drop()
        loaded = None
    if loaded is None:
        _load(folder)
    else:
        told = _("The demo of {day} is there; `make demo RESET=1` loads it afresh")
        _say(told.format(day=f"{loaded:%d/%m/%Y}"))
    _tell_how(arguments)
    return DONE if arguments.no_serve else _serve(arguments)


def _other_organisations() -> list[str]:
    return list(Organisation.objects.exclude(name=people.GROUP).values_list("name", flat=True)[:3])


def _drop() -> None:
    """Drop the embedded database and make it again, empty."""
    import psycopg
    from psycopg import sql

    from encours.entrypoints.cli import migrate

    name = str(connections["default"].settings_dict["NAME"])
    connections.close_all()
    server = settings.DATABASE_ADDRESS.replace(f"/{name}", "/postgres", 1)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
    migrate.bring_up_to_date()


def _load(folder: Path) -> None:
    started = time.monotonic()
    now = timezone.now()
    load.load(folder, today=business_date(now, timezone="Europe/Paris"), now=now, say=_say)
    _say(_("Loaded in {seconds} s").format(seconds=round(time.monotonic() - started)))


def _say(text: str) -> None:
    print_line(f"· {text}")


def _tell_how(arguments: argparse.Namespace) -> None:
    """The address and who may sign in: the role is what changes what one sees."""
    print_line()
    if not arguments.no_serve:
        print_line(_("  Open http://localhost:{port}/ and sign in as one of:").format(port=arguments.port))
    for person in people.EVERYBODY:
        print_line(f"    {person.email:<38} {person.title}")
    print_line(_("  The password is {password} for all.").format(password=people.PASSWORD))
    if link := portal.link_of_today():
        told = _("  What a customer sees: http://localhost:{port}{link}")
        print_line(told.format(port=arguments.port, link=link))
    print_line(_("  Nothing is sent: what would have left is on the mailbox page, /mailbox."))
    print_line()


def _serve(arguments: argparse.Namespace) -> int:
    from encours.entrypoints.cli import serve

    # a second lock beside the sandbox: whoever opens that one still sends nothing from here
    os.environ["ENCOURS_MAIL"] = "mailbox"
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    return int(serve.run(parser.parse_args(["--host", arguments.host, "--port", str(arguments.port)])))
