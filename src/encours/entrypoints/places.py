"""Where a notification leads on the desk."""

from django.urls import reverse

from encours.team.models import Notification


def place_of(told: Notification) -> str:
    """The address it names, else the page of the customer it is about, without the host; empty where there is none."""
    if told.link:
        return told.link
    return reverse("desk:customer", args=[told.customer.number]) if told.customer else ""
