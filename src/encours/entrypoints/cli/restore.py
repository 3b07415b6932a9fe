"""Read a backup into this database: all of it or nothing, and never over existing books unless told so."""

import argparse
import importlib
import subprocess
import tempfile
from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from config.database import ensure_database
from encours.core.errors import Refused, gettext_noop
from encours.entrypoints.cli import output, programs

ROLES = importlib.import_module("encours.core.migrations.0001_roles")
# The bound role belongs to the server, not to the database, so a backup does not carry it.
BEFORE = f"begin; drop schema public cascade; create schema public; {ROLES.CREATE_ROLE}"
# Only now, because the backup's own grants know nothing of defaults that would widen them.
AFTER = f"{ROLES.GRANT_FUTURE} commit;\n"
DAMAGED = "\\warn the backup file is damaged\nrollback;\n\\quit\n"


class BackupIsNewer(Refused):
    """The backup was made by a later version of the product."""

    message = gettext_noop("This backup is of a newer version of Encours ({unknown}): install that version first.")


class DatabaseNotEmpty(Refused):
    """There are books here already."""

    message = gettext_noop("This database is not empty: --force replaces everything in it by the backup.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where from."""
    parser.add_argument("file", type=Path, help="a file written by `encours backup`")
    parser.add_argument("--force", action="store_true", help="replace what is in the database")


def run(arguments: argparse.Namespace) -> int:
    """Check the file, then replace the contents in one transaction, then bring them to this version."""
    source: Path = arguments.file
    if not source.is_file():
        return output.refuse(_("There is no file {file}.").format(file=source))
    ensure_database(_address())
    _refuse_a_newer_version(source)
    if not arguments.force and _has_tables():
        raise DatabaseNotEmpty
    connections.close_all()
    _replace_contents(source)
    call_command("migrate", interactive=False, verbosity=0)
    output.print_line(_("Restored from {file}. `encours check` looks at the books again.").format(file=source))
    return output.DONE


def _address() -> str:
    from django.conf import settings

    return str(settings.DATABASE_ADDRESS)


def _has_tables() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_tables where schemaname = 'public')")
        row = cursor.fetchone()
    return bool(row and row[0])


def _refuse_a_newer_version(source: Path) -> None:
    """Read the list of migrations out of the file before anything is touched."""
    listed = programs.run("pg_restore", "--data-only", "--table=django_migrations", "--file=-", source)
    known = set(MigrationLoader(None).disk_migrations or ())
    applied = {(cells[1], cells[2]) for line in listed.splitlines() if len(cells := line.split("\t")) == 4}
    unknown = sorted(f"{room}.{name}" for room, name in applied - known)
    if unknown:
        raise BackupIsNewer(unknown=", ".join(unknown))


def _replace_contents(source: Path) -> None:
    """Feed pg_restore's script to one psql transaction: an error anywhere leaves the database as it was."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted"
        wanted.write_text(_entries(source))
        environment = programs.environment()
        with (
            subprocess.Popen(
                [programs.path_of("psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null"],
                env=environment,
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=False,
            ) as sink,
            subprocess.Popen(
                [programs.path_of("pg_restore"), "--no-owner", f"--use-list={wanted}", "--file=-", str(source)],
                env=environment,
                stdout=subprocess.PIPE,
            ) as script,
        ):
            _pour(script, sink)
            reason = sink.stderr.read().decode() if sink.stderr else ""
        if sink.returncode != 0 or script.returncode != 0:
            raise programs.ProgramFailed(program="pg_restore", reason=reason.strip())


def _pour(script: "subprocess.Popen[bytes]", sink: "subprocess.Popen[bytes]") -> None:
    """Pass the script on between begin and commit; a script cut short is never committed."""
    if script.stdout is None or sink.stdin is None:
        raise RuntimeError("both programs are joined by pipes")
    try:
        sink.stdin.write(BEFORE.encode())
        while piece := script.stdout.read(1 << 16):
            sink.stdin.write(piece)
        is_whole = script.wait() == 0
        sink.stdin.write((AFTER if is_whole else DAMAGED).encode())
        sink.stdin.close()
    except BrokenPipeError:
        script.terminate()  # psql met an error, which it tells on its stderr


def _entries(source: Path) -> str:
    """The backup's table of contents, without what names roles of the server it came from."""
    listed = programs.run("pg_restore", "--list", source)
    return "\n".join(line for line in listed.splitlines() if " DEFAULT ACL " not in line and " SCHEMA - " not in line)
