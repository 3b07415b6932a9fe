"""Load what the matching rules look at, in a few set-based queries: lines, open items, customers, what was learnt."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from encours.core.currencies import exponent
from encours.matching.models import OPEN_STATES, EvidenceCount, MatchingPolicy, MatchingRule
from encours.matching.rules import facts
from encours.matching.rules.booking import Money, Open
from encours.matching.rules.facts import Candidate, CustomerFacts, Habits, Learnt, Line

KINDS = ("invoice", "credit_note", "debit_note", "deposit")
KNOWN_DAYS = 7  # how far the books may date a receipt from the day the bank booked it


class BankRow(NamedTuple):
    """A bank line as the actions need it beside the rules' view of it."""

    line_id: int
    entity_id: int
    account_id: int
    ledger_account: str
    booking_date: date
    currency: str
    amount_minor: int
    entry_reference: str
    bank_reference: str
    end_to_end_id: str
    payer_name: str
    payer_iban: str
    text: str
    matched_before: int
    original_currency: str = ""
    original_amount_minor: int = 0

    @property
    def money(self) -> Money:
        """What booking looks at."""
        return Money(self.entity_id, self.currency, self.amount_minor, self.booking_date)

    @property
    def ordered(self) -> Money:
        """What the payer ordered, in the currency they ordered it in."""
        sign = 1 if self.amount_minor > 0 else -1
        return Money(self.entity_id, self.original_currency, sign * abs(self.original_amount_minor), self.booking_date)

    @property
    def number(self) -> str:
        """The number of the receipt it becomes: what the bank calls it, and our own number so that it is alone."""
        called = (self.entry_reference or self.bank_reference or self.booking_date.strftime("%Y%m%d"))[:60]
        again = f".{self.matched_before + 1}" if self.matched_before else ""
        return f"{called}-{self.line_id}{again}"


@dataclass(slots=True)
class Waiting:
    """The lines of a run: as the rules read them, and by their key as the actions do."""

    lines: list[Line] = field(default_factory=list)
    rows: dict[str, BankRow] = field(default_factory=dict)


@dataclass(slots=True)
class Loaded:
    """The open items of a run, and which of them were partly settled before."""

    candidates: list[Candidate]
    touched_ids: set[int]


# a batch that was applied as one amount is not applied again payment by payment, nor a batch whose payments are known
WAITING = """
from payments_bankline b
join payments_bankaccount c on c.id = b.account_id
left join matching_linework w on w.organisation_id = b.organisation_id and w.line_id = b.id
where b.organisation_id = %(organisation)s and b.detail_count = 0 and b.amount_minor <> 0
  and (w.id is null or w.state = any(%(open)s)) and b.booking_date <= %(today)s
  and (%(lines)s::bigint[] is null or b.id = any(%(lines)s))
  and (b.batch_key = '' or not exists (
      select from payments_bankline p join matching_linework q on q.organisation_id = p.organisation_id
          and q.line_id = p.id and q.match_id is not null
      where p.organisation_id = b.organisation_id and p.key = b.batch_key))
"""
LINES = f"""
select b.key, b.booking_date, b.currency, b.amount_minor, b.entry_reference, b.counterparty_name, b.counterparty_iban,
       b.ultimate_name, b.text, b.structured_reference, b.end_to_end_id, b.mandate_id, b.bank_code, b.return_reason,
       b.charges_minor, b.original_currency, coalesce(b.original_amount_minor, 0), b.entity_id, b.id, b.account_id,
       c.ledger_account, b.bank_reference, coalesce(w.is_undone, false), b.details -> 'documents',
       case when w.id is null then 0 else (select count(*) from matching_match m
           where m.organisation_id = b.organisation_id and m.line_id = b.id and m.reverses_id is null) end
{WAITING}
order by b.booking_date, b.id
"""
ITEMS = """
select i.id, i.customer_id, i.document_number, i.kind, i.item_date, i.due_date, i.currency, i.amount_minor,
       i.open_minor, coalesce(d.reference, ''), coalesce(d.order_number, ''), coalesce(d.external_id, ''),
       i.entity_id, null::date, 0, false, i.instalment_number, i.instalment_count, i.legs_first_date is not null
from ledger_openitem i
left join invoices_document d on d.id = i.document_id and d.organisation_id = i.organisation_id
where i.organisation_id = %(organisation)s and i.open_minor <> 0 and i.item_date <= %(today)s
  and i.kind = any(%(kinds)s) and i.account not like '418%%' and i.account not like '419%%'
"""


def waiting(organisation_id: int, *, today: date, line_ids: Collection[int] | None = None) -> Waiting:
    """The bank lines nobody has decided about, up to a day; some of them when they are named."""
    found = Waiting()
    advices = advice_lines(organisation_id)
    with connection.cursor() as cursor:
        cursor.execute(
            LINES,
            {
                "organisation": organisation_id,
                "open": list(OPEN_STATES),
                "today": today,
                "lines": None if line_ids is None else list(line_ids),
            },
        )
        for row in cursor.fetchall():
            line, found.rows[row[0]] = _read(row, advices)
            found.lines.append(line)
    return found


def are_many_new(organisation_id: int, *, least: int) -> bool:
    """Whether at least so many lines came since the last one a run or a person looked at.

    Told from the ends of two indexes: a hint of how much waits, which costs nothing however long the history is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """select count(*) >= %(least)s from (
                   select from payments_bankline where organisation_id = %(organisation)s and id > coalesce(
                       (select max(line_id) from matching_linework where organisation_id = %(organisation)s), 0)
                   order by id desc limit %(least)s) as new""",
            {"organisation": organisation_id, "least": least},
        )
        return bool(cursor.fetchone()[0])


def line_of(organisation_id: int, line_id: int) -> tuple[Line, BankRow] | None:
    """One line with its state left aside; None where it is not of this organisation."""
    with connection.cursor() as cursor:
        cursor.execute(
            LINES.replace("and (w.id is null or w.state = any(%(open)s)) and b.booking_date <= %(today)s", "")
            .replace("b.detail_count = 0 and b.amount_minor <> 0", "b.id = %(line)s")
            .replace("and (%(lines)s::bigint[] is null or b.id = any(%(lines)s))", ""),
            {"organisation": organisation_id, "line": line_id},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return _read(row, advice_lines(organisation_id, line_id))


def _read(row: tuple[Any, ...], advices: Mapping[int, tuple[facts.AdviceLine, ...]]) -> tuple[Line, BankRow]:
    line_id, account_id, ledger_account, bank_reference, is_undone, documents, before = row[18:]
    advice = advices.get(line_id, ())
    if documents and not advice:
        advice = tuple(announced(documents, currency=row[2]))
    line = Line._make((*row[:18], advice, is_undone, 0))
    return line, BankRow(
        line_id, line.entity_id, account_id, ledger_account, line.booking_date, line.currency, line.amount_minor,
        line.entry_reference, bank_reference, line.end_to_end_id, line.counterparty_name or line.ultimate_name,
        line.counterparty_iban, line.text, before, line.original_currency, line.original_amount_minor,
    )  # fmt: skip


def advice_lines(organisation_id: int, line_id: int | None = None) -> dict[int, tuple[facts.AdviceLine, ...]]:
    """What payers announced for the lines their advices are joined to."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select a.bank_line_id, l.invoice_number, nullif(l.amount_minor, 0), l.discount_minor, l.deduction_minor,
                      l.deduction_reason
               from payments_remittanceadvice a
               join payments_remittanceline l on l.organisation_id = a.organisation_id and l.advice_id = a.id
               where a.organisation_id = %s and a.bank_line_id is not null
                 and (%s::bigint is null or a.bank_line_id = %s)
               order by a.id, l.position""",
            [organisation_id, line_id, line_id],
        )
        found: dict[int, list[facts.AdviceLine]] = {}
        for number, *line in cursor.fetchall():
            found.setdefault(number, []).append(facts.AdviceLine(*line))
    return {number: tuple(lines) for number, lines in found.items()}


def announced(documents: Any, *, currency: str) -> Iterator[facts.AdviceLine]:
    """The documents that a structured remittance names within the bank line itself."""
    for one in json.loads(documents) if isinstance(documents, str) else documents:
        amount, discount = (_minor(one.get(name), currency) for name in ("amount", "discount"))
        yield facts.AdviceLine(one["number"], amount, discount or 0)


def _minor(text: str | None, currency: str) -> int | None:
    try:
        return None if not text else int(Decimal(text).scaleb(exponent(currency)))
    except ArithmeticError:
        return None


def open_items(organisation_id: int, *, today: date, claimed_ids: Collection[int] = ()) -> Loaded:
    """What customers owe and are owed, up to a day."""
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, {"organisation": organisation_id, "today": today, "kinds": list(KINDS)})
        rows = cursor.fetchall()
    claimed = frozenset(claimed_ids)
    candidates = [Candidate._make(row[:18]) for row in rows]
    if claimed:
        candidates = [one._replace(is_claimed=True) if one.item_id in claimed else one for one in candidates]
    return Loaded(candidates, {row[0] for row in rows if row[18]})


def opens_of(candidates: Sequence[Candidate]) -> dict[int, Open]:
    """The same items as booking looks at them."""
    return {
        one.item_id: Open(
            one.item_id, one.customer_id, one.entity_id, one.currency, one.open_minor, one.item_date,
            one.document_number,
        )
        for one in candidates
    }  # fmt: skip


def customers(organisation_id: int) -> list[CustomerFacts]:
    """Every customer that stands for itself, with the accounts and names of those merged into it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select id, number, name, iban, vat_number, siren, external_id, coalesce(parent_id, 0), city,
                      merged_into_id
               from customers_customer where organisation_id = %s""",
            [organisation_id],
        )
        rows = cursor.fetchall()
    merged: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        if row[9] is not None:
            merged.setdefault(row[9], []).append((row[2], row[3]))
    found = []
    for customer_id, number, name, iban, vat, siren, external_id, parent_id, city, into in rows:
        if into is not None:
            continue
        twins = merged.get(customer_id, ())
        ibans = tuple(one for one in (iban, *(twin[1] for twin in twins)) if one)
        found.append(
            CustomerFacts(
                customer_id, number, name, ibans, tuple(twin[0] for twin in twins), vat, siren, external_id,
                parent_id, (), city,
            )
        )  # fmt: skip
    return found


def learnt(organisation_id: int) -> Learnt:
    """What was learnt from matches, and from the payers that receipts of the books name."""
    payers: dict[str, dict[int, int]] = {}
    names: dict[str, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """select kind, value, customer_id, confirmed_count - undone_count from matching_payeralias
               where organisation_id = %s and confirmed_count <> undone_count""",
            [organisation_id],
        )
        for kind, value, customer_id, count in cursor.fetchall():
            (payers if kind == "iban" else names).setdefault(value, {})[customer_id] = count
        cursor.execute(
            """select replace(payer_iban, ' ', ''), customer_id, count(*) from payments_receipt
               where organisation_id = %s and payer_iban <> '' and import_id is not null group by 1, 2""",
            [organisation_id],
        )
        for value, customer_id, count in cursor.fetchall():
            known = payers.setdefault(value, {})
            known[customer_id] = known.get(customer_id, 0) + count
    evidence = EvidenceCount.objects.filter(organisation_id=organisation_id)
    return Learnt(
        payers=payers,
        names=names,
        habits=_habits(organisation_id),
        evidence={row.signature: (row.right_count, row.wrong_count) for row in evidence},
    )


def _habits(organisation_id: int) -> dict[int, Habits]:
    plain: dict[int, dict[str, int]] = {}
    short: dict[int, dict[str, dict[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select customer_id, kind, value, count from matching_habitcount where organisation_id = %s and count > 0",
            [organisation_id],
        )
        for customer_id, kind, value, count in cursor.fetchall():
            if kind.startswith("short_by"):
                short.setdefault(customer_id, {}).setdefault(kind, {})[value] = count
            else:
                plain.setdefault(customer_id, {})[kind] = count
    return {
        customer_id: Habits(**plain.get(customer_id, {}), **short.get(customer_id, {}))  # type: ignore[arg-type]  # the kinds are its fields
        for customer_id in plain.keys() | short.keys()
    }


def policy_row(organisation_id: int) -> MatchingPolicy:
    """The organisation's policy, the usual one where none was set."""
    found = MatchingPolicy.objects.filter(organisation_id=organisation_id).first()
    return found or MatchingPolicy(organisation_id=organisation_id)


def policy(organisation_id: int) -> facts.Policy:
    """The policy and the users' rules as the matching rules read them."""
    row = policy_row(organisation_id)
    named = (
        "alone_min_ppm", "rival_margin", "tolerance_minor", "charges_max_minor", "discount_grace_days",
        "discount_max_permyriad", "deduction_max_permyriad", "books_discounts_alone", "books_rounding_alone",
        "books_charges_alone", "applies_on_account_alone", "old_line_days",
    )  # fmt: skip
    rules = MatchingRule.objects.filter(organisation_id=organisation_id, is_active=True).order_by("position", "pk")
    return facts.Policy(
        **{name: getattr(row, name) for name in named},
        withholding_permyriad=tuple(row.withholding_permyriad),
        imputation=facts.Imputation(row.imputation),
        rules=tuple(as_user_rule(rule) for rule in rules),
        entities_share=False,
    )


def as_user_rule(rule: MatchingRule) -> facts.UserRule:
    """A rule as the matching rules read it."""
    return facts.UserRule(
        rule_id=rule.pk,
        effect=facts.RuleEffect(rule.effect),
        name_contains=rule.name_contains,
        text_contains=rule.text_contains,
        iban=rule.iban,
        bank_code=rule.bank_code,
        direction=rule.direction,
        amount_min_minor=rule.amount_min_minor,
        amount_max_minor=rule.amount_max_minor,
        customer_id=rule.customer_id or 0,
        account=rule.account,
    )


class KnownReceipt(NamedTuple):
    """A receipt of the books that no bank line is tied to yet."""

    receipt_id: int
    item_id: int
    customer_id: int
    received_date: date
    payer_name: str
    payer_iban: str
    customer_iban: str
    open_minor: int


def known_receipts(
    organisation_id: int, rows: Mapping[str, BankRow], *, around_days: int = KNOWN_DAYS
) -> dict[tuple[int, str, int], list[KnownReceipt]]:
    """The receipts that came in with the books around the days of these lines, by company, currency and amount."""
    if not rows:
        return {}
    days = [row.booking_date for row in rows.values()]
    around = timedelta(days=around_days)
    with connection.cursor() as cursor:
        cursor.execute(
            """select r.entity_id, r.currency, r.amount_minor, r.id, i.id, i.customer_id, r.received_date, r.payer_name,
                      replace(r.payer_iban, ' ', ''), replace(c.iban, ' ', ''), i.open_minor
               from payments_receipt r
               join ledger_openitem i on i.organisation_id = r.organisation_id and i.document_id = r.id
                   and i.kind in ('receipt', 'refund')
               join customers_customer c on c.id = i.customer_id
               where r.organisation_id = %(organisation)s and r.entity_id = any(%(entities)s)
                 and r.received_date between %(first)s and %(last)s and r.import_id is not null
                 and not exists (select from ledger_openitem v where v.organisation_id = i.organisation_id
                     and v.reverses_id = i.id)
                 and not exists (select from matching_match m where m.organisation_id = r.organisation_id
                     and m.receipt_id = r.id and m.reverses_id is null
                     and not exists (select from matching_match u where u.organisation_id = m.organisation_id
                         and u.reverses_id = m.id))""",
            {
                "organisation": organisation_id,
                "entities": list({row.entity_id for row in rows.values()}),
                "first": min(days) - around,
                "last": max(days) + around,
            },
        )
        found: dict[tuple[int, str, int], list[KnownReceipt]] = {}
        for row in cursor.fetchall():
            found.setdefault((row[0], row[1], row[2]), []).append(KnownReceipt(*row[3:]))
    return found


def books_covered_until(organisation_id: int) -> dict[int, date]:
    """For each company, the last day of which receipts came in with its books."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select e.id, (select r.received_date from payments_receipt r
                   where r.organisation_id = e.organisation_id and r.entity_id = e.id and r.import_id is not null
                   order by r.received_date desc limit 1)
               from access_entity e where e.organisation_id = %s""",
            [organisation_id],
        )
        return {entity_id: day for entity_id, day in cursor.fetchall() if day is not None}


def closed_days(organisation_id: int) -> dict[int, date]:
    """For each company that closes periods, the last closed day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct on (entity_id) entity_id, closed_until from ledger_closing
               where organisation_id = %s order by entity_id, id desc""",
            [organisation_id],
        )
        return dict(cursor.fetchall())


def account_names(organisation_id: int) -> dict[int, str]:
    """What each bank account is called where programs read it: its IBAN, else its number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select id, coalesce(nullif(iban, ''), account_number) from payments_bankaccount
               where organisation_id = %s""",
            [organisation_id],
        )
        return dict(cursor.fetchall())


def numbers_of(customer_ids: Collection[int], *, organisation_id: int) -> Mapping[int, tuple[str, str]]:
    """Number and name of each customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, number, name from customers_customer where organisation_id = %s and id = any(%s)",
            [organisation_id, list(customer_ids)],
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
