"""Which staged bank lines are known already, from temporary tables; how further formats told them is kept."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import connection

from encours.payments.rules import Period, Sighting, paired, tells_whole_day

_SAME_WITHIN_DAYS = 3
_TOLD = "booking_date, bank_reference, end_to_end_id, structured_reference, counterparty_iban, counterparty_name, text"


def build_booking(*, organisation_id: int, is_chained: bool) -> None:
    """Build `booking`: the entries of new statements with their keys; equal ones of a statement are numbered.

    `is_chained`: some statement follows one that is known, so that equal lines are numbered on from its.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into booking
               select distinct on (key) * from (
                   select seq, statement_id, account_id, entity_id, family, statement_no, booking_date, amount_minor,
                       currency, stem, rank, stem || '-' || rank as key, null::bigint as known_id
                   from (select s.seq, t.id as statement_id, t.account_id, t.entity_id, t.family,
                             t.number as statement_no, s.booking_date, s.amount_minor, s.currency,
                             t.account_id || '-' || to_char(s.booking_date, 'YYYYMMDD') || '-' || s.amount_minor || '-'
                                 || s.digest as stem,
                             row_number() over (partition by t.account_id, t.scope, s.booking_date, s.amount_minor,
                                 s.digest order by s.seq) as rank
                         from staged_bank_line s join staged_statement t on t.number = s.statement_no
                         where s.batch_seq is null and not t.is_known) ranked) keyed
               order by key, seq"""
        )
        if is_chained:
            _count_on(cursor, organisation_id)
        cursor.execute("analyze booking")


def _count_on(cursor: Any, organisation_id: int) -> None:
    """Equal lines of statements that follow one another within a day are numbered on, not taken for one."""
    cursor.execute(
        """update booking b set rank = b.rank + o.last_rank, key = b.stem || '-' || (b.rank + o.last_rank)
           from (select w.key, max(substring(l.key from '[0-9]+$')::int) as last_rank
                 from booking w join staged_statement t on t.number = w.statement_no
                 join lateral (
                     select k.key from payments_bankline k
                     where k.organisation_id = %(organisation)s and k.account_id = w.account_id
                         and k.booking_date = w.booking_date and k.amount_minor = w.amount_minor
                         and k.statement_id = any(t.neighbours) and k.key like w.stem || '-%%' and k.batch_key = ''
                     union all
                     select g.key from payments_bankline k
                     join payments_linetelling g on g.organisation_id = k.organisation_id and g.line_id = k.id
                     where k.organisation_id = %(organisation)s and k.account_id = w.account_id
                         and k.booking_date between w.booking_date - %(days)s and w.booking_date + %(days)s
                         and k.amount_minor = w.amount_minor and g.statement_id = any(t.neighbours)
                         and g.key like w.stem || '-%%') l on true
                 where t.neighbours <> '{}' group by w.key) o
           where o.key = b.key""",
        {"organisation": organisation_id, "days": _SAME_WITHIN_DAYS},
    )


def recognise(*, organisation_id: int) -> list[int]:
    """Mark what is booked already, and say which rows were found by likeness alone.

    First by the key of the line or of a telling of it, then by likeness to a line that no other row of the file is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """update booking b set known_id = l.id from payments_bankline l
               where l.organisation_id = %s and l.key = b.key""",
            [organisation_id],
        )
        cursor.execute(
            """update booking b set known_id = g.line_id from payments_linetelling g
               where g.organisation_id = %s and g.key = b.key and b.known_id is null""",
            [organisation_id],
        )
        groups = _unknown(cursor, organisation_id)
        if not groups:
            return []
        known = _tellings({one for group in groups.values() for _, ids in group for one in ids}, organisation_id)
        pairs: dict[int, int] = {}
        for group in groups.values():
            candidates = {one for _, ids in group for one in ids}
            told = [telling for one in sorted(candidates) for telling in known[one]]
            pairs |= paired(told, [sighting for sighting, _ in group])
        if pairs:
            cursor.execute(
                """update booking b set known_id = p.known_id
                   from unnest(%s::bigint[], %s::bigint[]) as p (seq, known_id) where p.seq = b.seq""",
                [list(pairs), list(pairs.values())],
            )
    return list(pairs)


def _unknown(cursor: Any, organisation_id: int) -> dict[tuple[Any, ...], list[tuple[Sighting, list[int]]]]:
    """Rows whose key nobody knows, by account, currency and amount, each with the lines it may be.

    A line told by a statement that shares none with this one is not among them.
    """
    cursor.execute(
        """select b.seq, b.booking_date, b.family, s.bank_reference, s.end_to_end_id, s.structured_reference,
               s.counterparty_iban, s.counterparty_name, s.text, t.from_date, t.to_date, t.is_interim,
               t.difference_minor, b.account_id, b.currency, b.amount_minor, array_agg(l.id)
           from booking b join staged_bank_line s on s.seq = b.seq
           join staged_statement t on t.number = b.statement_no
           join payments_bankline l on l.organisation_id = %s and l.account_id = b.account_id
               and l.booking_date between b.booking_date - %s and b.booking_date + %s
               and l.amount_minor = b.amount_minor and l.currency = b.currency and l.batch_key = ''
           where b.known_id is null and not exists (select from booking x where x.known_id = l.id)
               and not (l.statement_id = any(t.neighbours))
               and not exists (select from payments_linetelling g where g.organisation_id = l.organisation_id
                   and g.line_id = l.id and g.statement_id = any(t.neighbours))
           group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16""",
        [organisation_id, _SAME_WITHIN_DAYS, _SAME_WITHIN_DAYS],
    )
    groups: dict[tuple[Any, ...], list[tuple[Sighting, list[int]]]] = {}
    for row in cursor.fetchall():
        whole = tells_whole_day(Period(0, row[9], row[10], None, None, row[12], row[11]), row[1], family=row[2])
        groups.setdefault(row[13:16], []).append((replace(Sighting(*row[:9]), is_day_whole=whole), row[16]))
    return groups


def _tellings(ids: set[int], organisation_id: int) -> Mapping[int, list[Sighting]]:
    """How lines were told: by the format they were booked from first, then by others."""
    found: dict[int, list[Sighting]] = {one: [] for one in ids}
    with connection.cursor() as cursor:
        for table, line in (("payments_bankline", "id"), ("payments_linetelling", "line_id")):
            told = ", ".join(f"l.{name.strip()}" for name in _TOLD.split(","))
            cursor.execute(
                f"""select l.{line}, coalesce(split_part(s.format, '.', 1), ''), {told}, s.from_date, s.to_date,
                        s.is_interim, s.difference_minor
                    from {table} l left join payments_statement s on s.id = l.statement_id
                        and s.organisation_id = l.organisation_id
                    where l.organisation_id = %s and l.{line} = any(%s) order by l.id""",
                [organisation_id, sorted(ids)],
            )
            for line_id, family, day, *words, first, last, is_interim, difference in cursor.fetchall():
                is_whole = first is not None and tells_whole_day(
                    Period(0, first, last, None, None, difference, is_interim), day, family=family
                )
                found[line_id].append(replace(Sighting(line_id, day, family, *words), is_day_whole=is_whole))
    return found


def keep_tellings(rows: list[int], *, organisation_id: int) -> None:
    """Add how this file told the lines that were recognised by likeness."""
    if not rows:
        return
    carried = ", ".join(f"s.{name.strip()}" for name in _TOLD.split(","))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into payments_linetelling (organisation_id, line_id, statement_id, key, {_TOLD}, recorded_at)
                select %s, b.known_id, b.statement_id, b.key, {carried}, transaction_timestamp()
                from booking b join staged_bank_line s on s.seq = b.seq
                where b.seq = any(%s) and b.known_id is not null order by b.seq""",
            [organisation_id, rows],
        )
