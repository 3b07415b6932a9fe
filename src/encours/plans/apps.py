"""Django's name for the room."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "encours.plans"
    label = "plans"
