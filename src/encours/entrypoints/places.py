"""Where a notification leads on the desk."""

from django.urls import reverse

from encours.team.models import NoticeKind, Notification


def place_of(told: Notification) -> str:
    """The address it names, else the page of the customer it is about, without the host; empty where there is none."""
    if told.link:
        return told.link
    if told.kind == NoticeKind.APPROVAL:
        return reverse("desk:approvals")
    if told.kind == NoticeKind.TASK and told.customer is None:
        return reverse("desk:tasks")
    return reverse("desk:customer", args=[told.customer.number]) if told.customer else ""
