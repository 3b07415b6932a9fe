"""The conversation room's Django app."""

from django.apps import AppConfig


class ConversationConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "encours.conversation"
    label = "conversation"
