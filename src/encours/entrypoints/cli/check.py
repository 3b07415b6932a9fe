"""Check the books' laws again from the stored rows: each with its figure, exit 1 when one is broken."""

import argparse
from typing import Any

from django.utils.translation import gettext as _

from encours.access import queries
from encours.access.models import Organisation
from encours.core.findings import Finding
from encours.entrypoints.cli import output
from encours.entrypoints.laws import findings_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which organisation, and for whom."""
    parser.add_argument("--organisation", metavar="SLUG", help="only this organisation (default: all)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Ask every room of every organisation; 0 when all laws are kept."""
    chosen = queries.organisations()
    if arguments.organisation:
        chosen = chosen.filter(slug=arguments.organisation)
        if not chosen.exists():
            return output.refuse(_("There is no organisation named {slug}.").format(slug=arguments.organisation))
    found = [(organisation, finding) for organisation in chosen for finding in findings_of(organisation)]
    is_kept = all(finding.is_kept for organisation, finding in found)
    if arguments.json:
        output.print_json({"ok": is_kept, "findings": [_document(*pair) for pair in found]})
    else:
        _print(found)
    return output.DONE if is_kept else output.REFUSED


def _document(organisation: Organisation, finding: Finding) -> dict[str, Any]:
    return {
        "organisation": organisation.slug,
        "code": finding.code,
        "ok": finding.is_kept,
        "figure": finding.figure,
        "detail": finding.detail,
    }


def _print(found: list[tuple[Organisation, Finding]]) -> None:
    if not found:
        output.print_line(_("There is no organisation yet, so there is nothing to check."))
        return
    output.print_table(
        [_("organisation"), _("law"), _("holds"), _("checked on")],
        [
            [organisation.slug, finding.code, _("yes") if finding.is_kept else _("NO"), finding.figure]
            for organisation, finding in found
        ],
        right={},
    )
    for organisation, finding in found:
        if not finding.is_kept:
            output.print_line(f"{organisation.slug} {finding.code}: {finding.detail}")
