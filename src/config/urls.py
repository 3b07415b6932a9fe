"""Every address of the product, by audience."""

from django.urls import include, path

from encours.entrypoints import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("encours.entrypoints.api.urls")),
    path("hooks/", include("encours.entrypoints.hooks")),
    path("partner/", include("encours.entrypoints.portal.urls")),
    path("portal/", include("encours.entrypoints.portal.customer_urls")),
    path("", include("encours.entrypoints.desk.urls")),
]

handler403 = "encours.entrypoints.responses.forbidden"
handler404 = "encours.entrypoints.responses.not_found"
handler500 = "encours.entrypoints.responses.server_error"
