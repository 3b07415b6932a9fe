"""Django's name for the room."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "encours.privacy"
    label = "privacy"
