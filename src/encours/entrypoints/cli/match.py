"""Cash application of the imported bank lines: what is sure is applied, the rest is proposed with its reasons."""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from encours.access import context
from encours.access import queries as access
from encours.access.models import Organisation
from encours.access.queries import zone_of
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.core.errors import EncoursError
from encours.core.memory import hold, uncollected
from encours.disputes import queries as disputes
from encours.entrypoints.cli import output
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
        with uncollected(), context.bound(organisation.pk):
            now = datetime.now(UTC)
            today = arguments.as_of or business_date(now, timezone=zone_of(organisation.pk))
            made = _for_programs if arguments.json else _for_people
            sentence = _sentences()
            result = matching.run_matching(
                organisation_id=organisation.pk,
                today=today,
                now=now,
                by=BY,
                propose_only=arguments.propose_only,
                claimed_item_ids=disputes.claimed_item_ids(organisation.pk),
                tell=lambda rows: [made(told.document(row, sentence, is_new=True)) for row in rows],
            )
            hold(result)
            lines = told.told(
                organisation.pk,
                today=today,
                run_line_ids=result.line_ids,
                sentence=sentence,
                made=made,
                since=arguments.since,
                known=result.told,
            )
            _tell(organisation, today, lines, arguments)
    except EncoursError as error:
        return output.refuse(error.translated(_))
    return output.DONE


def _sentences() -> Callable[[Reason, str], str]:
    """The words of reasons in the language of the command; each template is looked up once."""
    translate = cache(_)
    return lambda reason, currency: wording.sentence(reason, currency=currency, translate=translate)


class _Told(NamedTuple):
    """A line as it is printed."""

    decided: str
    status: str
    as_json: str = ""
    as_row: Sequence[str] = ()


def _for_programs(line: dict[str, Any]) -> _Told:
    return _Told(line["decided"], line["status"], as_json=output.encoded(line))


def _for_people(line: dict[str, Any]) -> _Told:
    return _Told(line["decided"], line["status"], as_row=_row(line) if line["decided"] == "now" else ())


def _tell(organisation: Organisation, today: date, lines: Sequence[_Told], arguments: argparse.Namespace) -> None:
    counts = Counter((line.decided, line.status) for line in lines)
    if arguments.json:
        document = {
            "organisation": organisation.slug,
            "as_of": today.isoformat(),
            "propose_only": arguments.propose_only,
            "counts": {status: counts["now", status] for status in STATUSES},
            "earlier": {status: counts["earlier", status] for status in STATUSES},
        }
        output.print_json_rows(document, "lines", [line.as_json for line in lines])
        return
    shown = [line.as_row for line in lines if line.as_row]
    if not shown:
        output.print_line(_("No bank line waits."))
        return
    output.print_table(
        [_("date"), _("amount"), _("payer"), _("status"), _("customer"), _("documents"), _("sure"), _("why")],
        shown,
        right={1: True, 6: True},
    )
    output.print_line(", ".join(f"{status}: {counts['now', status]}" for status in STATUSES if counts["now", status]))


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
