"""Django's name for the room."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "encours.invoices"
    label = "invoices"
