"""Serve the desk and run the jobs, together, until interrupted."""

import argparse
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from django.conf import settings

from encours.entrypoints.cli.output import print_line, refuse

POLL_SECONDS = 1
STOP_SECONDS_MAX = 25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen and with how many processes."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--web-processes", type=int, default=2)
    parser.add_argument("--no-worker", action="store_true", help="web only; start `encours worker` elsewhere")


def run(arguments: argparse.Namespace) -> int:
    """Start web and worker as children; when one dies the other is stopped too and the exit code says so."""
    children = [subprocess.Popen(_web(arguments), env=_environment())]
    if not arguments.no_worker:
        children.append(
            subprocess.Popen([sys.executable, "-m", "encours.entrypoints.cli.main", "worker"], env=_environment())
        )
    signal.signal(signal.SIGTERM, _interrupt)
    print_line(f"Encours: http://{arguments.host}:{arguments.port}/")
    try:
        while all(child.poll() is None for child in children):
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        _stop(children)
        return 0
    _stop(children)
    return refuse("A part of Encours stopped by itself; its last words are above.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def _environment() -> dict[str, str]:
    # The parent keeps the embedded server; the children only connect to it.
    return {**os.environ, "DATABASE_URL": settings.DATABASE_ADDRESS, "DJANGO_SETTINGS_MODULE": "config.settings"}


def _web(arguments: argparse.Namespace) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi:application",
        "--bind",
        f"{arguments.host}:{arguments.port}",
        "--workers",
        str(arguments.web_processes),
        "--threads",
        "4",
        "--timeout",
        "120",
        "--max-requests",
        "20000",
        "--log-level",
        "warning",
        "--no-control-socket",
    ]


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + STOP_SECONDS_MAX
    for child in children:
        try:
            child.wait(timeout=max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
