"""Say what inbound mails are and ask: class, how sure, the sentence relied on, the fields; no database is needed."""

import argparse
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from encours.core.errors import EncoursError, Refused, gettext_noop
from encours.entrypoints.cli import output
from encours.messaging.rules.inbound import mail
from encours.messaging.rules.understanding import reading
from encours.messaging.rules.understanding.facts import Understanding


class FileUnreadable(Refused):
    """The file is not there, or may not be read."""

    code = "file_unreadable"
    message = gettext_noop("The file {file} cannot be read.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The mails, each a file as mail programs save it."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="e-mails saved as .eml")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Read each mail; exit 1 with the reason when one of them cannot be read, after the others were."""
    now = datetime.now(UTC)
    told, refused = [], []
    for path in arguments.files:
        try:
            told.append(document(path, now=now))
        except EncoursError as error:
            refused.append({"file": str(path), "code": error.code, "reason": error.translated(_)})
    if arguments.json:
        counts = Counter(one["class"] for one in told)
        output.print_json({"files": told, "counts": dict(sorted(counts.items())), "refused": refused})
    elif told:
        output.print_table(
            [_("file"), _("class"), _("sure"), _("quote"), _("fields")], [_row(one) for one in told], right={2: True}
        )
    for one in refused:
        output.refuse(f"{one['file']}: {one['reason']}")
    return output.REFUSED if refused else output.DONE


def document(path: Path, *, now: datetime) -> dict[str, Any]:
    """What one mail says, as the JSON of docs/cli.md; `now` stands in for a mail without a date of its own."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise FileUnreadable(file=path.name) from None
    received = mail.read(raw)
    written = received.sent_at or now
    found = reading.understand(received, today=written.date())
    return {"file": str(path), **_understood(found), **_envelope(received, written)}


def _understood(found: Understanding) -> dict[str, Any]:
    return {
        **found.main.as_json(),
        "abstained": found.is_abstaining,
        "needs_person": found.needs_a_person,
        "intents": [intent.as_json() for intent in found.intents],
        "language": found.language,
        "text": found.text,
    }


def _envelope(received: mail.Mail, written: datetime) -> dict[str, Any]:
    return {
        "from": received.from_email,
        "subject": received.subject,
        "date": written.date().isoformat(),
        "message_id": received.message_id,
        "answers": list(received.answers),
        "attachments": [
            {"name": one.name, "content_type": one.content_type, "size_bytes": one.size_bytes}
            for one in received.attachments
        ],
    }


def _row(one: dict[str, Any]) -> list[str]:
    said = ", ".join(f"{name}={_short(value)}" for name, value in one["fields"].items() if name != "recipients")
    label = one["class"] + (" ?" if one["abstained"] else "")
    return [Path(one["file"]).name[:40], label, f"{one['confidence']:.0%}", one["quote"][:60], said[:80]]


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values())
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
