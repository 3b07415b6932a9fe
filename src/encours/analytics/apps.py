"""The analytics room as a Django app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Ageing, KPIs and their kept reports."""

    name = "encours.analytics"
    label = "analytics"
