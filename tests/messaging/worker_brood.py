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
from collections.abc import Callable
from datetime import datetime, timedelta

import django

LIFE_SECONDS = (0.05, 0.6)
DAYS_MAX = 60
WAITING = ("queued", "rendered", "failed", "held", "handing_over")


type Work = Callable[[], None]


def prepared(organisation_id: int, now: datetime) -> Work:
    """What each worker does, all of it loaded before the first is born: a life is shorter than an import."""
    django.setup()
    # models are there once Django is set up
    from encours.access import context
    from encours.connectors.smtp import client
    from encours.messaging import actions as messaging
    from encours.messaging.models import Message

    def work() -> None:
        with context.bound(organisation_id):
            for day in range(DAYS_MAX):
                later = now + timedelta(days=day)
                messaging.deliver_due(organisation_id=organisation_id, now=later, limit=100_000, connect=client.connect)
                if not Message.objects.filter(organisation_id=organisation_id, state__in=WAITING).exists():
                    return
                time.sleep(0.02)

    return work


def born(work: Work) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main(work: Work, workers: int, deaths: int, seed: str) -> None:
    chance = random.Random(seed)
    alive = {born(work) for _ in range(workers)}
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
            alive.add(born(work))
    ends = [os.waitpid(child, 0)[1] for child in alive]
    sys.stdout.write(f"{killed} {int(any(ends))}\n")


if __name__ == "__main__":
    main(
        prepared(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    )
