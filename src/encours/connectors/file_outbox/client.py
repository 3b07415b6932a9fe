"""SMS as lines of JSON and electronic registered letters as files in an outbox folder; proofs come back there."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from encours.core.errors import Unavailable, gettext_noop
from encours.messaging.rules.delivery import HandedOver
from encours.messaging.rules.gateway import Gateway, GatewayAccess, News, Parcel

CHANNELS = ("sms", "electronic_registered_letter")
LETTERS = "registered_letters"
# what a proof dropped into the folder may be called: REFERENCE.received.pdf
PROOFS = ("deposited", "received", "refused", "unclaimed")
PROOF_BYTES_MAX = 20_000_000
# {"reference": "sms-...", "state": "delivered", "at": "2026-11-23T09:00:00+01:00", "says": "..."}
RECEIPTS = "sms_receipts.jsonl"
RECEIPT_LINES_MAX = 10_000
RECEIPT_KINDS = {"delivered": "delivered", "failed": "undeliverable"}


class OutboxUnwritable(Unavailable):
    """The outbox folder cannot be written to."""

    message = gettext_noop("The outbox folder cannot be written to: {problem}.")


class SmsFile:
    """One line of JSON for each SMS, in a file a day; a line is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_over(self, parcel: Parcel) -> HandedOver:
        """Append the SMS to today's file and wait until the disk has it."""
        moment = datetime.now(UTC)
        line = {
            "reference": parcel.reference,
            "from": parcel.sender,
            "to": list(parcel.recipients),
            "text": parcel.body.decode(),
            "encoding": parcel.facts.get("encoding", ""),
            "segments": parcel.facts.get("segments", 0),
            "at": moment.isoformat(),
        }
        path = self.folder / f"sms-{moment:%Y-%m-%d}.jsonl"
        return _appended(path, json.dumps(line, ensure_ascii=False) + "\n")

    def news(self, waiting: Sequence[str] = ()) -> Iterable[News]:
        """Receipts put beside the lines by whoever takes them, one line of JSON each: a reference and how it ended."""
        path = self.folder / RECEIPTS
        lines = path.read_text(errors="replace").splitlines()[-RECEIPT_LINES_MAX:] if path.is_file() else []
        for line in lines:
            found = _receipt(line)
            if found is not None and found.reference in waiting:
                yield found

    def close(self) -> None:
        """Nothing is held open."""


class LetterFolder:
    """A PDF and a JSON for each letter; the deposit is proved by what was written, the receipt by what is put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / LETTERS

    def hand_over(self, parcel: Parcel) -> HandedOver:
        """Write the letter and, last, the slip that says it is complete; the same letter is never written twice."""
        slip = self.folder / f"{parcel.reference}.json"
        if slip.exists():
            return HandedOver("sent", slip.name)
        facts = {
            "reference": parcel.reference,
            "sender": parcel.sender,
            "to": list(parcel.recipients),
            "name": parcel.facts.get("name", ""),
            "pages": parcel.facts.get("pages", 0),
            "sha256": hashlib.sha256(parcel.body).hexdigest(),
            "deposited_at": datetime.now(UTC).isoformat(),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _written(self.folder / f"{parcel.reference}.pdf", parcel.body)
            _written(slip, json.dumps(facts, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            # without its slip a letter is not taken up, and the next try writes the same files
            return HandedOver("failed", str(error))
        return HandedOver("sent", slip.name)

    def news(self, waiting: Sequence[str] = ()) -> Iterable[News]:
        """The deposits as they were written, then the proofs of receipt that were put beside them."""
        for slip in sorted(self.folder.glob("letter-*.json")):
            facts = _facts(slip)
            if facts is None:
                continue
            reference, at = facts["reference"], datetime.fromisoformat(facts["deposited_at"])
            to = ", ".join(facts["to"])
            yield News(
                f"{reference}:deposited", reference, "deposited", at, recipient=to, detail={"sha256": facts["sha256"]},
                proof=slip.read_bytes(), proof_name=slip.name,
            )  # fmt: skip
            yield from self._proofs(reference, to)

    def _proofs(self, reference: str, to: str) -> Iterable[News]:
        for path in sorted(self.folder.glob(f"{reference}.*.*")):
            kind = path.name.split(".")[1]
            if kind not in PROOFS or path.stat().st_size > PROOF_BYTES_MAX:
                continue
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield News(
                f"{reference}:{kind}", reference, kind, at, recipient=to, proof=path.read_bytes(), proof_name=path.name
            )

    def close(self) -> None:
        """Nothing is held open."""


def open_gateway(access: GatewayAccess) -> Gateway:
    """The outbox of the channel, in the data folder or where the settings say."""
    folder = Path(str(access.settings.get("folder") or settings.ENCOURS_HOME / "outbox"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutboxUnwritable(retry=True, problem=str(error)) from None
    return SmsFile(folder) if access.channel == "sms" else LetterFolder(folder)


def _appended(path: Path, line: str) -> HandedOver:
    """Sent once the disk has the line; not taken when the file does not open, in doubt when writing broke off."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        return HandedOver("failed", f"{path.name}: {error}")
    try:
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            file.write(line.encode())
            os.fsync(file.fileno())
    except OSError as error:
        return HandedOver("in_doubt", f"{path.name}: {error}")
    return HandedOver("sent", path.name)


def _written(path: Path, content: bytes) -> None:
    """The whole file or none of it."""
    partial = path.with_suffix(path.suffix + ".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _receipt(line: str) -> News | None:
    """What a line says became of an SMS; one that cannot be read is left aside."""
    try:
        told = json.loads(line)
        kind, reference = RECEIPT_KINDS[told["state"]], str(told["reference"])
        at = datetime.fromisoformat(told["at"])
        says = {"says": str(told["says"])[:500]} if told.get("says") else {}
        return News(f"{reference}:{kind}", reference, kind, at if at.tzinfo else at.replace(tzinfo=UTC), detail=says)
    except (ValueError, KeyError, TypeError):
        return None


def _facts(slip: Path) -> dict[str, Any] | None:
    """What a slip says; one that another program spoiled is left aside."""
    try:
        facts = json.loads(slip.read_text())
        datetime.fromisoformat(facts["deposited_at"])
        return {"sha256": "", **facts} if facts["reference"] == slip.stem and isinstance(facts["to"], list) else None
    except (ValueError, KeyError, TypeError):
        return None
