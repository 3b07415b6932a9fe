"""Django's name for the room."""

from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "encours.disputes"
    label = "disputes"
