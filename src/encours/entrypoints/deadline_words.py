"""What each deadline asks for, in words: for the calendar of the desk and the command line."""

from django.utils.translation import gettext_lazy as _

from encours.recovery.rules.deadlines import Kind

KIND_WORDS = {
    Kind.LIMITATION: _("Limitation: sue, or have the debt acknowledged"),
    Kind.TITLE: _("Title: enforce it"),
    Kind.ORDER_SERVICE: _("Order to pay: have it served"),
    Kind.OPPOSITION: _("Order to pay: the debtor may still oppose it"),
    Kind.CLAIM_FILING: _("Insolvency: file the claim"),
    Kind.CLAIM_RELIEF: _("Insolvency: ask for relief from the time bar"),
    Kind.RETENTION: _("Insolvency: claim the goods sold under retention of title"),
    Kind.DEDUCTION: _("Deduction: contest it"),
    Kind.MANDATE: _("Direct debit mandate: use it, or have it signed anew"),
    Kind.INSURER_NOTICE: _("Credit insurance: declare what is late"),
    Kind.INSURER_CLAIM: _("Credit insurance: ask the insurer to pay"),
    Kind.NOTICE: _("Formal notice: the day given to pay"),
}
