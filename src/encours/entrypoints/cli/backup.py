"""Write the whole database to one compressed file, from one moment, while work goes on."""

import argparse
from pathlib import Path

from django.utils.translation import gettext as _

from encours.access import context, queries
from encours.entrypoints.cli import output, programs

# What is rebuilt by itself, or should not outlive a restore: counters of sign-in attempts and open sessions.
LEFT_OUT = ("core_cache", "django_session")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path, help="the file to write, such as encours-2026-11-22.backup")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Dump into a neighbouring file first, so that a broken attempt never passes for a backup."""
    target: Path = arguments.file
    if target.exists() and not arguments.force:
        told = _("{file} exists already: choose another name, or replace it with --force.")
        return output.refuse(told.format(file=target))
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        programs.run("pg_dump", "--format=custom", "--no-owner", *_left_out(), "--file", unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    _say(target, as_json=arguments.json)
    return output.DONE


def _left_out() -> list[str]:
    return [f"--exclude-table-data={table}" for table in LEFT_OUT]


def _head(organisation_id: int) -> tuple[int, str]:
    with context.bound(organisation_id):
        return queries.chain_head(organisation_id)


def _say(target: Path, *, as_json: bool) -> None:
    """The size, and the end of each audit trail: noted apart, it shows if a trail is ever cut short."""
    heads = [
        {"organisation": organisation.slug, "audit_entries": entries, "audit_hash": digest}
        for organisation in queries.organisations()
        for entries, digest in [_head(organisation.pk)]
    ]
    size_bytes = target.stat().st_size
    if as_json:
        output.print_json({"file": str(target), "size_bytes": size_bytes, "organisations": heads})
        return
    output.print_line(f"{target}: {size_bytes / 1_000_000:.1f} MB")
    for head in heads:
        trail = _("audit trail of {count} entries, {hash}").format(count=head["audit_entries"], hash=head["audit_hash"])
        output.print_line(f"{head['organisation']}: {trail}")
    output.print_line(_("Keep secret.key and signing.key of the data folder too, in another place than this file."))
