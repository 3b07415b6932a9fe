"""What became of bank lines, as the command and the API tell it: decided in this run, decided before, waiting."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection

from encours.core.money import decimal_string
from encours.core.processors import shared_out
from encours.matching.models import State
from encours.matching.queries.workbench import as_loaded
from encours.matching.rules import kept
from encours.matching.rules.facts import MILLION, Allocation, Reason, Residual

# what a state is called where programs read it
STATUS_OF = {
    State.WAITING: "unmatched",
    State.PROPOSED: "proposed",
    State.RETURNED: "proposed",
    State.APPLIED: "applied",
    State.ON_ACCOUNT: "applied",
    State.BOOKED: "applied",
    State.TIED: "applied",
    State.IGNORED: "ignored",
}
SHARED_FROM = 4_000  # lines from which telling them is shared out to the processors
RECENT_DAYS = 31  # how far back from the last booked day decided lines are told again

_TOLD = """
select b.id, b.entry_reference, b.bank_reference, coalesce(nullif(a.iban, ''), a.account_number), b.booking_date,
       b.currency, b.amount_minor, coalesce(nullif(b.counterparty_name, ''), b.ultimate_name), b.text,
       coalesce(w.state, 'waiting'), coalesce(w.how, ''), coalesce(c.number, ''), coalesce(c.name, ''),
       coalesce(m.probability_ppm, w.probability_ppm), coalesce(m.allocations, w.proposal -> 'allocations'),
       coalesce(m.residuals, w.proposal -> 'residuals'), coalesce(m.reasons, w.proposal -> 'reasons'),
       case when m.id is null then coalesce(jsonb_array_length(w.rivals), 0) else 0 end, coalesce(w.why_not, ''),
       coalesce(m.on_account_minor, 0), m.id
from payments_bankline b
join payments_bankaccount a on a.id = b.account_id
left join matching_linework w on w.organisation_id = b.organisation_id and w.line_id = b.id
left join customers_customer c on c.id = w.customer_id
left join matching_match m on m.id = w.match_id and m.organisation_id = w.organisation_id
where b.organisation_id = %(organisation)s and b.detail_count = 0 and b.amount_minor <> 0
  and b.booking_date <= %(today)s
  and (b.id = any(%(run)s::bigint[]) or (w.id is not null and b.booking_date >= %(since)s))
  and b.id <> all(%(known)s::bigint[])
order by b.booking_date, b.id
"""


class Row(NamedTuple):
    """A line and what became of it, as `_TOLD` reads it; a run that has just decided it need not read it again."""

    line_id: int
    entry_reference: str
    bank_reference: str
    account: str
    booking_date: date
    currency: str
    amount_minor: int
    payer_name: str
    text: str
    state: str
    how: str
    customer_number: str
    customer_name: str
    probability_ppm: int | None
    allocations: Sequence[Allocation]
    residuals: Sequence[Residual]
    reasons: Sequence[Reason]
    rival_count: int
    why_not: str
    on_account_minor: int
    match_id: int | None


def _read(row: Sequence[Any]) -> Row:
    allocations, residuals, reasons = (as_loaded(one) or () for one in row[14:17])
    evidence = kept.allocations_of(allocations), kept.residuals_of(residuals), kept.reasons_of(reasons)
    return Row._make((*row[:14], *evidence, *row[17:]))


def told[Told](
    organisation_id: int,
    *,
    today: date,
    run_line_ids: Collection[int],
    sentence: Callable[[Reason, str], str],
    made: Callable[[dict[str, Any]], Told],
    since: date | None = None,
    known: Mapping[int, tuple[date, Told]] | None = None,
) -> list[Told]:
    """The lines of a run and, besides, those decided earlier that were booked since a day (a month before the last).

    Each is handed to `made`, in whatever process has a share of them. `known` are lines that were made before, with
    their day: they are not read again.
    """
    in_run = set(run_line_ids)
    if since is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select max(booking_date) from payments_bankline where organisation_id = %s and booking_date <= %s",
                [organisation_id, today],
            )
            since = (cursor.fetchone()[0] or today) - timedelta(days=RECENT_DAYS)
    known = known or {}
    with connection.cursor() as cursor:
        cursor.execute(
            _TOLD,
            {
                "organisation": organisation_id,
                "today": today,
                "run": list(in_run.difference(known)),
                "since": since,
                "known": list(known),
            },
        )
        rows = [_read(row) for row in cursor.fetchall()]
    found = shared_out(
        lambda some: [made(document(row, sentence, is_new=row.line_id in in_run)) for row in some],
        rows,
        least=SHARED_FROM,
    )
    if not known:
        return found
    order = [(row.booking_date, row.line_id, one) for row, one in zip(rows, found, strict=True)]
    order += [(day, line_id, one) for line_id, (day, one) in known.items()]
    order.sort(key=lambda one: one[:2])
    return [one for _, _, one in order]


def document(row: Row, sentence: Callable[[Reason, str], str], *, is_new: bool) -> dict[str, Any]:
    """A line as docs/cli.md describes it; `is_new` when this very run looked at it."""
    (
        line_id, entry_reference, bank_reference, account, booking_date, currency, amount, payer, text, state, how,
        number, name, ppm, allocations, residuals, reasons, rivals, why_not, on_account, match_id,
    ) = row  # fmt: skip

    def money(minor: int) -> dict[str, str]:
        return {"amount": decimal_string(minor, currency), "currency": currency}

    left = [
        {
            "treatment": one.treatment.value,
            "amount": money(one.amount_minor),
            "invoice_number": one.document_number or None,
            "booked": one.is_booked,
        }
        for one in residuals
    ]
    return {
        "line": line_id,
        "entry_reference": entry_reference,
        "bank_reference": bank_reference,
        "account": account,
        "booking_date": booking_date.isoformat(),
        "amount": money(amount),
        "payer_name": payer,
        "text": text,
        "status": STATUS_OF[State(state)],
        "state": state,
        "how": how,
        "decided": "now" if is_new else "earlier",
        "match": match_id,
        "customer_number": number,
        "customer_name": name,
        "allocations": [
            {"invoice_number": one.document_number, "amount": money(one.amount_minor)} for one in allocations
        ],
        "residual": left[0] if left else None,
        "residuals": left,
        "on_account": money(on_account),
        "probability": round(ppm / MILLION, 6) if ppm is not None else None,
        "reasons": [{"code": one.code, "points": one.points, "text": sentence(one, currency)} for one in reasons],
        "rivals": rivals,
        "why_not": why_not,
    }
