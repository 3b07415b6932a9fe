"""Django's name for the room."""

from django.apps import AppConfig


class TeamConfig(AppConfig):
    name = "encours.team"
    label = "team"
