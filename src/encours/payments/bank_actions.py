"""Book bank statements and their lines by sets, from temporary tables that an import has filled."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.access.models import Entity
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.payments import telling_actions as tellings
from encours.payments.models import AccountKind, BankAccount, Statement
from encours.payments.rules import Period, gap_before, neighbours

STAGED_COLUMNS = (
    "seq, batch_seq, statement_no, place, booking_date, value_date, currency, amount_minor, counterparty_name,"
    " counterparty_iban, ultimate_name, text, structured_reference, entry_reference, bank_reference, end_to_end_id,"
    " mandate_id, bank_code, return_reason, charges_minor, original_currency, original_amount_minor, details, digest"
)
_TABLES = """
    create temp table if not exists staged_bank_line (seq bigint, batch_seq bigint, statement_no int, place bigint,
        booking_date date, value_date date, currency text, amount_minor bigint, counterparty_name text,
        counterparty_iban text, ultimate_name text, text text, structured_reference text, entry_reference text,
        bank_reference text, end_to_end_id text, mandate_id text, bank_code text, return_reason text,
        charges_minor bigint, original_currency text, original_amount_minor bigint, details jsonb, digest text)
        on commit drop;
    create temp table if not exists staged_statement (number int, id bigint, account_id bigint, entity_id bigint,
        scope int, is_known boolean, family text, neighbours bigint[], from_date date, to_date date, is_interim boolean,
        difference_minor bigint) on commit drop;
    create temp table if not exists booking (seq bigint, statement_id bigint, account_id bigint, entity_id bigint,
        family text, statement_no int, booking_date date, amount_minor bigint, currency text, stem text, rank bigint,
        key text, known_id bigint) on commit drop;
    create temp table if not exists booked_batch (seq bigint, batch_id bigint, key text, batch_key text,
        entity_id bigint, account_id bigint, statement_id bigint) on commit drop;
    truncate staged_bank_line, staged_statement, booking, booked_batch;
"""
# the columns a line takes over from the staged one as they are
_CARRIED = (
    "booking_date, value_date, currency, amount_minor, counterparty_name, counterparty_iban, ultimate_name, text,"
    " structured_reference, entry_reference, bank_reference, end_to_end_id, mandate_id, bank_code, return_reason,"
    " charges_minor, original_currency, original_amount_minor, details"
)
_NUMBER_DIGITS_MIN = 7


class AccountEntityUnknown(Refused):
    """A statement is of an account nobody knows, and several companies could own it."""

    message = gettext_noop("Nobody knows account {account}: say which company it belongs to ({known}).")


class AccountOfAnother(Refused):
    """The statement's account belongs to another company than the one whose books were said to be brought in."""

    message = gettext_noop("Account {account} belongs to company {owner}, not to {code}.")


class AccountNotTold(Refused):
    """The file names no account, and several are known."""

    message = gettext_noop("The file does not say which account it is of: choose one of {known}.")


class AccountUnknown(NotFound):
    """The account that was named is not one of ours."""

    message = gettext_noop("There is no bank account {account}: {known} are known.")


@dataclass(frozen=True, slots=True)
class StatedAccount:
    """An account as a statement names it."""

    iban: str = ""
    number: str = ""
    bic: str = ""
    currency: str = ""
    name: str = ""
    kind: str = "bank"


@dataclass(slots=True)
class StagedStatement:
    """A statement whose lines are staged, `number` being its place in the file."""

    number: int
    account: StatedAccount
    name: str
    format: str
    is_interim: bool
    from_date: date
    to_date: date
    opening_minor: int | None
    closing_minor: int | None
    sum_minor: int
    line_count: int
    fingerprint: str
    account_id: int = 0
    entity_id: int = 0
    currency: str = ""
    id: int = 0
    scope: int = 0
    is_known: bool = False
    gap: tuple[int, date] | None = None
    created: int = 0
    neighbours: set[int] = field(default_factory=set)

    @property
    def difference_minor(self) -> int | None:
        """What the balances and the lines disagree by; None where a balance is missing."""
        if self.opening_minor is None or self.closing_minor is None:
            return None
        return self.closing_minor - self.opening_minor - self.sum_minor

    def period(self) -> Period:
        """Its place in the chain of balances."""
        return Period(
            self.id,
            self.from_date,
            self.to_date,
            self.opening_minor,
            self.closing_minor,
            self.difference_minor,
            self.is_interim,
        )

    def key(self) -> str:
        """By which the same statement is known again: its bounds, balances and lines."""
        told = (self.format[:4], self.name, self.from_date, self.to_date, self.opening_minor, self.closing_minor)
        digest = hashlib.sha256("|".join(map(str, told)).encode() + self.fingerprint.encode())
        return f"{self.format[:20]}-{digest.hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose books a bank file goes into."""

    organisation_id: int
    by: Actor
    entity_code: str | None = None
    account: str | None = None  # the IBAN or number a person chose for a file that names none


@dataclass(slots=True)
class Booked:
    """What staged statements became."""

    created: int = 0
    details: int = 0
    unchanged: int = 0
    accounts_added: list[int] = field(default_factory=list)


def prepare_staging() -> None:
    """Make the empty tables a bank file is staged in; the same ones for every file of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)


@transaction.atomic
def book_staged(owner: Owner, statements: Sequence[StagedStatement], *, import_id: int) -> Booked:
    """Book the staged lines that no earlier file has told, each once, and keep their statements.

    A line is known by account, day, amount, digest of its references and rank among equals; one that another format or
    a report of the day told in other words is known by its likeness (`rules.likeness`), and how it was told is kept.
    The payments of a batch are added below the batch, also when that came in first. Refuses an account whose company
    cannot be told.
    """
    booked = Booked()
    _lock(owner.organisation_id)
    for statement in statements:
        _resolve(owner, statement, booked)
    _place_in_chain(owner, statements)
    _stage_statements(statements)
    tellings.build_booking(organisation_id=owner.organisation_id, is_chained=any(one.neighbours for one in statements))
    recognised = tellings.recognise(organisation_id=owner.organisation_id)
    _keep_statements(owner, statements, import_id=import_id)
    tellings.keep_tellings(recognised, organisation_id=owner.organisation_id)
    _insert_lines(owner, import_id=import_id, booked=booked)
    _count(statements, booked)
    return booked


def _lock(organisation_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('payments.bank'), %s)", [organisation_id])


def _resolve(owner: Owner, statement: StagedStatement, booked: Booked) -> None:
    account = account_for(owner, statement.account)
    if account is None:
        account = _add_account(owner, _as_chosen(owner, statement.account))
        booked.accounts_added.append(account.pk)
    if owner.entity_code is not None and account.entity.code != owner.entity_code:
        raise AccountOfAnother(account=str(account), owner=account.entity.code, code=owner.entity_code)
    statement.account_id, statement.entity_id = account.pk, account.entity_id
    statement.currency = statement.account.currency or account.currency


def _as_chosen(owner: Owner, stated: StatedAccount) -> StatedAccount:
    """A further currency of the account a person chose bears its IBAN or number."""
    if owner.account is None or stated.iban or stated.number:
        return stated
    known = list(BankAccount.objects.filter(organisation_id=owner.organisation_id, is_active=True).order_by("pk"))
    chosen = _chosen(known, owner.account)
    return replace(stated, iban=chosen.iban, number=chosen.account_number, bic=chosen.bic)


def account_for(owner: Owner, stated: StatedAccount) -> BankAccount | None:
    """The known account a statement is of, or None for a new one; refuses to guess among several."""
    rows = BankAccount.objects.filter(organisation_id=owner.organisation_id, is_active=True).select_related("entity")
    known = list(rows.order_by("pk"))
    usable = [one for one in known if stated.currency in {"", one.currency}]
    if stated.iban or stated.number:
        return _named(usable, stated) or _learnt(owner, usable, stated)
    if owner.account is not None:
        chosen = _chosen(known, owner.account)
        if stated.currency in {"", chosen.currency}:
            return chosen
        # the same account in another currency is an account of its own
        return next((one for one in usable if _same_identity(one, chosen)), None)
    names = ", ".join(str(one) for one in usable)
    if stated.kind != AccountKind.BANK:
        usable = [one for one in usable if one.kind == stated.kind]
    if owner.entity_code is not None:
        usable = [one for one in usable if one.entity.code == owner.entity_code]
    if len(usable) > 1:
        raise AccountNotTold(known=names)
    return usable[0] if usable else None


def _chosen(known: Sequence[BankAccount], told: str) -> BankAccount:
    wanted = "".join(told.split()).upper()
    chosen = [one for one in known if wanted in {one.iban, one.account_number.upper(), str(one.pk)} - {""}]
    if not chosen:
        raise AccountUnknown(account=told, known=", ".join(str(one) for one in known) or "-")
    return chosen[0]


def _same_identity(one: BankAccount, other: BankAccount) -> bool:
    return (one.iban, one.account_number) == (other.iban, other.account_number)


def _named(known: Sequence[BankAccount], stated: StatedAccount) -> BankAccount | None:
    """By IBAN, or by number."""
    for one in known:
        if stated.iban and one.iban == stated.iban:
            return one
    number = stated.number or stated.iban
    for one in known:
        if number and number == one.account_number:
            return one
    return None


def _learnt(owner: Owner, known: Sequence[BankAccount], stated: StatedAccount) -> BankAccount | None:
    """The one account whose IBAN holds the number a statement gives, or the other way round; it then bears both.

    Kept, so that the next statement finds it whatever other accounts are known by then.
    """
    number = stated.number
    digits = number.rpartition("/")[2].lstrip("0")
    if len(digits) >= _NUMBER_DIGITS_MIN:
        held = [one for one in known if not one.account_number and one.iban.endswith(digits)]
    else:
        held = [one for one in known if _holds(stated.iban, one)]
    if len(held) != 1:
        return None
    account = held[0]
    account.iban, account.account_number = account.iban or stated.iban, account.account_number or number
    account.save(update_fields=["iban", "account_number"])
    record_audit(
        by=owner.by,
        organisation_id=owner.organisation_id,
        verb="name_bank_account",
        subject_kind="bank_account",
        subject_id=account.pk,
        details={"iban": account.iban, "number": account.account_number},
    )
    return account


def _holds(iban: str, account: BankAccount) -> bool:
    digits = account.account_number.rpartition("/")[2].lstrip("0")
    return bool(iban) and not account.iban and len(digits) >= _NUMBER_DIGITS_MIN and iban.endswith(digits)


def _add_account(owner: Owner, stated: StatedAccount) -> BankAccount:
    entities = list(Entity.objects.filter(organisation_id=owner.organisation_id).order_by("pk"))
    shown = stated.iban or stated.number or "-"
    entity = next((one for one in entities if stated.iban and one.iban.replace(" ", "") == stated.iban), None)
    if owner.entity_code is not None:
        entity = next((one for one in entities if one.code == owner.entity_code), entity)
    if entity is None and len(entities) != 1:
        raise AccountEntityUnknown(account=shown, known=", ".join(one.code for one in entities))
    entity = entity or entities[0]
    currency = stated.currency or entity.currency
    account = BankAccount.objects.create(
        organisation_id=owner.organisation_id,
        entity=entity,
        name=stated.name[:100],
        iban=stated.iban,
        account_number=stated.number,
        bic=stated.bic,
        currency=currency,
        kind=stated.kind,
        ledger_account="512" if stated.kind == AccountKind.BANK else "517",
    )
    record_audit(
        by=owner.by,
        organisation_id=owner.organisation_id,
        verb="add_bank_account",
        subject_kind="bank_account",
        subject_id=account.pk,
        details={"iban": account.iban, "number": account.account_number, "currency": currency, "entity": entity.code},
    )
    return account


def _place_in_chain(owner: Owner, statements: Sequence[StagedStatement]) -> None:
    """Find what each statement is a repetition of, follows, and leaves a gap to."""
    known_keys: dict[tuple[int, str], int] = {}
    periods: dict[int, list[Period]] = {}
    for row in Statement.objects.filter(
        organisation_id=owner.organisation_id, account_id__in={one.account_id for one in statements}
    ).order_by("to_date", "pk"):
        known_keys[row.account_id, row.key] = row.pk
        periods.setdefault(row.account_id, []).append(_period_of(row))
    new = [one for one in statements if (one.account_id, one.key()) not in known_keys]
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval('payments_statement_id_seq') from generate_series(1, %s)", [max(1, len(statements))]
        )
        ids = [row[0] for row in cursor.fetchall()]
    seen: set[tuple[int, str]] = set()
    scopes: dict[int, list[StagedStatement]] = {}
    for one, new_id in zip(statements, ids, strict=False):
        mark = (one.account_id, one.key())
        one.is_known = mark in known_keys or mark in seen
        one.id = known_keys.get(mark, new_id)
        seen.add(mark)
        one.scope = _scope(one, scopes.setdefault(one.account_id, []))
    for one in new:
        stored = periods.get(one.account_id, [])
        one.neighbours = neighbours(one.period(), stored) if one.period().is_whole else set()
        beside = [other.period() for other in statements if other.account_id == one.account_id]
        one.gap = gap_before(one.period(), [*stored, *beside])


def _period_of(row: Statement) -> Period:
    return Period(
        row.pk,
        row.from_date,
        row.to_date,
        row.opening_minor,
        row.closing_minor,
        row.difference_minor,
        row.is_interim,
    )


def _scope(statement: StagedStatement, before: list[StagedStatement]) -> int:
    """Statements that follow one another, and pages of one, count equal lines together."""
    scope = statement.number
    page_of = statement.name.partition("/")[0]
    for other in reversed(before):
        is_page = page_of and "/" in statement.name and other.name.partition("/")[0] == page_of
        is_next = statement.period().id != other.period().id and bool(neighbours(statement.period(), [other.period()]))
        if is_next or (is_page and other.name != statement.name):
            scope = other.scope
            break
    before.append(statement)
    return scope


def _stage_statements(statements: Sequence[StagedStatement]) -> None:
    with connection.cursor() as cursor:
        columns = "number, id, account_id, entity_id, scope, is_known, family, neighbours, from_date, to_date"
        with cursor.copy(f"copy staged_statement ({columns}, is_interim, difference_minor) from stdin") as stream:
            for one in statements:
                stream.write_row(
                    (
                        one.number,
                        one.id,
                        one.account_id,
                        one.entity_id,
                        one.scope,
                        one.is_known,
                        one.format.partition(".")[0],
                        sorted(one.neighbours),
                        one.from_date,
                        one.to_date,
                        one.is_interim,
                        one.difference_minor,
                    )
                )
        cursor.execute("analyze staged_statement; analyze staged_bank_line (batch_seq, booking_date, amount_minor)")


def _keep_statements(owner: Owner, statements: Sequence[StagedStatement], *, import_id: int) -> None:
    Statement.objects.bulk_create(
        Statement(
            pk=one.id,
            organisation_id=owner.organisation_id,
            account_id=one.account_id,
            key=one.key(),
            number=one.name[:70],
            format=one.format[:20],
            is_interim=one.is_interim,
            from_date=one.from_date,
            to_date=one.to_date,
            currency=one.currency,
            opening_minor=one.opening_minor,
            closing_minor=one.closing_minor,
            sum_minor=one.sum_minor,
            line_count=one.line_count,
            difference_minor=one.difference_minor,
            gap_minor=one.gap[0] if one.gap else None,
            gap_from_date=one.gap[1] if one.gap else None,
            import_id=import_id,
        )
        for one in statements
        if not one.is_known
    )


def _insert_lines(owner: Owner, *, import_id: int, booked: Booked) -> None:
    """Add the new entries, then the payments of batches that had none."""
    parameters = {"organisation": owner.organisation_id, "import": import_id}
    names = f"organisation_id, entity_id, account_id, statement_id, key, batch_key, detail_count, {_CARRIED}, import_id"
    carried = ", ".join(f"s.{name.strip()}" for name in _CARRIED.split(","))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into payments_bankline ({names}, recorded_at)
                select %(organisation)s, b.entity_id, b.account_id, b.statement_id, b.key, '', 0, {carried}, %(import)s,
                    transaction_timestamp()
                from booking b join staged_bank_line s on s.seq = b.seq where b.known_id is null order by b.seq""",
            parameters,
        )
        booked.created = cursor.rowcount
        # a known line without names or references is explained by a later file that has them: a batch of one
        cursor.execute(
            """insert into booked_batch
                select d.seq, l.id as batch_id, l.key || '/' || row_number() over (partition by l.id order by d.seq)
                    as key, l.key as batch_key, b.entity_id, b.account_id, b.statement_id
                from booking b join payments_bankline l on l.organisation_id = %(organisation)s
                    and (l.id = b.known_id or (b.known_id is null and l.key = b.key))
                join staged_bank_line d on d.batch_seq = b.seq
                where l.detail_count = 0
                union all
                select s.seq, l.id, l.key || '/1', l.key, b.entity_id, b.account_id, b.statement_id
                from booking b join payments_bankline l on l.organisation_id = %(organisation)s and l.id = b.known_id
                join staged_bank_line s on s.seq = b.seq
                where l.detail_count = 0 and l.counterparty_name || l.counterparty_iban || l.end_to_end_id
                        || l.structured_reference || l.mandate_id || l.return_reason = ''
                    and s.counterparty_name || s.counterparty_iban || s.end_to_end_id || s.structured_reference
                        || s.return_reason <> ''
                    and not exists (select from staged_bank_line d where d.batch_seq = b.seq)""",
            parameters,
        )
        cursor.execute(
            f"""insert into payments_bankline ({names}, recorded_at)
                select %(organisation)s, b.entity_id, b.account_id, b.statement_id, b.key, b.batch_key, 0, {carried},
                    %(import)s, transaction_timestamp()
                from booked_batch b join staged_bank_line s on s.seq = b.seq order by b.seq""",
            parameters,
        )
        booked.details = cursor.rowcount
        if booked.details:
            cursor.execute(
                """update payments_bankline l set detail_count = n.count
                   from (select batch_id, count(*) from booked_batch group by 1) n
                   where l.organisation_id = %(organisation)s and l.id = n.batch_id""",
                parameters,
            )


def _count(statements: Sequence[StagedStatement], booked: Booked) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select statement_no, count(*) from booking where known_id is null group by 1")
        created = dict(cursor.fetchall())
        cursor.execute("select count(*) from staged_bank_line where batch_seq is null")
        booked.unchanged = cursor.fetchone()[0] - booked.created
    for one in statements:
        one.created = created.get(one.number, 0)
