"""Addresses outside the sign-in."""

from django.urls import path

from encours.entrypoints.portal import handover

app_name = "portal"

urlpatterns = [
    path("hand-over/<str:secret>", handover.page, name="hand_over"),
    path("api/hand-over", handover.api, name="hand_over_api"),
]
