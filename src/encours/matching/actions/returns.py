"""Money the bank took back: which applied line it undoes, and reopening what that line had settled."""

from datetime import date, timedelta

from django.db import connection

from encours.matching.queries.book import BankRow

RETURN_DAYS = 90  # a debit can come back for eight weeks, a cheque for some more


class Returns:
    """Finds the applied lines that a returned one may undo."""

    def __init__(self, organisation_id: int) -> None:
        self.organisation_id = organisation_id

    def of(self, row: BankRow) -> tuple[int, ...]:
        """The matches that stand of lines with the opposite amount and the same reference or payer, latest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                """select m.id from matching_match m
                   join payments_bankline b on b.id = m.line_id and b.organisation_id = m.organisation_id
                   where m.organisation_id = %(organisation)s and b.account_id = %(account)s
                     and b.amount_minor = -%(amount)s and b.booking_date between %(first)s and %(last)s
                     and m.reverses_id is null
                     and not exists (select from matching_match u where u.organisation_id = m.organisation_id
                         and u.reverses_id = m.id)
                     and ((%(end_to_end)s <> '' and b.end_to_end_id = %(end_to_end)s)
                          or (%(iban)s <> '' and b.counterparty_iban = %(iban)s)
                          or (%(name)s <> '' and upper(b.counterparty_name) = upper(%(name)s)))
                   order by (b.end_to_end_id = %(end_to_end)s and %(end_to_end)s <> '') desc, b.booking_date desc
                   limit 3""",
                {
                    "organisation": self.organisation_id,
                    "account": row.account_id,
                    "amount": row.amount_minor,
                    "first": first_day(row.booking_date),
                    "last": row.booking_date,
                    "end_to_end": "" if row.end_to_end_id.upper() == "NOTPROVIDED" else row.end_to_end_id,
                    "iban": row.payer_iban,
                    "name": row.payer_name,
                },
            )
            return tuple(number for (number,) in cursor.fetchall())


def first_day(day: date) -> date:
    """The earliest day whose money can come back on this one."""
    return day - timedelta(days=RETURN_DAYS)
