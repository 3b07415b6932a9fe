"""Run jobs: as many of these processes as wanted, on any machine that reaches the database."""

import argparse
import asyncio
import signal
from typing import Any

# what ran stays for the jobs page and for the doctor, until the nightly cleaning
DELETE_JOBS = "never"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much to run at once."""
    parser.add_argument("--concurrency", type=int, default=2, help="jobs run at the same time in this process")


def run(arguments: argparse.Namespace) -> int:
    """Take jobs until told to stop; a job under way is finished first."""
    from procrastinate.contrib.django import app

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    connector: Any = app.connector
    worker_app = app.with_connector(connector.get_worker_connector())

    async def work() -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=arguments.concurrency,
                install_signal_handlers=True,
                shutdown_graceful_timeout=20,
                listen_notify=True,
                delete_jobs=DELETE_JOBS,
            )

    try:
        asyncio.run(work())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    return 0
