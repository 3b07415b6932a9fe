"""What each KPI means, in words: its name, its formula and the conventions it stands on.

The sentences are English sources of the translation catalogues; screens, exports and the API show them translated.
"""

from dataclasses import dataclass

from encours.core.errors import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Definition:
    """One KPI: `rows` names what it opens to (items, settled, due, sales, customers), `better` the "
    "wished direction."""

    code: str
    name: str
    formula: str
    convention: str
    unit: str
    rows: str
    better: str = "lower"


CONVENTIONS = (
    _(
        "As of day D, as known at instant K: only events dated up to D and recorded up to K count, never "
        "today's status."
    ),
    _("Amounts include VAT on both sides, in the currency of the items; currencies are never added together."),
    _("The unit is the instalment, not the invoice."),
    _("Disputed items are included; documents dated after D are not."),
    _("Due today is not overdue: an instalment is overdue from the day after its due date."),
    _("The period includes its first and last day; its opening balance is that of the evening before the first day."),
    _(
        "Sales are invoices, deposits and debit notes less credit notes; a corrected document counts once, as "
        "corrected."
    ),
    _(
        "Paid means cleared by an allocation with a receipt, on the day of that allocation; a part cleared by "
        "a credit note, a write-off or a correction is no payment."
    ),
)

UNAPPLIED_DEDUCTED = _("Receipts and credit notes not applied yet are deducted, from the overdue first.")
UNAPPLIED_APART = _("Receipts and credit notes not applied yet are left out.")

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "outstanding",
        _("Outstanding"),
        _("Open balance of issued items at D, less receipts and credit notes not applied yet (switch)."),
        _("Net, it equals the balance of account 411 in the general ledger."),
        "money",
        "items",
    ),
    Definition("not_due", _("Not due"), _("Open balance of instalments due on D or later."), "", "money", "items"),
    Definition(
        "overdue",
        _("Overdue"),
        _("Open balance of instalments with a due date before D."),
        _("Receipts and credit notes not applied yet are not deducted."),
        "money",
        "items",
    ),
    Definition(
        "unapplied",
        _("Not applied"),
        _("Receipts, credit notes and other credits not applied yet at D, a negative amount."),
        "",
        "money",
        "items",
    ),
    Definition("overdue_share", _("Overdue share"), _("Overdue / Outstanding x 100."), "", "percent", "items"),
    Definition(
        "sales",
        _("Sales"),
        _("Credit sales incl. VAT of the period: invoices, deposits and debit notes less credit notes."),
        "",
        "money",
        "sales",
        "higher",
    ),
    Definition(
        "dso_simple",
        _("DSO, accounting method"),
        _("AR at the end of the period / credit sales incl. VAT of the period x days of the period."),
        _("No sales in the period: n/a."),
        "days",
        "items",
    ),
    Definition(
        "dso_countback",
        _("DSO, countback"),
        _(
            "From D back, AR is worn down by the sales of each month: a month used up adds its days (elapsed days "
            "for the current month), the last one AR left / sales x its days."
        ),
        _("A month without sales adds its days. When history runs out the figure is a minimum."),
        "days",
        "items",
    ),
    Definition(
        "bpdso_simple",
        _("Best possible DSO, accounting method"),
        _("AR not overdue at the end of the period / credit sales incl. VAT of the period x days of the period."),
        "",
        "days",
        "items",
    ),
    Definition(
        "bpdso_countback",
        _("Best possible DSO, countback"),
        _("Countback DSO with the AR that is not overdue."),
        "",
        "days",
        "items",
    ),
    Definition(
        "add_simple",
        _("ADD = DSO - best possible DSO, accounting method"),
        _("DSO - best possible DSO, both by the accounting method."),
        "",
        "days",
        "items",
    ),
    Definition(
        "add_countback",
        _("ADD = DSO - best possible DSO, countback"),
        _("DSO - best possible DSO, both by countback."),
        "",
        "days",
        "items",
    ),
    Definition(
        "add_weighted",
        _("Average days late, weighted"),
        _("Sum of (paid date - due date) x amount / sum of amounts, over the parts paid in the period."),
        _("Parts paid early count below zero, unless only late parts are asked for."),
        "days",
        "settled",
    ),
    Definition(
        "payment_delay",
        _("Weighted average payment delay"),
        _(
            "Sum of amount x (paid date - due date) / sum of amounts, over the parts paid in the period and what "
            "is overdue at D, taken as paid on D."
        ),
        _("Early payments count below zero; disputed items are included."),
        "days",
        "settled",
    ),
    Definition(
        "payment_rating",
        _("Payment rating"),
        _("From the weighted average payment delay: A up to 30 days, B up to 60, C up to 90, D beyond."),
        "",
        "grade",
        "settled",
    ),
    Definition(
        "days_to_pay",
        _("Average days to pay"),
        _("Sum of amount x (paid date - issue date) / sum of amounts, over instalments fully paid in the period."),
        _("Partial payments: each part with its own date."),
        "days",
        "settled",
    ),
    Definition(
        "cei",
        _("Collection effectiveness (CEI)"),
        _(
            "(AR at opening + sales of the period - AR at closing) / (AR at opening + sales of the period - AR "
            "not overdue at closing) x 100."
        ),
        _("Sales are those of the whole period, not divided by its months. Nothing to collect: n/a."),
        "percent",
        "sales",
        "higher",
    ),
    Definition(
        "turnover",
        _("Receivables turnover (ART)"),
        _("Net credit sales of 12 months / ((AR 12 months ago + AR at D) / 2)."),
        _("2 means that receivables are collected every 6 months."),
        "ratio",
        "sales",
        "higher",
    ),
    Definition(
        "collection_period", _("Average collection period"), _("365 / receivables turnover."), "", "days", "sales"
    ),
    Definition(
        "on_time_count_share",
        _("Paid on time, by count"),
        _(
            "Instalments due in the period and cleared by their due date plus the days of grace / instalments due "
            "in the period x 100."
        ),
        _(
            "Cleared by receipt, credit note or deduction. Due but still within its days on D: in the whole, "
            "neither on time nor late."
        ),
        "percent",
        "due",
        "higher",
    ),
    Definition(
        "on_time_amount_share",
        _("Paid on time, by amount"),
        _(
            "Amounts of instalments due in the period and cleared by their due date plus the days of grace / "
            "amounts due in the period x 100."
        ),
        _("An instalment cleared in part counts as not cleared."),
        "percent",
        "due",
        "higher",
    ),
    Definition(
        "late_count_share",
        _("Late rate, by count"),
        _("Instalments due in the period, cleared late or overdue / instalments due in the period x 100."),
        "",
        "percent",
        "due",
    ),
    Definition(
        "late_amount_share",
        _("Late rate, by amount"),
        _("Amounts of instalments due in the period, cleared late or overdue / amounts due in the period x 100."),
        "",
        "percent",
        "due",
    ),
    Definition(
        "top_ten_share",
        _("Share of the ten largest customers"),
        _("Open instalments of the ten customers who owe most / open instalments of all customers x 100."),
        _("Receipts and credit notes not applied yet are left out; customers are not grouped by parent company."),
        "percent",
        "customers",
    ),
    Definition(
        "herfindahl",
        _("Concentration (HHI)"),
        _("Sum over customers of (share of open instalments) squared; 1 when one customer owes all."),
        _("Receipts and credit notes not applied yet are left out."),
        "ratio",
        "customers",
    ),
    Definition(
        "customers_owing",
        _("Customers who owe"),
        _("Customers with an open instalment at D."),
        "",
        "count",
        "customers",
    ),
    Definition(
        "dso_day_value",
        _("Cash value of a DSO day"),
        _("Credit sales incl. VAT of the last 12 months / 365, rounded to the cent."),
        _("Days of DSO gained x this value = cash gained."),
        "money",
        "sales",
        "higher",
    ),
)

BY_CODE = {definition.code: definition for definition in DEFINITIONS}
