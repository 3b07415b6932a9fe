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
}


def verb(code: str) -> str:
    """A deed of the audit trail in words: "change_bank_details" -> "Bank details changed"."""
    words = VERBS.get(code)
    return str(words) if words is not None else code.replace("_", " ").capitalize()
