"""Words a page needs for what rooms name by codes; a code without a word is shown with its underscores taken out."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERBS: Mapping[str, Promise] = {
    "create_organisation": _("Organisation created"),
    "update_organisation": _("Organisation changed"),
    "enter_sandbox": _("Sandbox closed: nothing leaves"),
    "leave_sandbox": _("Sandbox opened: messages leave"),
    "create_entity": _("Company added"),
    "update_entity": _("Company changed"),
    "change_bank_details": _("Bank details changed"),
    "add_member": _("Person invited"),
    "change_role": _("Rights changed"),
    "deactivate_member": _("Access ended"),
    "update_profile": _("Profile changed"),
    "set_password": _("Password set"),
    "add_note": _("Note added"),
    "allocate": _("Allocated"),
    "undo_allocation": _("Allocation undone"),
    "post": _("Booked"),
    "check_books": _("Checked the books"),
    "reverse_item": _("Item reversed"),
    "open_dispute": _("Dispute opened"),
    "open_disputes": _("Disputes opened"),
    "close_dispute": _("Dispute closed"),
    "issue_token": _("API token issued"),
    "revoke_token": _("API token revoked"),
    "create_segment": _("Segment created"),
    "merge_customers": _("Customers merged"),
    "unmerge_customers": _("Customers separated again"),
    "import": _("File imported"),
    "save_mapping": _("Import settings kept"),
    "forget_mapping": _("Import settings forgotten"),
    "reinfer_due_dates": _("Due dates worked out again"),
    "run_dunning": _("Reminders decided"),
    "confirm_reminder": _("Reminder confirmed"),
    "release_reminder": _("Held reminder released"),
    "withdraw_reminder": _("Reminder withdrawn"),
    "take_out_of_reminder": _("Taken out of a reminder"),
    "put_back_in_reminder": _("Put back in a reminder"),
    "keep_out_of_step": _("Kept out of a step"),
    "pause_reminders": _("Reminders paused"),
    "resume_reminders": _("Reminders resumed"),
    "record_promise": _("Promise noted"),
    "withdraw_promise": _("Promise withdrawn"),
    "publish_scenario_version": _("Scenario published"),
    "rename_scenario": _("Scenario renamed"),
    "archive_scenario": _("Scenario archived"),
    "assign_scenario": _("Scenario assigned"),
    "assign_customers": _("Customers assigned"),
    "set_sending_policy": _("Sending rules changed"),
    "messages_queued": _("Messages queued"),
    "messages_delivered": _("Messages handed over"),
    "message_cancelled": _("Message cancelled"),
    "message_doubt_settled": _("Message in doubt settled"),
    "message_tried_again": _("Message sent again"),
    "reply_received": _("Reply received"),
    "reply_read": _("Reply read"),
    "template_version_saved": _("Template changed"),
    "default_templates_installed": _("Standard templates installed"),
    "channel_opened": _("Channel opened"),
    "channel_closed": _("Channel closed"),
    "address_suppressed": _("Address no longer written to"),
    "address_allowed_again": _("Address written to again"),
}


def verb(code: str) -> str:
    """A deed of the audit trail in words: "change_bank_details" -> "Bank details changed"."""
    words = VERBS.get(code)
    return str(words) if words is not None else code.replace("_", " ").capitalize()
