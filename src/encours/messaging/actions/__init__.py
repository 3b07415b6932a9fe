"""The only writers of templates, mail accounts and messages."""

from encours.messaging.actions.accounts import (
    AccountForm,
    AccountIncomplete,
    PasswordInClear,
    check_domain,
    close_channel,
    lift_suppression,
    open_channel,
    save_mail_account,
    suppress,
    verify_mail_account,
)
from encours.messaging.actions.attachments import scan_waiting
from encours.messaging.actions.delivery import DeliveryReport, deliver_due, sweep_in_doubt
from encours.messaging.actions.gateways import ask_gateways, save_gateway
from encours.messaging.actions.inbound import (
    file_mail,
    judge_understanding,
    receive_from_portal,
    receive_mail,
    set_mail_aside,
)
from encours.messaging.actions.mailboxes import (
    MailboxForm,
    Pulled,
    pull_mailbox,
    save_mailbox,
    switch_mailbox,
    verify_mailbox,
)
from encours.messaging.actions.oauth import connect_mailbox, refresh_tokens, save_oauth_client
from encours.messaging.actions.outbox import (
    Queued,
    cancel_message,
    queue_message,
    queue_messages,
    settle_in_doubt,
    try_again,
)
from encours.messaging.actions.paper import make_print_batch, note_returned, post_letters, put_back_letters
from encours.messaging.actions.providers import note_events, save_mail_provider
from encours.messaging.actions.replies import (
    mark_reply_answered,
    mark_reply_read,
    needs_no_answer,
    record_reply,
    set_reply_policy,
)
from encours.messaging.actions.reports import Report, note_news, note_reports
from encours.messaging.actions.templates import install_default_templates, save_template_version

__all__ = [
    "AccountForm",
    "AccountIncomplete",
    "DeliveryReport",
    "MailboxForm",
    "PasswordInClear",
    "Pulled",
    "Queued",
    "Report",
    "ask_gateways",
    "cancel_message",
    "check_domain",
    "close_channel",
    "connect_mailbox",
    "deliver_due",
    "file_mail",
    "install_default_templates",
    "judge_understanding",
    "lift_suppression",
    "make_print_batch",
    "mark_reply_answered",
    "mark_reply_read",
    "needs_no_answer",
    "note_events",
    "note_news",
    "note_reports",
    "note_returned",
    "open_channel",
    "post_letters",
    "pull_mailbox",
    "put_back_letters",
    "queue_message",
    "queue_messages",
    "receive_from_portal",
    "receive_mail",
    "record_reply",
    "refresh_tokens",
    "save_gateway",
    "save_mail_account",
    "save_mail_provider",
    "save_mailbox",
    "save_oauth_client",
    "save_template_version",
    "scan_waiting",
    "set_mail_aside",
    "set_reply_policy",
    "settle_in_doubt",
    "suppress",
    "sweep_in_doubt",
    "switch_mailbox",
    "try_again",
    "verify_mail_account",
    "verify_mailbox",
]
