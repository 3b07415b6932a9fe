"""Addresses of the staff screens: each module lists its own."""

from importlib import import_module

from django.urls import URLPattern

app_name = "desk"

# one module a room; a new one adds its name here and nothing else
MODULES = (
    "account",
    "start",
    "go",
    "notifications",
    "comments",
    "views",
    "ledger",
    "customers",
    "bulk",
    "call",
    "engagements",
    "writing",
    "inbox",
    "inbox_acts",
    "inbox_draft",
    "penalties",
    "plans",
    "handovers",
    "doubtful",
    "recovery",
    "contacts",
    "owners",
    "privacy",
    "statements",
    "customer",
    "ageing",
    "dashboard",
    "cash",
    "cash_report",
    "cash_setup",
    "cash_counterparts",
    "cash_accounts",
    "cash_advices",
    "cash_lettrage",
    "cash_accounting",
    "cash_rates",
)
SETUP_MODULES = (
    "ranking",
    "today",
    "today_gestures",
    "tasks",
    "disputes",
    "promises",
    "team",
    "calendar_feed",
    "understood",
    "held",
    "scenarios",
    "scenario_editor",
    "scenario_joining",
    "scenario_rules",
    "dry_run",
    "replay",
    "hold_outs",
    "imports",
    "quality",
    "organisation",
    "companies",
    "sending",
    "mail_connect",
    "mail_accounts",
    "mailboxes",
    "segments",
    "assignments",
    "users",
    "tokens",
    "legal_values",
    "audit",
    "message_templates",
    "messages",
    "paper",
    "campaigns",
    "channels",
)

urlpatterns: list[URLPattern] = []
for module in (*MODULES, *SETUP_MODULES):
    urlpatterns += import_module(f"encours.entrypoints.desk.{module}").urlpatterns
