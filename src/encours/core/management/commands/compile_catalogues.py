"""Compile the translation catalogues."""

from typing import Any

from django.core.management.base import BaseCommand

from encours.core import catalogues


class Command(BaseCommand):
    """Write a .mo beside each .po that is newer."""

    help = "Compile every translation catalogue."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        catalogues.compile_all()
