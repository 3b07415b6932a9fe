"""Django's name for the room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "encours.access"
    label = "access"
