"""Lines that are no customer's money, or that the books know already: booked on their account, or tied."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from encours.core.actors import Actor
from encours.core.errors import Conflict, gettext_noop
from encours.ledger import account_actions as ledger
from encours.ledger.actions import Posting
from encours.ledger.rules import open_day
from encours.matching.models import OPEN_STATES, How, Match
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow, KnownReceipt


class LineDecided(Conflict):
    """Somebody decided about the bank line first."""

    message = gettext_noop("Somebody has decided about this bank line already: look at it again.")


def book_on_accounts(
    *, organisation_id: int, lines: Sequence[tuple[BankRow, str, int]], by: Actor, today: date, how: str = How.ALONE
) -> int:
    """Book lines on an account that is no customer's, one transaction each: fees, interest, transfers. How many."""
    if not lines:
        return 0
    closed = facts_of.closed_days(organisation_id)
    numbers = {row.line_id: row.matched_before for row, _, _ in lines}
    made = ledger.book_entries(
        [
            ledger.Booked(
                Posting(
                    organisation_id=organisation_id,
                    entity_id=row.entity_id,
                    transaction_date=open_day(row.booking_date, closed_until=closed.get(row.entity_id)),
                    source="match",
                    key=f"bank:{row.line_id}:{numbers[row.line_id]}",
                ),
                debit=row.ledger_account,
                credit=account,
                currency=row.currency,
                amount_minor=row.amount_minor,
                why=row.text[:200],
            )
            for row, account, _ in lines
        ],
        by=by,
    )
    matches = Match.objects.bulk_create(
        Match(
            organisation_id=organisation_id,
            entity_id=row.entity_id,
            line_id=row.line_id,
            transaction_id=transaction_id,
            how=how,
            currency=row.currency,
            amount_minor=row.amount_minor,
            match_date=today,
            key=f"line:{row.line_id}:booked:{transaction_id}",
            actor_id=by.user_id,
            actor_name=by.name,
            reasons=[{"code": "rule", "points": 0, "data": {"account": account}}],
        )
        for (row, account, _), transaction_id in zip(lines, made, strict=True)
    )
    _move(organisation_id, [(row, match, rule) for (row, _, rule), match in zip(lines, matches, strict=True)],
          state="booked", how=how, today=today)  # fmt: skip
    return len(matches)


def tie(
    *,
    organisation_id: int,
    ties: Sequence[tuple[BankRow, KnownReceipt]],
    by: Actor,
    today: date,
    why: str = "",
) -> int:
    """Tie lines to receipts that came in with the books: nothing is booked, the line is simply no news. How many."""
    if not ties:
        return 0
    matches = Match.objects.bulk_create(
        Match(
            organisation_id=organisation_id,
            entity_id=row.entity_id,
            line_id=row.line_id,
            customer_id=known.customer_id,
            receipt_id=known.receipt_id,
            item_id=known.item_id,
            how=How.TIED,
            currency=row.currency,
            amount_minor=row.amount_minor,
            match_date=today,
            key=f"line:{row.line_id}:tied:{known.receipt_id}:{row.matched_before}",
            actor_id=by.user_id,
            actor_name=by.name,
            reasons=[{"code": "receipt_known", "points": 0}],
            why=why,
        )
        for row, known in ties
    )
    _move(organisation_id, [(row, match, 0) for (row, _), match in zip(ties, matches, strict=True)], state="tied",
          how=How.TIED, today=today)  # fmt: skip
    return len(matches)


def _move(
    organisation_id: int, rows: Sequence[tuple[BankRow, Match, int]], *, state: str, how: str, today: date
) -> None:
    """Give the lines their state; refused by the database when somebody else decided about one of them."""
    columns = [
        (row.line_id, row.entity_id, row.account_id, row.booking_date, row.currency, row.amount_minor,
         match.customer_id, match.pk, rule or None)
        for row, match, rule in rows
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into matching_linework as w (organisation_id, line_id, entity_id, account_id, booking_date,
                   currency, amount_minor, state, customer_id, match_id, rule_id, how, decided_date, why_not,
                   rivals, changed_at)
               select %(organisation)s, x.line_id, x.entity_id, x.account_id, x.booking_date, x.currency,
                   x.amount_minor, %(state)s, x.customer_id, x.match_id, x.rule_id, %(how)s, %(today)s, '', '[]',
                   transaction_timestamp()
               from unnest(%(a)s::bigint[], %(b)s::bigint[], %(c)s::bigint[], %(d)s::date[], %(e)s::text[],
                       %(f)s::bigint[], %(g)s::bigint[], %(h)s::bigint[], %(i)s::bigint[])
                   as x (line_id, entity_id, account_id, booking_date, currency, amount_minor, customer_id, match_id,
                       rule_id)
               on conflict (organisation_id, line_id) do update set state = excluded.state, how = excluded.how,
                   customer_id = excluded.customer_id, match_id = excluded.match_id, rule_id = excluded.rule_id,
                   decided_date = excluded.decided_date, why_not = '', changed_at = excluded.changed_at
               where w.state = any(%(open)s)""",
            {
                "organisation": organisation_id,
                "state": state,
                "how": how,
                "today": today,
                "open": list(OPEN_STATES),
                **dict(zip("abcdefghi", (list(column) for column in zip(*columns, strict=True)), strict=True)),
            },
        )
        if cursor.rowcount != len(rows):
            raise LineDecided(lines=len(rows) - cursor.rowcount)
