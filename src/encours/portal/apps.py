"""Django's name for the room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "encours.portal"
    label = "portal"
