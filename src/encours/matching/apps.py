"""Django's name for the room."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "encours.matching"
    label = "matching"
