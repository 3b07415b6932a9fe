"""The `encours` command: sets up the product, then hands over to one module per command."""

import argparse
import atexit
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from encours.entrypoints.cli import words


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


# command -> (module, what it does); the module has add_arguments(parser) and run(arguments) -> exit code
COMMANDS = {
    "demo": ("demo", gettext_noop("load a believable company and serve it")),
    "serve": ("serve", gettext_noop("serve the desk and run the jobs")),
    "worker": ("worker", gettext_noop("run jobs only")),
    "migrate": ("migrate", gettext_noop("bring the database to this version")),
    "import": ("import_", gettext_noop("bring in the books: FEC, customers, invoices, payments")),
    "ageing": ("ageing", gettext_noop("who owes what and how late")),
    "kpis": ("kpis", gettext_noop("DSO and the other figures")),
    "match": ("match", gettext_noop("cash application of the imported bank lines")),
    "journal": ("journal", gettext_noop("journal files for accounting, and its answers")),
    "dun": ("dun", gettext_noop("what leaves, what is held and why")),
    "scenario": ("scenario", gettext_noop("reminder scenarios as plain text: export, import, check, compare")),
    "statement": ("statement", gettext_noop("a customer's statement of account, as of any day")),
    "penalties": ("penalties", gettext_noop("late-payment interest and EUR 40, by item and half-year")),
    "dossier": ("dossier", gettext_noop("a customer's evidence file, hash-chained and signed")),
    "deadlines": ("deadlines", gettext_noop("the last day for all that kills a claim")),
    "understand": ("understand", gettext_noop("what an inbound mail is and asks, with the sentence relied on")),
    "check": ("check", gettext_noop("the books' invariants, each with its figure")),
    "doctor": ("doctor", gettext_noop("is the installation well")),
    "backup": ("backup", gettext_noop("write everything to a file")),
    "restore": ("restore", gettext_noop("read everything back from a file")),
    "user": ("user", gettext_noop("invite a person or change a password")),
    "token": ("token", gettext_noop("give a program a key to the API")),
}
READ_NO_FURTHER = 141  # as a shell tells a program ended by SIGPIPE
# These need the tables' owner rather than the bound role.
AS_OWNER = {"migrate", "restore", "backup"}
# These look at files only: no server is started for them.
WITHOUT_DATABASE = {"understand"}


def command() -> NoReturn:
    """The `encours` command as a process: once it is done, what it held is not taken apart, which can take seconds."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has read enough
        code = READ_NO_FURTHER
    atexit._run_exitfuncs()  # the embedded server is stopped by one
    sys.stderr.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 refused, 2 usage."""
    words.install()
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = words.Parser(prog="encours", description=gettext_noop("Encours: what customers owe, turned into cash."))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, purpose) in COMMANDS.items():
        commands.add_parser(name, help=words.gettext(purpose), add_help=False)
    chosen = parser.parse_args(given[:1] or ["--help"]).command
    # what only asks how a command is used starts no server and prepares no database
    is_asking = not {"-h", "--help"}.isdisjoint(given[1:])
    set_up(as_owner=chosen in AS_OWNER, command=chosen, with_database=not is_asking and chosen not in WITHOUT_DATABASE)
    module = importlib.import_module(f"encours.entrypoints.cli.{COMMANDS[chosen][0]}")
    own = words.Parser(prog=f"encours {chosen}", description=COMMANDS[chosen][1])
    module.add_arguments(own)
    return _run(module, own.parse_args(given[1:]))


def _run(module: ModuleType, arguments: argparse.Namespace) -> int:
    """An expected failure is one sentence on stderr; anything else is a bug and crashes with its context."""
    from django.utils.translation import gettext

    from encours.core.errors import EncoursError
    from encours.entrypoints.cli import output

    try:
        return int(module.run(arguments) or 0)
    except EncoursError as failure:
        return output.refuse(failure.translated(gettext))


def set_up(*, as_owner: bool, command: str, with_database: bool = True) -> None:
    """Start Django (and the embedded server), with the database at this version."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if as_owner:
        os.environ["ENCOURS_AS_OWNER"] = "1"
    if not with_database:
        os.environ.setdefault("DATABASE_URL", "postgresql://nowhere/none")
    import django
    from django.utils import translation

    django.setup()
    translation.activate(words.language())
    if with_database and command not in {"migrate", "restore", "doctor"}:
        from encours.entrypoints.cli import migrate

        migrate.bring_up_to_date()


if __name__ == "__main__":
    command()
