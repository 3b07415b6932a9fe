"""A worker of its own process that delivers once; told to, it hangs at one moment of a hand-over, to be killed there.

worker_process.py ORGANISATION MOMENT NOW    MOMENT: none, connecting, handing_over, handed_over
"""

import sys
import time
from datetime import datetime
from functools import partial

import django


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def hang(moment: str) -> None:
    if sys.argv[2] == moment:
        say(moment)
        time.sleep(120)


class Hesitant:
    """The real connection, with the moments before and after the hand-over made long."""

    def __init__(self, connect, server):
        hang("connecting")
        self.inner = connect(server)

    def hand_over(self, **message):
        hang("handing_over")
        ended = self.inner.hand_over(**message)
        hang("handed_over")
        return ended

    def close(self):
        self.inner.close()


def main(organisation_id: int, now: datetime) -> None:
    django.setup()
    # models are there once Django is set up
    from encours.access import context
    from encours.connectors.smtp import client
    from encours.messaging import actions as messaging

    with context.bound(organisation_id):
        report = messaging.deliver_due(
            organisation_id=organisation_id, now=now, limit=1000, connect=partial(Hesitant, client.connect)
        )
    say(str(dict(report.states)))


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[3]))
