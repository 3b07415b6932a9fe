"""Django's name for the room."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "encours.messaging"
    label = "messaging"
