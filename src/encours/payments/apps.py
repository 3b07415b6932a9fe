"""Django's name for the room."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "encours.payments"
    label = "payments"
