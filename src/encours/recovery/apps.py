"""Django's name for the room."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    name = "encours.recovery"
    label = "recovery"
