"""Say what leaves, what is held and why; without --dry-run, decide it and queue the messages."""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _

from encours.access import context
from encours.access import queries as access
from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.collections.actions.running import RunDateNotToday
from encours.collections.queries import decided, facts, preview
from encours.collections.rules import wording
from encours.core.actors import Actor
from encours.core.dates import business_date, instant_of
from encours.core.errors import EncoursError
from encours.entrypoints.cli import output

BY = Actor(user_id=None, name="encours dun", channel="cli")
OUTCOMES = ("due", "to_confirm", "held", "blocked", "postponed", "skipped")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For which day, and whether for good."""
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DAY", help="decide as on that day (YYYY-MM-DD)")
    parser.add_argument("--dry-run", action="store_true", help="only say what would leave")
    parser.add_argument("--organisation", metavar="SLUG", help="which organisation, where there are several")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Decide for the chosen day; exit 1 with the reason when the day is refused."""
    try:
        organisation = access.only_organisation(arguments.organisation)
        with context.bound(organisation.pk):
            today, now = _moment(organisation, arguments.as_of)
            if not (arguments.dry_run or organisation.sandbox or now.date() == datetime.now(UTC).date()):
                raise RunDateNotToday(run_date=today)
            if arguments.dry_run:
                decisions = _dry(organisation, today, now)
            else:
                made = collections.run_dunning(organisation_id=organisation.pk, today=today, now=now, by=BY)
                decisions = list(decided.decisions_of(made))
            _tell(organisation, today, decisions, arguments)
    except EncoursError as error:
        return output.refuse(error.translated(_))
    return output.DONE


def _moment(organisation: Organisation, as_of: date | None) -> tuple[date, datetime]:
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    now = datetime.now(UTC)
    today = business_date(now, timezone=calendar.timezone)
    if as_of is None or as_of == today:
        return today, now
    return as_of, instant_of(as_of, calendar.opens_at, timezone=calendar.timezone)


def _dry(organisation: Organisation, today: date, now: datetime) -> list[dict[str, Any]]:
    run_facts = facts.run_facts(organisation.pk, today=today, now=now)
    decisions = preview.dry_run(organisation.pk, today=today, now=now)
    return list(decided.documents(organisation.pk, decisions, send_after=run_facts.send_after.isoformat()))


def _tell(
    organisation: Organisation, today: date, decisions: list[dict[str, Any]], arguments: argparse.Namespace
) -> None:
    counts = Counter(decision["outcome"] for decision in decisions)
    if arguments.json:
        output.print_json({
            "organisation": organisation.slug,
            "as_of": today.isoformat(),
            "dry_run": arguments.dry_run,
            "sandbox": organisation.sandbox,
            "counts": {outcome: counts[outcome] for outcome in OUTCOMES},
            "decisions": decisions,
        })  # fmt: skip
        return
    if not decisions:
        output.print_line(_("Nobody's turn today."))
        return
    output.print_table(
        [_("customer"), _("name"), _("step"), _("outcome"), _("amount"), _("why")],
        [_row(decision) for decision in decisions],
        right={4: True},
    )
    output.print_line(", ".join(f"{outcome}: {counts[outcome]}" for outcome in OUTCOMES if counts[outcome]))


def _row(decision: Mapping[str, Any]) -> list[str]:
    amounts = " + ".join(f"{money['amount']} {money['currency']}" for money in decision["totals"])
    return [
        decision["customer_number"], decision["customer_name"][:30], decision["step"] or "-", decision["outcome"],
        amounts,
        " ".join(_reasons(decision["checks"])),
    ]  # fmt: skip


def _reasons(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """What stops the message, else what changed it."""
    stops = [check for check in checks if check["outcome"] in ("held", "blocked", "postponed")]
    told = stops or [c for c in checks if c["outcome"] == "adjusted" and c["code"] not in ("sandbox", "calendar")]
    return [wording.sentence(check, translate=_) for check in told]
