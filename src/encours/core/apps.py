"""Django's name for the room."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "encours.core"
    label = "core"
