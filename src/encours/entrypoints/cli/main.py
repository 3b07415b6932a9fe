"""The `encours` command: sets up the product, then hands over to one module per command."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

# command -> (module, what it does); the module has add_arguments(parser) and run(arguments) -> exit code
COMMANDS = {
    "demo": ("demo", "load a believable company and serve it"),
    "serve": ("serve", "serve the desk and run the jobs"),
    "worker": ("worker", "run jobs only"),
    "migrate": ("migrate", "bring the database to this version"),
    "import": ("import_", "bring in the books: FEC, customers, invoices, payments"),
    "ageing": ("ageing", "who owes what and how late"),
    "kpis": ("kpis", "DSO and the other figures"),
    "dun": ("dun", "what leaves, what is held and why"),
    "check": ("check", "the books' invariants, each with its figure"),
    "doctor": ("doctor", "is the installation well"),
    "backup": ("backup", "write everything to a file"),
    "restore": ("restore", "read everything back from a file"),
    "user": ("user", "invite a person or change a password"),
}
# These need the tables' owner rather than the bound role.
AS_OWNER = {"migrate", "restore", "backup"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 refused, 2 usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="encours", description="Encours: what customers owe, turned into cash.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, purpose) in COMMANDS.items():
        commands.add_parser(name, help=purpose, add_help=False)
    chosen = parser.parse_args(words[:1] or ["--help"]).command
    set_up(as_owner=chosen in AS_OWNER, command=chosen)
    module = importlib.import_module(f"encours.entrypoints.cli.{COMMANDS[chosen][0]}")
    own = argparse.ArgumentParser(prog=f"encours {chosen}", description=module.__doc__)
    module.add_arguments(own)
    return _run(module, own.parse_args(words[1:]))


def _run(module: ModuleType, arguments: argparse.Namespace) -> int:
    """An expected failure is one sentence on stderr; anything else is a bug and crashes with its context."""
    from encours.core.errors import EncoursError
    from encours.entrypoints.cli import output

    try:
        return int(module.run(arguments) or 0)
    except EncoursError as failure:
        return output.refuse(str(failure))


def set_up(*, as_owner: bool, command: str) -> None:
    """Start Django (and the embedded server), with the database at this version."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if as_owner:
        os.environ["ENCOURS_AS_OWNER"] = "1"
    import django

    django.setup()
    if command not in {"migrate", "restore", "doctor"}:
        from encours.entrypoints.cli import migrate

        migrate.bring_up_to_date()


if __name__ == "__main__":
    sys.exit(main())
