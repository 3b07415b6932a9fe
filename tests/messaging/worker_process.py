"""A worker of its own process that delivers once; told to, it hangs at one moment of a hand-over, to be killed there.

worker_process.py ORGANISATION MOMENT NOW    MOMENT: none, connecting, handing_over, handed_over
"""

import sys
import time
from datetime import datetime

import django

django.setup()

from encours.access import context  # noqa: E402  # models are there once Django is set up
from encours.connectors.smtp import client  # noqa: E402  # models are there once Django is set up
from encours.messaging import actions as messaging  # noqa: E402  # models are there once Django is set up


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def hang(moment: str) -> None:
    if sys.argv[2] == moment:
        say(moment)
        time.sleep(120)


class Hesitant:
    """The real connection, with the moments before and after the hand-over made long."""

    def __init__(self, server):
        hang("connecting")
        self.inner = client.connect(server)

    def hand_over(self, **message):
        hang("handing_over")
        ended = self.inner.hand_over(**message)
        hang("handed_over")
        return ended

    def close(self):
        self.inner.close()


organisation_id = int(sys.argv[1])
with context.bound(organisation_id):
    report = messaging.deliver_due(
        organisation_id=organisation_id, now=datetime.fromisoformat(sys.argv[3]), limit=1000, connect=Hesitant
    )
say(str(dict(report.states)))
