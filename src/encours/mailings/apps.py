"""Django's name for the room."""

from django.apps import AppConfig


class MailingsConfig(AppConfig):
    name = "encours.mailings"
    label = "mailings"
