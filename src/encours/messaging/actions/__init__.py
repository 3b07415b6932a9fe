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
from encours.messaging.actions.inbound import file_mail, judge_understanding, receive_mail, set_mail_aside
from encours.messaging.actions.mailboxes import MailboxForm, Pulled, pull_mailbox, save_mailbox
from encours.messaging.actions.outbox import (
    Queued,
    cancel_message,
    queue_message,
    queue_messages,
    settle_in_doubt,
    try_again,
)
from encours.messaging.actions.replies import (
    mark_reply_answered,
    mark_reply_read,
    needs_no_answer,
    record_reply,
    set_reply_policy,
)
from encours.messaging.actions.templates import install_default_templates, save_template_version

__all__ = [
    "AccountForm",
    "AccountIncomplete",
    "DeliveryReport",
    "MailboxForm",
    "PasswordInClear",
    "Pulled",
    "Queued",
    "cancel_message",
    "check_domain",
    "close_channel",
    "deliver_due",
    "file_mail",
    "install_default_templates",
    "judge_understanding",
    "lift_suppression",
    "mark_reply_answered",
    "mark_reply_read",
    "needs_no_answer",
    "open_channel",
    "pull_mailbox",
    "queue_message",
    "queue_messages",
    "receive_mail",
    "record_reply",
    "save_mail_account",
    "save_mailbox",
    "save_template_version",
    "scan_waiting",
    "set_mail_aside",
    "set_reply_policy",
    "settle_in_doubt",
    "suppress",
    "sweep_in_doubt",
    "try_again",
    "verify_mail_account",
]
