"""Workers that are killed at random and replaced, until that many have died; the last ones finish the work.

    worker_brood.py ORGANISATION NOW WORKERS DEATHS SEED

Each delivers day after day, so that what was put off comes due again, until nothing waits. Forked rather than started,
since a start takes longer than a life here; the parent never opens a database connection.
"""

import os
import random
import signal
import sys
import time
import traceback
from datetime import datetime, timedelta

import django

django.setup()

from encours.access import context  # noqa: E402  # models are there once Django is set up
from encours.connectors.smtp import client  # noqa: E402  # models are there once Django is set up
from encours.messaging import actions as messaging  # noqa: E402  # models are there once Django is set up
from encours.messaging.models import Message  # noqa: E402  # models are there once Django is set up

LIFE_SECONDS = (0.05, 0.6)
DAYS_MAX = 60
WAITING = ("queued", "rendered", "failed", "held", "handing_over")


def work(organisation_id: int, now: datetime) -> None:
    with context.bound(organisation_id):
        for day in range(DAYS_MAX):
            messaging.deliver_due(
                organisation_id=organisation_id, now=now + timedelta(days=day), limit=100_000, connect=client.connect
            )
            if not Message.objects.filter(organisation_id=organisation_id, state__in=WAITING).exists():
                return
            time.sleep(0.02)


def born(organisation_id: int, now: datetime) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work(organisation_id, now)
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main(organisation_id: int, now: datetime, workers: int, deaths: int, seed: str) -> None:
    chance = random.Random(seed)
    alive = {born(organisation_id, now) for _ in range(workers)}
    killed = 0
    while killed < deaths:
        time.sleep(chance.uniform(*LIFE_SECONDS) / workers)
        child = chance.choice(sorted(alive))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)  # one that had finished was not killed
        alive.remove(child)
        if not os.WIFSIGNALED(status) and not alive:
            break
        if os.WIFSIGNALED(status):
            alive.add(born(organisation_id, now))
    ends = [os.waitpid(child, 0)[1] for child in alive]
    sys.stdout.write(f"{killed} {int(any(ends))}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
