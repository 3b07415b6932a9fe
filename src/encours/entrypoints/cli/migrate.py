"""Bring the database to this version of the product."""

import argparse
import os
import subprocess
import sys

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from encours.entrypoints.cli import words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(arguments: argparse.Namespace) -> int:
    """Create the database if need be and apply what is missing."""
    from django.core.management import call_command

    from config.database import ensure_database

    ensure_database(settings.DATABASE_ADDRESS)
    call_command("migrate", interactive=False, verbosity=1)
    return 0


def bring_up_to_date() -> None:
    """Migrate in a process of the owner's, when anything is missing; quick when nothing is."""
    from config.database import ensure_database

    ensure_database(settings.DATABASE_ADDRESS)
    if not _is_behind():
        return
    connections.close_all()
    # to stderr: what a command prints stays its own
    sys.stderr.write(words.gettext("Preparing the database; the first time takes half a minute.") + "\n")
    environment = {**os.environ, "ENCOURS_AS_OWNER": "1"}
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--no-input", "--verbosity", "0"], env=environment, check=True
    )


def _is_behind() -> bool:
    from django.db.utils import OperationalError

    try:
        executor = MigrationExecutor(connections["default"])
    except OperationalError:
        # the role the product connects as is made by the first migration
        return True
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
