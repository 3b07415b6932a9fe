"""Cash application of the imported bank lines: what is sure is applied, the rest is proposed with its reasons."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _

from encours.access import context
from encours.access import queries as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.core.errors import EncoursError
from encours.disputes import queries as disputes
from encours.entrypoints.cli import asking, output
from encours.matching import actions as matching
from encours.matching.queries import told
from encours.matching.rules import wording
from encours.matching.rules.facts import Reason

BY = Actor(user_id=None, name="encours match", channel="cli")
STATUSES = ("applied", "proposed", "unmatched", "ignored")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Up to which day, and whether for good."""
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DAY", help="apply as on that day (YYYY-MM-DD)")
    parser.add_argument("--propose-only", action="store_true", help="apply nothing, only keep what is proposed")
    parser.add_argument(
        "--since", type=date.fromisoformat, metavar="DAY", help="also tell the lines decided earlier, booked since"
    )
    parser.add_argument("--organisation", metavar="SLUG", help="which organisation, where there are several")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Match what waits; exit 1 with the reason when that is refused."""
    try:
        organisation = access.only_organisation(arguments.organisation)
        with context.bound(organisation.pk):
            now = datetime.now(UTC)
            today = arguments.as_of or business_date(now, timezone=asking.zone_of(organisation))
            result = matching.run_matching(
                organisation_id=organisation.pk,
                today=today,
                now=now,
                by=BY,
                propose_only=arguments.propose_only,
                claimed_item_ids=disputes.claimed_item_ids(organisation.pk),
            )
            lines = told.told(
                organisation.pk,
                today=today,
                run_line_ids=result.line_ids,
                sentence=_sentence,
                since=arguments.since,
            )
            _tell(organisation, today, list(lines), arguments)
    except EncoursError as error:
        return output.refuse(error.translated(_))
    return output.DONE


def _sentence(reason: Reason, currency: str) -> str:
    return wording.sentence(reason, currency=currency, translate=_)


def _tell(
    organisation: Organisation, today: date, lines: Sequence[Mapping[str, Any]], arguments: argparse.Namespace
) -> None:
    counts = Counter(line["status"] for line in lines if line["decided"] == "now")
    earlier = Counter(line["status"] for line in lines if line["decided"] == "earlier")
    if arguments.json:
        output.print_json({
            "organisation": organisation.slug,
            "as_of": today.isoformat(),
            "propose_only": arguments.propose_only,
            "counts": {status: counts[status] for status in STATUSES},
            "earlier": {status: earlier[status] for status in STATUSES},
            "lines": lines,
        })  # fmt: skip
        return
    shown = [line for line in lines if line["decided"] == "now"]
    if not shown:
        output.print_line(_("No bank line waits."))
        return
    output.print_table(
        [_("date"), _("amount"), _("payer"), _("status"), _("customer"), _("documents"), _("sure"), _("why")],
        [_row(line) for line in shown],
        right={1: True, 6: True},
    )
    output.print_line(", ".join(f"{status}: {counts[status]}" for status in STATUSES if counts[status]))


def _row(line: Mapping[str, Any]) -> list[str]:
    documents = [f"{one['invoice_number']} {one['amount']['amount']}" for one in line["allocations"]]
    probability = line["probability"]
    return [
        line["booking_date"], f"{line['amount']['amount']} {line['amount']['currency']}", line["payer_name"][:24],
        line["status"], line["customer_number"] or "-",
        ", ".join(documents[:3]) + (f" +{len(documents) - 3}" if len(documents) > 3 else "") or "-",
        "-" if probability is None else f"{100 * probability:.1f} %",
        "; ".join(reason["text"] for reason in line["reasons"][:2]),
    ]  # fmt: skip
