"""Django's name for the door, so that its pages and static files are found."""

from django.apps import AppConfig


class PortalDoorConfig(AppConfig):
    name = "encours.entrypoints.portal"
    label = "portal_door"
