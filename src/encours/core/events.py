"""What a lower room tells without knowing who listens: plain values, answered in the same transaction."""

from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings


def publish(event: Any) -> None:
    """Hand a plain value to everyone the wiring names for its kind, one after another; what fails, fails the deed."""
    for react in _reactions().get(type(event), ()):
        react(event)


@cache
def _reactions() -> Any:
    return import_module(settings.WIRING).REACTIONS
