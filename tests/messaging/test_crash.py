"""The same message never leaves twice, whatever dies: worker processes are killed at each moment of a hand-over."""

import os
import signal
import time

import pytest

from encours.connectors.smtp import client
from encours.messaging import actions as messaging

from .conftest import NOW, queue, state, worker


def killed(organisation_id: int, moment: str) -> None:
    """Start a worker, wait for it to reach the moment, and kill it there as a power cut would."""
    process = worker(organisation_id, moment)
    try:
        assert process.stdout.readline().strip() == moment, process.stderr.read()
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()


def finished(process) -> str:
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return out


def restarted(company) -> dict[str, int]:
    report = messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=1000, connect=client.connect)
    return dict(report.states)


def swept(company) -> int:
    """The server needs a moment to see that the killed worker's connection is gone."""
    for _ in range(100):
        count = messaging.sweep_in_doubt(organisation_id=company.organisation_id)
        if count:
            return count
        time.sleep(0.05)
    return 0


class TestAKilledWorker:
    def test_after_the_hand_over_leaves_its_message_in_doubt_and_never_sends_it_twice(self, committed_sender, postbox):
        message_id = queue(committed_sender)
        killed(committed_sender.organisation_id, "handed_over")
        assert len(postbox.letters()) == 1
        assert state(message_id) == "handing_over"
        assert swept(committed_sender) == 1
        assert state(message_id) == "in_doubt"
        for _ in range(3):
            assert restarted(committed_sender) == {}
        assert len(postbox.letters()) == 1
        messaging.settle_in_doubt(
            organisation_id=committed_sender.organisation_id,
            message_id=message_id,
            was_sent=True,
            why="the server's log shows it",
            by=committed_sender.by,
            now=NOW,
        )
        assert state(message_id) == "sent"

    def test_just_before_the_hand_over_leaves_it_in_doubt_too(self, committed_sender, postbox):
        message_id = queue(committed_sender)
        killed(committed_sender.organisation_id, "handing_over")
        assert swept(committed_sender) == 1
        assert restarted(committed_sender) == {}
        assert (state(message_id), postbox.letters()) == ("in_doubt", [])

    def test_before_its_first_commit_changes_nothing_so_that_it_is_sent_exactly_once(self, committed_sender, postbox):
        message_id = queue(committed_sender)
        killed(committed_sender.organisation_id, "connecting")
        assert state(message_id) == "rendered"
        assert restarted(committed_sender) == {"sent": 1}
        assert restarted(committed_sender) == {}
        assert len(postbox.letters()) == 1

    def test_holds_up_only_the_message_it_held(self, committed_sender, postbox):
        ids = [queue(committed_sender, f"acme:{number}") for number in range(5)]
        killed(committed_sender.organisation_id, "handed_over")
        assert swept(committed_sender) == 1
        assert restarted(committed_sender) == {"sent": 4}
        assert sorted(state(pk) for pk in ids) == ["in_doubt", "sent", "sent", "sent", "sent"]
        assert len(postbox.letters()) == 5


class TestALivingWorker:
    def test_is_not_taken_for_dead(self, committed_sender, postbox):
        message_id = queue(committed_sender)
        process = worker(committed_sender.organisation_id, "handing_over")
        try:
            assert process.stdout.readline().strip() == "handing_over"
            assert messaging.sweep_in_doubt(organisation_id=committed_sender.organisation_id) == 0
            assert restarted(committed_sender) == {}
            assert state(message_id) == "handing_over"
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("count", [120])
def test_two_workers_share_the_work_and_send_nothing_twice(committed_sender, postbox, count):
    for number in range(count):
        queue(committed_sender, f"acme:{number}", to=f"contact{number}@acme.example")
    processes = [worker(committed_sender.organisation_id) for _ in range(2)]
    for process in processes:
        finished(process)
    recipients = [letter["to"][0] for letter in postbox.letters()]
    assert len(recipients) == count
    assert len(set(recipients)) == count
