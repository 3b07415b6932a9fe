"""A mailing on a bad day: workers die at random, the server drops, delays and defers; no letter leaves twice.

ENCOURS_CRASH_MESSAGES=5000 makes it a long one, and ENCOURS_CRASH_SEED another day.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from encours.connectors.smtp import client
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Draft, Sender
from tests.cast import Company

from .conftest import HERE, NOW, ready_to_send, worker_environment

MESSAGES = int(os.environ.get("ENCOURS_CRASH_MESSAGES", "240"))
SEED = os.environ.get("ENCOURS_CRASH_SEED", "1")
WORKERS = 4
LETTERS_A_DEATH = 20


@dataclass
class RoughServer:
    """The running server and the addresses whose letters it keeps, once for each letter."""

    port: int
    kept: Path

    def taken(self) -> Counter[str]:
        return Counter(self.kept.read_text().split() if self.kept.exists() else [])


@pytest.fixture
def rough_server(tmp_path: Path) -> Iterator[RoughServer]:
    kept = tmp_path / "kept"
    process = subprocess.Popen(
        [sys.executable, str(HERE / "rough_server.py"), str(kept), SEED], stdout=subprocess.PIPE, text=True
    )
    try:
        yield RoughServer(int(process.stdout.readline()), kept)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def queued(company: Company) -> dict[int, str]:
    """Each letter by its id, and the address it goes to."""
    drafts = [
        Draft(
            key=f"bad-day:{number}",
            kind="reminder",
            customer_id=company.acme.pk,
            sender=Sender(),
            to=[Address(f"c{number}@acme.example", "Compta")],
            template_key="reminder_1",
            language="fr",
            context=sample.context(),
            send_after=NOW,
        )
        for number in range(MESSAGES)
    ]
    messaging.queue_messages(organisation_id=company.organisation_id, drafts=drafts, by=company.by)
    return {message.pk: message.to[0]["email"] for message in Message.objects.only("pk", "to")}


def brood(organisation_id: int, *, deaths: int) -> tuple[int, bool]:
    """How many workers were killed, and whether one of the others failed."""
    asked = [str(organisation_id), NOW.isoformat(), str(WORKERS), str(deaths), SEED]
    done = subprocess.run(
        [sys.executable, str(HERE / "worker_brood.py"), *asked],
        capture_output=True,
        text=True,
        env=worker_environment(),
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, has_failed = done.stdout.split()
    assert has_failed == "0", done.stderr
    return int(killed), has_failed == "1"


def settled_doubts(company: Company) -> None:
    """What the last deaths left open is put in doubt; the database needs a moment to see that they are gone."""
    for _ in range(200):
        messaging.sweep_in_doubt(organisation_id=company.organisation_id)
        if not Message.objects.filter(state="handing_over").exists():
            return
        time.sleep(0.05)


def test_each_letter_leaves_once_or_is_shown_in_doubt(committed_company: Company, rough_server: RoughServer) -> None:
    company = committed_company
    ready_to_send(company, rough_server)
    address_of = queued(company)
    deaths = MESSAGES // LETTERS_A_DEATH
    killed, _ = brood(company.organisation_id, deaths=deaths)
    settled_doubts(company)
    assert killed >= deaths // 2
    states = dict(Message.objects.values_list("pk", "state"))
    assert set(states.values()) <= {"sent", "in_doubt"}
    taken = rough_server.taken()
    assert max(taken.values()) == 1, "a letter left twice"
    assert [pk for pk, state in states.items() if state == "sent" and not taken[address_of[pk]]] == []
    doubts = [pk for pk, state in states.items() if state == "in_doubt"]
    assert 0 < len(doubts) < MESSAGES // 4
    sys.stdout.write(f"{MESSAGES} letters, {killed} workers killed, {len(doubts)} letters in doubt\n")
    # a person looks into the server's log and says what is true: the rest leaves, and all have left once
    for pk in doubts:
        messaging.settle_in_doubt(
            organisation_id=company.organisation_id,
            message_id=pk,
            was_sent=bool(taken[address_of[pk]]),
            why="the server's log",
            by=company.by,
            now=NOW,
        )
    for day in range(20):
        messaging.deliver_due(
            organisation_id=company.organisation_id,
            now=NOW + timedelta(days=100 + day),
            limit=MESSAGES,
            connect=client.connect,
        )
    taken = rough_server.taken()
    left = set(Message.objects.filter(state="in_doubt").values_list("pk", flat=True))
    assert {taken[address] for pk, address in address_of.items() if pk not in left} == {1}
    assert max(taken.values()) == 1
