"""A line to a web server outside: http or https, with a time; whoever sends us elsewhere is not followed."""

from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

_KINDS: dict[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}


def line_to(address: str, *, timeout_seconds: int) -> HTTPConnection:
    """A line that is opened by its first request; `ValueError` where the address names no web server."""
    parts = urlsplit(address)
    if parts.scheme not in _KINDS or not parts.hostname:
        raise ValueError(f"no web address: {parts.scheme}")
    return _KINDS[parts.scheme](parts.hostname, parts.port, timeout=timeout_seconds)


def path_of(address: str) -> str:
    """What is asked of the server: the path with its query."""
    parts = urlsplit(address)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
