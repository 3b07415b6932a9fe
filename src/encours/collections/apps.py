"""Django's name for the room."""

from django.apps import AppConfig


class CollectionsConfig(AppConfig):
    name = "encours.collections"
    label = "collections"
