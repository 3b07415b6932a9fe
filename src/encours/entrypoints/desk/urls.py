"""Addresses of the staff screens: each module lists its own."""

from importlib import import_module

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from encours.entrypoints.desk import navigation
from encours.entrypoints.desk.screens import screen

app_name = "desk"

# one module a room; a new one adds its name here and nothing else
MODULES = ("account", "go", "views", "ledger", "customers", "customer", "ageing")
SETUP_MODULES = ("organisation", "companies", "users", "audit", "message_templates", "messages")


@screen()
def home(request: HttpRequest) -> HttpResponse:
    first = next((one.address for one in navigation.MAIN if one.address), reverse("desk:more"))
    return HttpResponseRedirect(first)


urlpatterns: list[URLPattern] = [path("", home, name="home")]
for module in (*MODULES, *SETUP_MODULES):
    urlpatterns += import_module(f"encours.entrypoints.desk.{module}").urlpatterns
