"""Django's name for the room."""

from django.apps import AppConfig


class CreditConfig(AppConfig):
    name = "encours.credit"
    label = "credit"
