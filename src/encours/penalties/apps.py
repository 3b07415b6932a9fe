"""Django's name for the room."""

from django.apps import AppConfig


class PenaltiesConfig(AppConfig):
    name = "encours.penalties"
    label = "penalties"
