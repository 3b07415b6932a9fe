"""Django's name for the staff screens."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "encours.entrypoints.desk"
    label = "desk"
