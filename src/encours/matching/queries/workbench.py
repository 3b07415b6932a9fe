"""Read for the workbench: the lines that wait, one line with its candidates and proposals, items of any customer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from encours.access.rules import Permission, Scope, can
from encours.core.text import fold
from encours.customers.queries import owned_sql
from encours.matching.models import OPEN_STATES
from encours.matching.queries import book as facts_of
from encours.matching.rules import booking, kept
from encours.matching.rules.facts import Allocation, Highlight, Proposal, Residual, Treatment

LIKELY_PPM = 900_000  # proposals that may be accepted as a batch after a look
MONEY_COLUMNS = ("counterparty_name", "counterparty_iban", "ultimate_name", "text", "structured_reference",
                 "end_to_end_id", "mandate_id", "entry_reference")  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which lines the queue shows.

    `tab` is open, likely, unknown, returned, mine, applied, ignored or all; or a figure of a day: alone, confirmed,
    on_account, elsewhere.
    """

    tab: str = "open"
    account_id: int | None = None
    owner_id: int | None = None
    customer_id: int | None = None
    text: str = ""
    from_date: date | None = None
    to_date: date | None = None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One bank line in the queue."""

    line_id: int
    booking_date: date
    account_id: int
    account_name: str
    currency: str
    amount_minor: int
    payer_name: str
    text: str
    entry_reference: str
    state: str
    customer_id: int | None
    customer_number: str
    customer_name: str
    probability_ppm: int | None
    rival_count: int
    why_not: str
    how: str
    match_id: int | None
    owner_id: int | None
    owner_name: str
    note: str
    is_undone: bool

    @property
    def place(self) -> tuple[int, date, int]:
        """What the next page starts after."""
        return self.probability_ppm or 0, self.booking_date, self.line_id


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How much waits on one account, in one currency."""

    account_id: int
    account_name: str
    account_kind: str
    currency: str
    count: int
    amount_minor: int
    likely_count: int
    unknown_count: int
    returned_count: int
    oldest_date: date | None


# a batch whose payments are known is looked at payment by payment
_FROM = """
from payments_bankline b
join payments_bankaccount a on a.id = b.account_id
<join> matching_linework w on w.organisation_id = b.organisation_id and w.line_id = b.id
left join customers_customer c on c.id = w.customer_id
left join access_user u on u.id = w.owner_id
where b.organisation_id = %(organisation)s and b.detail_count = 0 and b.amount_minor <> 0
  and (b.batch_key = '' or not exists (select from payments_bankline p
      join matching_linework q on q.organisation_id = p.organisation_id and q.line_id = p.id and q.match_id is not null
      where p.organisation_id = b.organisation_id and p.key = b.batch_key))
"""
_ROW = """b.id, b.booking_date, b.account_id, coalesce(nullif(a.name, ''), nullif(a.iban, ''), a.account_number),
b.currency, b.amount_minor, coalesce(nullif(b.counterparty_name, ''), b.ultimate_name), b.text, b.entry_reference,
coalesce(w.state, 'waiting'), w.customer_id, coalesce(c.number, ''), coalesce(c.name, ''), w.probability_ppm,
coalesce(jsonb_array_length(w.rivals), 0), coalesce(w.why_not, ''), coalesce(w.how, ''), w.match_id, w.owner_id,
trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), coalesce(w.note, ''), coalesce(w.is_undone, false)
"""
# what each tab asks for, `<open>` being the condition that a line waits
_TABS = {
    "open": "<open>",
    "likely": f"<open> and w.state = 'proposed' and w.probability_ppm >= {LIKELY_PPM}",
    "unknown": "<open> and w.customer_id is null",
    "returned": "w.state = 'returned'",
    "mine": "<open> and w.owner_id = %(user)s",
    "applied": "w.state in ('applied', 'on_account', 'tied', 'booked')",
    "ignored": "w.state = 'ignored'",
    "all": "true",
    # as `figures.cash_days` counts them
    "alone": "w.how = 'alone' and w.state in ('applied', 'on_account', 'booked')",
    "confirmed": "w.how in ('confirmed', 'bulk', 'manual') and w.state = 'applied'",
    "on_account": "w.state = 'on_account' and w.how <> 'alone'",
    "elsewhere": "(w.state in ('booked', 'tied') and w.how <> 'alone' or w.state = 'ignored')",
}


def has_unseen_lines(organisation_id: int) -> bool:
    """Whether bank lines came in since the last run."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select exists (select from payments_bankline b where b.organisation_id = %(organisation)s
                   and b.id > coalesce((select max(w.line_id) from matching_linework w
                       where w.organisation_id = %(organisation)s), 0))""",
            {"organisation": organisation_id},
        )
        return bool(cursor.fetchone()[0])


def _source(scope: Scope, columns: str, where: str, rest: str = "") -> str:
    """The statement; lines that no run has seen yet are looked for only where there are some."""
    has_unseen = has_unseen_lines(scope.organisation_id)
    states = ", ".join(f"'{state}'" for state in OPEN_STATES)
    join, is_open = ("left join", f"coalesce(w.state, 'waiting') in ({states})") if has_unseen else (
        "join", f"w.state in ({states})")  # fmt: skip
    sql = f"select {columns} {_FROM} and {where} {rest}"
    return sql.replace("<join>", join).replace("<open>", is_open)


def _conditions(scope: Scope, chosen: QueueFilter) -> tuple[str, dict[str, Any]]:
    found = [_TABS.get(chosen.tab, "<open>")]
    if scope.entity_ids:
        found.append("b.entity_id = any(%(entities)s)")
    if scope.own_portfolio_only:
        found.append(owned_sql("c"))
    if chosen.account_id is not None:
        found.append("b.account_id = %(account)s")
    if chosen.owner_id is not None:
        found.append("w.owner_id = %(owner)s")
    if chosen.customer_id is not None:
        found.append("w.customer_id = %(customer)s")
    if chosen.from_date is not None:
        found.append("b.booking_date >= %(from)s")
    if chosen.to_date is not None:
        found.append("b.booking_date <= %(to)s")
    if chosen.text:
        found.append(
            "(encours_fold(b.text) like %(text)s or encours_fold(b.counterparty_name) like %(text)s"
            " or encours_fold(coalesce(c.name, '')) like %(text)s or b.entry_reference = %(plain)s)"
        )
    plain = fold(chosen.text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return " and ".join(found), {
        "organisation": scope.organisation_id,
        "open": list(OPEN_STATES),
        "entities": list(scope.entity_ids),
        "user": scope.user_id,
        "people": list(scope.people),
        "account": chosen.account_id,
        "owner": chosen.owner_id,
        "customer": chosen.customer_id,
        "from": chosen.from_date,
        "to": chosen.to_date,
        "text": f"%{plain}%",
        "plain": chosen.text,
    }


def queue(
    scope: Scope, chosen: QueueFilter = QueueFilter(), *, after: tuple[int, date, int] | None = None, limit: int = 50
) -> list[QueueRow]:
    """The bank lines of the queue, likeliest first, then oldest; those after the `place` of the last row seen."""
    where, parameters = _conditions(scope, chosen)
    if after is not None:
        where += """ and (coalesce(w.probability_ppm, 0) < %(p)s or (coalesce(w.probability_ppm, 0) = %(p)s
            and (b.booking_date, b.id) > (%(d)s, %(l)s)))"""
        parameters |= dict(zip("pdl", after, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _source(
                scope,
                _ROW,
                where,
                f"order by coalesce(w.probability_ppm, 0) desc, b.booking_date, b.id limit {int(limit)}",
            ),
            parameters,
        )
        return [QueueRow(*row) for row in cursor.fetchall()]


def queue_counts(scope: Scope) -> list[QueueCount]:
    """What waits, by account and currency; accounts where nothing waits are left out."""
    where, parameters = _conditions(scope, QueueFilter())
    columns = f"""b.account_id, coalesce(nullif(a.name, ''), nullif(a.iban, ''), a.account_number), a.kind, b.currency,
        count(*), sum(b.amount_minor)::bigint, count(*) filter (where {_TABS["likely"]}),
        count(*) filter (where {_TABS["unknown"]}), count(*) filter (where {_TABS["returned"]}), min(b.booking_date)"""
    with connection.cursor() as cursor:
        cursor.execute(_source(scope, columns, where, "group by 1, 2, 3, 4 order by 2, 4"), parameters)
        return [QueueCount(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One open item beside a line: what is open, what the proposal takes, what would be left."""

    item_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    kind: str
    document_number: str
    document_id: int | None
    instalment_number: int
    instalment_count: int
    item_date: date
    due_date: date
    currency: str
    entity_id: int
    amount_minor: int
    open_minor: int
    days_late: int
    allocated_minor: int = 0
    word: str = ""  # what was recognised of it in the line

    @property
    def left_minor(self) -> int:
        """What stays open once the proposal is applied, differences apart."""
        return self.open_minor - self.allocated_minor


@dataclass(frozen=True, slots=True)
class PastMatch:
    """One application of the line, and whether it stands."""

    match_id: int
    how: str
    match_date: date
    recorded_at: Any
    actor_name: str
    why: str
    is_undone: bool
    allocations: Sequence[Mapping[str, Any]]
    residuals: Sequence[Mapping[str, Any]]
    on_account_minor: int


@dataclass(frozen=True, slots=True)
class LineDetail:
    """One bank line with all that helps to decide about it."""

    row: QueueRow
    fields: Mapping[str, str]
    value_date: date
    entity_id: int
    return_reason: str
    original_currency: str
    original_amount_minor: int | None
    charges_minor: int
    proposal: Proposal | None
    rivals: Sequence[Proposal]
    highlights: Sequence[Highlight]
    candidates: Sequence[CandidateRow]
    undoes: Sequence[int] = ()
    history: Sequence[PastMatch] = field(default_factory=tuple)


def line_detail(line_id: int, *, scope: Scope, today: date, candidate_limit: int = 500) -> LineDetail | None:
    """One line: its words with highlights, the proposed customer's open items, the proposal and its rivals."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select {", ".join(f"b.{column}" for column in MONEY_COLUMNS)}, b.value_date, b.entity_id,
                       b.return_reason, b.original_currency, b.original_amount_minor, b.charges_minor, w.proposal,
                       w.rivals
                from payments_bankline b
                left join matching_linework w on w.organisation_id = b.organisation_id and w.line_id = b.id
                where b.organisation_id = %s and b.id = %s""",
            [scope.organisation_id, line_id],
        )
        found = cursor.fetchone()
    row = _row_of(line_id, scope)
    if found is None or row is None:
        return None
    width = len(MONEY_COLUMNS)
    stored, rivals = as_loaded(found[width + 6]), as_loaded(found[width + 7]) or []
    proposal = kept.from_json(stored) if stored and (stored["allocations"] or stored["customer_id"]) else None
    candidates = (
        customer_items(
            proposal.customer_id, scope=scope, today=today, currency=row.currency, entity_id=found[width + 1],
            proposal=proposal, limit=candidate_limit,
        )
        if proposal
        else []
    )  # fmt: skip
    return LineDetail(
        row=row,
        fields=dict(zip(MONEY_COLUMNS, found[:width], strict=True)),
        value_date=found[width],
        entity_id=found[width + 1],
        return_reason=found[width + 2],
        original_currency=found[width + 3],
        original_amount_minor=found[width + 4],
        charges_minor=found[width + 5],
        proposal=proposal,
        rivals=[kept.from_json(one) for one in rivals],
        highlights=proposal.highlights if proposal else (),
        candidates=candidates,
        undoes=tuple((stored or {}).get("undoes", ())),
        history=_history(line_id, scope.organisation_id),
    )


def as_loaded(value: Any) -> Any:
    """A jsonb column, which comes as text where a driver is told not to load it."""
    return json.loads(value) if isinstance(value, str) else value


def _row_of(line_id: int, scope: Scope) -> QueueRow | None:
    where, parameters = _conditions(scope, QueueFilter(tab="all"))
    with connection.cursor() as cursor:
        cursor.execute(_source(scope, _ROW, f"{where} and b.id = %(line)s"), {**parameters, "line": line_id})
        found = cursor.fetchone()
    return QueueRow(*found) if found else None


def _history(line_id: int, organisation_id: int) -> list[PastMatch]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select m.id, m.how, m.match_date, m.recorded_at, m.actor_name, m.why,
                      exists (select from matching_match u where u.organisation_id = m.organisation_id
                          and u.reverses_id = m.id), m.allocations, m.residuals, m.on_account_minor
               from matching_match m where m.organisation_id = %s and m.line_id = %s and m.reverses_id is null
               order by m.id desc""",
            [organisation_id, line_id],
        )
        rows = cursor.fetchall()
    return [
        PastMatch(*(as_loaded(value) if place in (7, 8) else value for place, value in enumerate(row))) for row in rows
    ]


_ITEMS = """
select i.id, i.customer_id, c.number, c.name, i.kind, i.document_number, i.document_id, i.instalment_number,
       i.instalment_count, i.item_date, i.due_date, i.currency, i.entity_id, i.amount_minor, i.open_minor,
       case when i.open_minor > 0 then greatest(0, %(today)s - i.due_date) else 0 end
from ledger_openitem i
join customers_customer c on c.id = i.customer_id
where i.organisation_id = %(organisation)s and i.open_minor <> 0 and i.account not like '418%%'
"""


def customer_items(
    customer_id: int,
    *,
    scope: Scope,
    today: date,
    currency: str | None = None,
    entity_id: int | None = None,
    proposal: Proposal | None = None,
    limit: int = 500,
) -> list[CandidateRow]:
    """What is open on a customer's account, what the proposal takes first, then the oldest due.

    Of all companies the reader sees; those of the company the money came to before the others.
    """
    allocated = {one.item_id: one.amount_minor for one in proposal.allocations} if proposal else {}
    sql = (
        f"{_ITEMS} and i.customer_id = %(customer)s {_visible(scope)}"
        " and (%(currency)s::text is null or i.currency = %(currency)s)"
        " order by i.id = any(%(allocated)s) desc, i.entity_id = %(entity)s desc nulls last,"
        f" i.due_date, i.id limit {int(limit)}"
    )
    rows = _items(
        sql, scope, today, customer=customer_id, currency=currency, entity=entity_id, allocated=list(allocated)
    )
    words = _words(proposal)
    return [
        CandidateRow(*row, allocated_minor=allocated.get(row[0], 0), word=words.get(row[5], ""))  # type: ignore[misc]  # the row is all the fields before
        for row in rows
    ]


def search_items(
    text: str, *, scope: Scope, today: date, currency: str | None = None, entity_id: int | None = None, limit: int = 50
) -> list[CandidateRow]:
    """Open items of any customer by document number, amount ("1234,50") or customer's name or number."""
    wanted = fold(text)
    amount = _amount(text)
    plain = wanted.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    sql = (
        f"{_ITEMS} {_visible(scope)} and (lower(i.document_number) like %(part)s or i.open_minor = %(amount)s"
        " or encours_fold(c.name) like %(part)s or lower(c.number) like %(start)s)"
        " and (%(currency)s::text is null or i.currency = %(currency)s)"
        " order by lower(i.document_number) = %(whole)s desc, i.open_minor = %(amount)s desc,"
        " i.entity_id = %(entity)s desc nulls last, i.due_date, i.id"
        f" limit {int(limit)}"
    )
    rows = _items(
        sql, scope, today, part=f"%{plain}%", start=f"{plain}%", whole=wanted, amount=amount, currency=currency,
        entity=entity_id,
    )  # fmt: skip
    return [CandidateRow(*row) for row in rows]


def _items(sql: str, scope: Scope, today: date, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "organisation": scope.organisation_id,
                "today": today,
                "entities": list(scope.entity_ids),
                "people": list(scope.people),
                **values,
            },
        )
        return list(cursor.fetchall())


def _visible(scope: Scope) -> str:
    found = ""
    if scope.entity_ids:
        found += " and i.entity_id = any(%(entities)s)"
    if scope.own_portfolio_only:
        found += f" and {owned_sql('c')}"
    return found


def _amount(text: str) -> int | None:
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace("€", "").replace(",", ".")
    whole, _, cents = plain.partition(".")
    if not whole.isdigit() or (cents and not cents.isdigit()) or len(cents) > 2 or len(whole) > 15:
        return None
    return int(whole) * 100 + int(cents.ljust(2, "0") or "0")


def _words(proposal: Proposal | None) -> dict[str, str]:
    """The word of the line each document was recognised by, where the reasons tell it."""
    found: dict[str, str] = {}
    for reason in proposal.reasons if proposal else ():
        number, word = reason.data.get("document_number"), reason.data.get("word") or reason.data.get("text")
        if number and word:
            found[str(number)] = str(word)
    return found


def live_totals(
    line_id: int,
    *,
    organisation_id: int,
    customer_id: int,
    allocations: Sequence[Allocation],
    residuals: Sequence[Residual] = (),
) -> booking.Totals | None:
    """What a choice being made comes to, by the very rule that would book it."""
    found = facts_of.line_of(organisation_id, line_id)
    if found is None:
        return None
    opens = open_by_id([one.item_id for one in allocations], organisation_id=organisation_id)
    money = found[1].money
    money = money._replace(entity_id=booking.taker(money, allocations, opens))
    return booking.totals(money, customer_id, allocations, residuals, opens)


def open_by_id(item_ids: Sequence[int], *, organisation_id: int) -> dict[int, booking.Open]:
    """Items as booking looks at them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select id, customer_id, entity_id, currency, open_minor, item_date, document_number
               from ledger_openitem where organisation_id = %s and id = any(%s)""",
            [organisation_id, list(item_ids)],
        )
        return {row[0]: booking.Open(*row) for row in cursor.fetchall()}


# how a difference may be treated, in the order the workbench offers it
RESIDUAL_CHOICES = (
    Treatment.PARTIAL,
    Treatment.DEDUCTION,
    Treatment.DISCOUNT,
    Treatment.CHARGE,
    Treatment.WITHHOLDING,
    Treatment.WRITE_OFF,
    Treatment.ON_ACCOUNT,
)


def write_off_limit(scope: Scope) -> int | None:
    """The most the reader may write off of one payment, in minor units; None is no limit, 0 nothing."""
    limit = facts_of.policy_row(scope.organisation_id).write_off_limits.get(scope.role)
    if limit is not None:
        return int(limit)
    return None if can(scope, Permission.WRITE_OFF) else 0
