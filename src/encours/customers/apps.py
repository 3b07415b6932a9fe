"""Django's name for the room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "encours.customers"
    label = "customers"
