"""Is the installation well: each point ok, warn or fail, and what to do about it."""

import argparse
import datetime as dt
import platform
import shutil
import stat
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from encours.access import context, guard, queries
from encours.access.models import Organisation
from encours.core import secrets
from encours.entrypoints import heartbeat
from encours.entrypoints.cli import output
from encours.messaging import queries as messaging

OK, WARN, FAIL = "ok", "warn", "fail"
POSTGRES_MAJOR_MIN = 18
DISK_FREE_WARN_BYTES = 5 * 10**9
DISK_FREE_FAIL_BYTES = 10**9
WORKER_SILENT_MAX = dt.timedelta(minutes=3)
CLOCK_SKEW_MAX = dt.timedelta(seconds=5)
PAGE_FILES = ("desk/encours.css", "vendor/tabler/tabler.min.css", "vendor/htmx/htmx.min.js")


@dataclass(frozen=True)
class Line:
    """One point looked at, its state, what was found and the remedy."""

    code: str
    state: str
    found: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For whom."""
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Look at each point; exit 1 when one fails."""
    lines = examine()
    is_well = all(line.state != FAIL for line in lines)
    if arguments.json:
        output.print_json({"ok": is_well, "lines": [asdict(line) for line in lines]})
    else:
        for line in lines:
            output.print_line(f"{line.state:<5} {line.code}: {line.found}")
            if line.remedy:
                output.print_line(f"      -> {line.remedy}")
    return output.DONE if is_well else output.REFUSED


def examine() -> list[Line]:
    """All points; those that need the database only when it answers."""
    lines = [versions(), disk(), secret_key(), signing_key(), pages(), database()]
    if lines[-1].state != FAIL:
        lines += [point() for point in _IN_THE_DATABASE]
        lines += list(gates())
    return lines


def versions() -> Line:
    """Which versions run."""
    try:
        own = metadata.version("encours")
    except metadata.PackageNotFoundError:
        own = "from source"
    found = f"Encours {own}, Python {platform.python_version()}, Django {metadata.version('django')}"
    return Line("versions", OK, found)


def disk() -> Line:
    """Room left where the data folder is."""
    free_bytes = shutil.disk_usage(settings.ENCOURS_HOME).free
    found = _("{size} GB free in the data folder").format(size=f"{free_bytes / 10**9:.1f}")
    remedy = "" if free_bytes >= DISK_FREE_WARN_BYTES else _("Make room or move the data folder (ENCOURS_HOME).")
    state = OK if not remedy else WARN if free_bytes >= DISK_FREE_FAIL_BYTES else FAIL
    return Line("disk", state, found, remedy)


def secret_key() -> Line:
    """The key that encrypts stored passwords."""
    try:
        count = len(secrets.configured_keys(settings.ENCOURS_HOME))
    except secrets.SecretKeyMissing:
        remedy = _("It is made when the first password is stored; back it up then.")
        return Line("secret_key", WARN, _("none yet"), remedy)
    path = settings.ENCOURS_HOME / secrets.FILE_NAME
    if path.exists() and _is_readable_by_others(path):
        return Line("secret_key", FAIL, _("other users can read {file}").format(file=path.name), f"chmod 600 {path}")
    return Line("secret_key", OK, _("{count} in force").format(count=count))


def signing_key() -> Line:
    """The key that signs sessions and links."""
    path = settings.ENCOURS_HOME / "signing.key"
    if path.exists() and _is_readable_by_others(path):
        return Line("signing_key", FAIL, _("other users can read {file}").format(file=path.name), f"chmod 600 {path}")
    return Line("signing_key", OK, _("present"))


def _is_readable_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def pages() -> Line:
    """The files every page needs."""
    missing = [name for name in PAGE_FILES if finders.find(name) is None]
    if missing:
        remedy = _("Run `make install` in the folder of the product.")
        return Line("pages", FAIL, _("missing: {names}").format(names=", ".join(missing)), remedy)
    return Line("pages", OK, _("style sheets and scripts are found"))


def database() -> Line:
    """Whether PostgreSQL answers, and in which version."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("show server_version")
            row = cursor.fetchone()
    except DatabaseError as failure:
        reason = str(failure).strip().splitlines()[0]
        if "encours_app" in reason:
            return Line(
                "database", FAIL, reason, _("Run `encours migrate`: it makes the role the product connects as.")
            )
        if "does not exist" in reason:
            return Line("database", FAIL, reason, _("Run `encours migrate`: it makes the database."))
        return Line("database", FAIL, reason, _("Check DATABASE_URL and that the server runs."))
    version = str(row[0]) if row else "?"
    if int(version.split(".")[0]) < POSTGRES_MAJOR_MIN:
        remedy = _("PostgreSQL {version} is what is tested.").format(version=POSTGRES_MAJOR_MIN)
        return Line("database", WARN, f"PostgreSQL {version}", remedy)
    return Line("database", OK, f"PostgreSQL {version}")


def role() -> Line:
    """Whether row-level security binds this connection and guards every table."""
    name, is_bound = guard.connected_as()
    if not is_bound:
        found = _("connected as {name}, which sees all organisations").format(name=name)
        return Line("role", FAIL, found, _("Unset ENCOURS_AS_OWNER."))
    tables = guard.scoped_tables()
    open_ones = [table for table, is_guarded in tables.items() if not is_guarded]
    if open_ones:
        found = _("not guarded: {tables}").format(tables=", ".join(open_ones))
        return Line("role", FAIL, found, _("Run `encours migrate`."))
    found = _("connected as {name}; {count} tables guarded by row-level security")
    return Line("role", OK, found.format(name=name, count=len(tables)))


def migrations() -> Line:
    """Whether the tables are of this version."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        return Line("migrations", FAIL, _("{count} to apply").format(count=missing), _("Run `encours migrate`."))
    return Line("migrations", OK, _("the database is of this version"))


def worker() -> Line:
    """Whether somebody runs the jobs."""
    age = heartbeat.age()
    if age is None:
        return Line("worker", WARN, _("none was ever seen"), _("Start `encours serve` or `encours worker`."))
    if age > WORKER_SILENT_MAX:
        minutes = int(age.total_seconds() // 60)
        found = _("silent for {minutes} minutes").format(minutes=minutes)
        return Line("worker", WARN, found, _("Start `encours serve` or `encours worker`."))
    return Line("worker", OK, _("seen {seconds} seconds ago").format(seconds=int(age.total_seconds())))


def jobs() -> Line:
    """Whether jobs failed lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select count(distinct job.id) from procrastinate_jobs job
               join procrastinate_events event on event.job_id = job.id and event.type = 'failed'
               where job.status = 'failed' and event.at > now() - interval '1 day'"""
        )
        row = cursor.fetchone()
    failed = int(row[0]) if row else 0
    if failed:
        return Line(
            "jobs", WARN, _("{count} failed in the last day").format(count=failed), _("The worker’s log says why.")
        )
    return Line("jobs", OK, _("none failed in the last day"))


def clock() -> Line:
    """Whether this machine and the database agree on the time."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        row = cursor.fetchone()
    skew = abs(dt.datetime.now(dt.UTC) - row[0]) if row else dt.timedelta()
    found = _("{seconds} seconds between this machine and the database").format(seconds=f"{skew.total_seconds():.1f}")
    if skew > CLOCK_SKEW_MAX:
        remedy = _("Set both clocks by NTP: due dates and sending hours depend on them.")
        return Line("clock", WARN, found, remedy)
    return Line("clock", OK, found)


def gates() -> Iterable[Line]:
    """For each organisation: whether messages may leave, and by which addresses."""
    organisations = list(queries.organisations())
    if not organisations:
        yield Line("organisations", WARN, _("none yet"), _("Start with `encours demo`, or import books."))
    for organisation in organisations:
        gate = _("sandbox, no message leaves") if organisation.sandbox else _("messages may leave")
        yield Line("organisations", OK, f"{organisation.slug}: {gate}")
        with context.bound(organisation.pk):
            yield mail(organisation)


def mail(organisation: Organisation) -> Line:
    """Whether the organisation has an address to write from, and a server that takes its mail."""
    accounts = [account for account in messaging.accounts(organisation.pk) if account.is_active]
    unverified = [account.from_email for account in accounts if account.verified_at is None]
    if not accounts:
        state = OK if organisation.sandbox else WARN
        remedy = _("Add an account under Settings, Mail accounts, before you leave the sandbox.")
        return Line("mail", state, _("{slug}: no mail account").format(slug=organisation.slug), remedy)
    if unverified:
        found = _("{slug}: never tried: {addresses}")
        remedy = _("Send a test message from Settings, Mail accounts.")
        return Line("mail", WARN, found.format(slug=organisation.slug, addresses=", ".join(unverified)), remedy)
    found = _("{slug}: {count} mail accounts, all tried").format(slug=organisation.slug, count=len(accounts))
    return Line("mail", OK, found)


_IN_THE_DATABASE: tuple[Callable[[], Line], ...] = (role, migrations, worker, jobs, clock)
