"""The screens of the desk, in the order the rail shows them; one line here puts a screen in reach of everyone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encours.access.rules import OWN_PORTFOLIO_ROLES, Scope, can

type Text = Any  # text now, or text in the reader's language when it is shown


@dataclass(frozen=True)
class Screen:
    """One entry of the rail; `owns` lists the other address names that light it up."""

    key: str
    label: Text
    icon: str
    owns: tuple[str, ...] = ()
    permission: str | None = None
    tab_label: Text = ""  # on phones the first five with a tab label stand at the foot

    @property
    def address(self) -> str | None:
        """Where it leads; None as long as the screen is not built."""
        return _address(self.key, get_script_prefix())


@cache
def _address(key: str, prefix: str) -> str | None:
    del prefix  # part of the key: it stands before every address
    try:
        return reverse(f"desk:{key}")
    except NoReverseMatch:
        return None


# whoever sells or cares for customers has their own, and what is agreed, contested or held with them: no machinery
OF_OWN_CUSTOMERS = frozenset(
    ("today", "tasks", "customers", "items", "inbox", "notifications", "promises", "plans", "disputes", "credit_notes",
     "held",
     "pauses", "team")
)  # fmt: skip


def is_offered(screen: Screen, scope: Scope) -> bool:
    """Whether a person finds the screen in the rail, on the phone's last tab and by Ctrl-K."""
    if screen.permission is not None and not can(scope, screen.permission):
        return False
    return scope.role not in OWN_PORTFOLIO_ROLES or screen.key in OF_OWN_CUSTOMERS


MAIN: Sequence[Screen] = (
    Screen(
        "today",
        _("Today"),
        "checklist",
        ("today_peek", "ranking", "call", "call_scripts", "bulk"),
        tab_label=_("Today"),
    ),
    Screen("tasks", _("Tasks"), "checkbox", ("task", "task_new")),
    Screen("approvals", _("Approvals"), "rubber-stamp"),
    Screen(
        "customers",
        _("Customers"),
        "building",
        (
            "customer",
            "customer_owners",
            "customer_credit",
            "write",
            "customer_receipts",
            "customer_documents",
            "customer_disputes",
            "customer_plans",
            "customer_recovery",
            "plan_new",
            "notice",
            "notice_new",
            "handover_new",
            "customer_portal",
        ),
        tab_label=_("Customers"),
    ),
    Screen("items", _("Open items"), "file-invoice", ("document",), tab_label=_("Items")),
    Screen(
        "cash",
        pgettext_lazy("screen", "Cash"),
        "arrows-exchange",
        (
            "cash_line",
            "cash_days",
            "cash_unapplied",
            "cash_mass",
            "cash_advices",
            "cash_advice",
            "cash_advice_new",
            "cash_accounts",
            "cash_accounting",
            "cash_rates",
            "cash_setup",
            "cash_counterparts",
            "cash_rule",
        ),
        tab_label=pgettext_lazy("screen", "Cash"),
    ),
    Screen("inbox", _("Inbox"), "inbox", ("inbox_reply", "inbox_mail", "inbox_accuracy", "inbox_draft")),
    Screen(
        "dashboard",
        _("Dashboard"),
        "chart-line",
        ("ageing", "ageing_items", "kpis", "kpi_rows"),
        tab_label=_("Dashboard"),
    ),
    Screen("notifications", _("Notifications"), "bell", ("notification_choices",)),
)
# what was agreed, contested or must not be missed
FOLLOWED: Sequence[Screen] = (
    Screen("promises", _("Promises"), "calendar-check"),
    Screen("plans", _("Payment plans"), "calendar-dollar", ("plan",)),
    Screen("disputes", _("Disputes"), "message-report", ("dispute_reasons",)),
    Screen("credit_notes", _("Credit notes"), "receipt-refund", ("credit_note",)),
    Screen("deadlines", _("Deadlines"), "calendar-exclamation"),
    Screen("handovers", _("Hand-overs"), "briefcase", ("handover",)),
    Screen("doubtful", _("Doubtful debts"), "receipt-off", ("bad_debt",)),
)
# what leaves, by which rules, and what is kept back
SENDING: Sequence[Screen] = (
    Screen(
        "scenarios",
        _("Scenarios"),
        "route",
        (
            "scenario",
            "dry_run",
            "scenario_replay",
            "scenario_hold_outs",
            "scenario_compare",
            "scenario_join",
            "scenario_rules",
            "scenario_rule",
            "scenario_rule_new",
            "scenario_uncovered",
            "approach",
        ),
    ),
    Screen(
        "campaigns",
        _("Campaigns"),
        "speakerphone",
        ("campaign", "campaign_new", "campaign_edit", "schedules", "schedule"),
    ),
    Screen("letters", pgettext_lazy("post", "Letters"), "printer", ("batch",)),
    Screen("held", _("Held messages"), "hand-stop", ("outbox", "message")),
    Screen("pauses", _("On hold"), "player-pause"),
    Screen("mailbox", _("Mailbox"), "mailbox", ("mailbox_message",)),
)
REPORTS: Sequence[Screen] = (
    Screen("dashboard", _("Overview"), "layout-dashboard"),
    Screen("ageing", _("Aged balance"), "table", ("ageing_items",)),
    Screen("kpis", _("Indicators"), "chart-histogram", ("kpi_rows",)),
    Screen("quality", _("Data quality"), "checkup-list"),
)
SETUP: Sequence[Screen] = (
    Screen("start", _("Getting started"), "list-check", (), "import_books"),
    Screen("team", _("Team"), "users", ("scorecard", "assignments", "assignment", "assignment_new", "meeting")),
    Screen("imports", _("Imports"), "file-import", ("import", "import_drop"), "import_books"),
    Screen("templates", _("Templates"), "template", ("template",)),
    Screen("segments", _("Segments"), "users-group", ("segment", "segment_new")),
    Screen("users", _("Users"), "users", ("user", "user_new"), "manage_users"),
    Screen("audit", _("Audit trail"), "history", (), "view_audit"),
    Screen(
        "settings",
        _("Settings"),
        "settings",
        (
            "companies",
            "company",
            "company_new",
            "sending",
            "credit_settings",
            "insurance",
            "mail_accounts",
            "channels",
            "mail_events",
            "mail_client",
            "channel",
            "mailboxes",
            "conversation_settings",
            "portal_settings",
            "tokens",
        ),
    ),
)
# screens inside others, found by name from anywhere
WITHIN: Sequence[Screen] = (
    Screen("companies", _("Companies"), "building-factory-2"),
    Screen("sending", _("When and how often messages leave"), "clock"),
    Screen("credit_settings", _("Who agrees to a credit limit"), "shield-dollar"),
    Screen("insurance", _("Credit insurance"), "umbrella"),
    Screen("mail_accounts", _("Mail accounts"), "mail", (), "send_message"),
    Screen("mailboxes", _("Mailboxes"), "inbox", (), "send_message"),
    Screen("conversation_settings", _("Conversation"), "messages", (), "edit_organisation"),
    Screen("channels", _("Channels"), "plug", (), "edit_organisation"),
    Screen("legal_values", _("Legal values"), "scale"),
    Screen("privacy", _("Register of processing"), "shield-lock", (), "view_audit"),
    Screen("tokens", _("API tokens"), "key", (), "manage_users"),
    Screen("notification_choices", _("How I am told"), "bell-cog"),
    Screen("outbox", _("Outbox"), "send"),
    Screen("dry_run", _("Dry run, 30 days"), "flask"),
    Screen("scenario_uncovered", _("Who slips through"), "user-question"),
    Screen("approach", _("What works"), "arrow-up-right-circle"),
    Screen("schedules", _("Statements of account"), "calendar-repeat"),
    Screen("cash_unapplied", _("Unapplied cash"), "coins"),
    Screen("cash_mass", _("Mass lettrage"), "arrows-join"),
    Screen("cash_accounts", _("Bank accounts"), "building-bank"),
    Screen("cash_accounting", _("Accounting"), "book", (), "allocate"),
    Screen("cash_rates", _("Exchange rates"), "currency-euro", (), "allocate"),
    Screen("dispute_reasons", _("Reasons for a dispute"), "list-details", (), "edit_scenario"),
    Screen("call_scripts", _("Call scripts"), "script", (), "edit_scenario"),
    Screen("ranking", _("How the list is ranked"), "arrows-sort"),
    Screen("scorecard", _("Scorecard"), "chart-bar", (), "view_kpis"),
    Screen("inbox_accuracy", _("How well mails are understood"), "target"),
    Screen("task_new", _("New task"), "plus", (), "add_note"),
    Screen("user_new", _("Invite a person"), "user-plus", (), "manage_users"),
    Screen("campaign_new", _("New campaign"), "speakerphone", (), "edit_scenario"),
)
