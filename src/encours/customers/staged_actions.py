"""Write customers and contacts by sets, from temporary tables that an import has filled."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection

# who a customer belongs to, as files name them: by e-mail address or by name
OWNERS = ("collector", "sales_rep", "success_owner")
_TEXTS = (
    "external_id",
    "name",
    "legal_form",
    "siren",
    "siret",
    "vat_number",
    "naf_code",
    "street",
    "postcode",
    "city",
    "country",
    "language",
    "email",
    "phone",
    "iban",
    "terms",
    "notes",
)
CUSTOMER_TABLE = f"""create temp table staged_customer (line bigint, number text,
    {" text, ".join(name for name in _TEXTS if name not in {"terms", "notes"})} text,
    notes text, terms text, is_natural_person boolean, dunning_block boolean, credit_minor bigint,
    {" text, ".join(OWNERS)} text, {" bigint, ".join(f"{name}_id" for name in OWNERS)} bigint, customer_id bigint)
    on commit drop"""
CONTACT_TABLE = """create temp table staged_contact (line bigint, customer text, customer_name text, name text, role
text,
    email text, phone text, language text, is_primary boolean, customer_id bigint) on commit drop"""
KEY_TABLE = "create temp table staged_key (customer text, customer_name text, customer_id bigint) on commit drop"


@dataclass(slots=True)
class Outcome:
    """What a set became in the books."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


def upsert_staged_customers(*, organisation_id: int, fields: Collection[str]) -> Outcome:
    """Add or change the customers of `staged_customer`; a blank cell keeps what is known, so does a missing column.

    They are known by their number, else by their identifier in the other system. A number that stands twice is
    refused into `staged_refusal`.
    """
    parameters = {"organisation": organisation_id}
    with connection.cursor() as cursor:
        _refuse_repeated(cursor, table="staged_customer", key="number")
        cursor.execute(
            """update staged_customer s set customer_id = c.id from customers_customer c
               where c.organisation_id = %(organisation)s and c.number = s.number""",
            parameters,
        )
        cursor.execute(
            """update staged_customer s set customer_id = m.id from (
                   select distinct on (c.id) c.id, u.line from staged_customer u
                   join customers_customer c on c.organisation_id = %(organisation)s and c.external_id = u.external_id
                   where u.customer_id is null and u.external_id <> ''
                     and not exists (select from staged_customer o where o.customer_id = c.id)
                   order by c.id, u.line) m where m.line = s.line""",
            parameters,
        )
        outcome = Outcome()
        for owner in OWNERS:
            if owner in fields:
                cursor.execute(_FIND_OWNER.format(owner=owner), parameters)
        outcome.changed = _update_customers(cursor, parameters, [name for name in _TEXTS if name in fields], fields)
        cursor.execute("select count(*) from staged_customer where customer_id is not null")
        outcome.unchanged = cursor.fetchone()[0] - outcome.changed
        outcome.created = _insert_customers(cursor, parameters)
    return outcome


# a name that two people bear says nobody
_FIND_OWNER = """update staged_customer s set {owner}_id = p.id from (
    select called, min(id) as id from (
        select m.user_id as id, unnest(array[encours_fold(u.email), encours_fold(u.first_name || ' ' || u.last_name),
            encours_fold(u.last_name || ' ' || u.first_name)]) as called
        from access_membership m join access_user u on u.id = m.user_id
        where m.organisation_id = %(organisation)s and m.is_active) known
    group by called having count(distinct id) = 1) p
    where s.{owner} <> '' and p.called = encours_fold(s.{owner})"""


def unknown_owners(*, limit: int) -> list[tuple[int, str, str]]:
    """The people a file names that do not work here: line, field and what stands there."""
    parts = [
        f"select line, '{owner}' as field, {owner} as value from staged_customer"
        f" where coalesce({owner}, '') <> '' and {owner}_id is null"
        for owner in OWNERS
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{' union all '.join(parts)} order by 1, 2 limit {int(limit)}")
        return list(cursor.fetchall())


def staged_limits() -> list[tuple[int, int]]:
    """The credit limits that the file at hand states: customer and amount."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select customer_id, credit_minor from staged_customer where credit_minor >= 0 and customer_id is not null"
        )
        return list(cursor.fetchall())


def _update_customers(cursor: Any, parameters: dict[str, Any], texts: list[str], fields: Collection[str]) -> int:
    values = {name: f"coalesce(nullif(s.{name}, ''), c.{name})" for name in texts}
    values["number"] = "s.number"
    if "is_natural_person" in fields:
        values["is_natural_person"] = "s.is_natural_person"
    values |= {f"{owner}_id": f"coalesce(s.{owner}_id, c.{owner}_id)" for owner in OWNERS if owner in fields}
    fresh, known = ", ".join(values.values()), ", ".join(f"c.{name}" for name in values)
    cursor.execute(
        f"""update customers_customer c set ({", ".join(values)}, changed_at) = row({fresh}, transaction_timestamp())
            from staged_customer s where c.id = s.customer_id and c.organisation_id = %(organisation)s
            and ({fresh}) is distinct from ({known})""",
        parameters,
    )
    return int(cursor.rowcount)


def _insert_customers(cursor: Any, parameters: dict[str, Any]) -> int:
    columns = ", ".join(("number", *_TEXTS, "is_natural_person", *(f"{owner}_id" for owner in OWNERS)))
    cursor.execute(
        f"""with added as (insert into customers_customer (organisation_id, {columns}, recorded_at, changed_at)
                select %(organisation)s, {columns}, transaction_timestamp(), transaction_timestamp()
                from staged_customer where customer_id is null returning id, number)
            update staged_customer s set customer_id = a.id from added a where a.number = s.number""",
        parameters,
    )
    return int(cursor.rowcount)


def _refuse_repeated(cursor: Any, *, table: str, key: str) -> None:
    cursor.execute(
        f"""with repeated as (
                select *, row_number() over same as rank, first_value(to_jsonb(s) - 'line') over same as first_one
                from {table} s where {key} in (select {key} from {table} group by {key} having count(*) > 1)
                window same as (partition by {key} order by line)),
            refused as (delete from {table} s using repeated r where r.line = s.line and r.rank > 1)
            insert into staged_refusal select line, '{key}', left({key}, 200),
                case when to_jsonb(r) - 'line' - 'rank' - 'first_one' = first_one then 'line_repeated' else
                    'number_repeated' end
            from repeated r where rank > 1"""
    )


def resolve_staged_keys(*, organisation_id: int, by_external_id: bool) -> int:
    """Find the customer of each row of `staged_key`, and add those that no file has named yet; how many were added.

    A key is a number or the other system's identifier, whichever the heading says first; without a key the name
    decides where it is the only one of its kind. A merged customer stands for the one it was merged into.
    """
    parameters = {"organisation": organisation_id}
    first, second = ("external_id", "number") if by_external_id else ("number", "external_id")
    with connection.cursor() as cursor:
        _match_keys(cursor, parameters, first, second)
        cursor.execute(
            f"""insert into customers_customer (organisation_id, number, external_id, name, recorded_at, changed_at,
                    {", ".join(name for name in _TEXTS if name not in {"external_id", "name"})}, is_natural_person)
                select distinct on (number) %(organisation)s, number, external_id, name, transaction_timestamp(),
                    transaction_timestamp(),
                        {", ".join("''" for name in _TEXTS if name not in {"external_id", "name"})}, false
                from (select case when customer <> '' then customer else left(customer_name, 60) end as number,
                        case when %(by_external_id)s then customer else '' end as external_id,
                        coalesce(nullif(customer_name, ''), customer) as name
                      from staged_key where customer_id is null) k
                order by number, length(name) desc
                on conflict do nothing""",
            {**parameters, "by_external_id": by_external_id},
        )
        added = int(cursor.rowcount)
        if added:
            _match_keys(cursor, parameters, first, second)
    return added


def find_staged_keys(*, organisation_id: int) -> None:
    """Find the customer of each row of `staged_key`; those nobody knows are left without."""
    with connection.cursor() as cursor:
        _match_keys(cursor, {"organisation": organisation_id}, "number", "external_id")


def _match_keys(cursor: Any, parameters: dict[str, Any], first: str, second: str) -> None:
    for column in (first, second):
        cursor.execute(
            f"""update staged_key k set customer_id = coalesce(c.merged_into_id, c.id) from customers_customer c
                where c.organisation_id = %(organisation)s and k.customer_id is null and k.customer <> ''
                  and c.{column} = k.customer""",
            parameters,
        )
    cursor.execute("select exists (select from staged_key where customer_id is null and customer = '')")
    if cursor.fetchone()[0]:
        cursor.execute(
            """update staged_key k set customer_id = c.id from (
                   select lower(name) as name, min(coalesce(merged_into_id, id)) as id from customers_customer
                   where organisation_id = %(organisation)s group by 1
                   having count(distinct coalesce(merged_into_id, id)) = 1) c
               where k.customer_id is null and k.customer = '' and c.name = lower(k.customer_name)""",
            parameters,
        )
        cursor.execute(
            """update staged_key k set customer_id = coalesce(c.merged_into_id, c.id) from customers_customer c
               where c.organisation_id = %(organisation)s and k.customer_id is null and k.customer = ''
                 and c.number = left(k.customer_name, 60)""",
            parameters,
        )


def upsert_staged_contacts(*, organisation_id: int) -> Outcome:
    """Add or change the contacts of `staged_contact`; those of unknown customers are refused into `staged_refusal`."""
    parameters = {"organisation": organisation_id}
    outcome = Outcome()
    with connection.cursor() as cursor:
        cursor.execute(
            """update staged_contact s set customer_id = k.customer_id from staged_key k
               where k.customer = s.customer and k.customer_name = s.customer_name"""
        )
        cursor.execute(
            """with refused as (delete from staged_contact where customer_id is null returning line, customer,
                customer_name)
               insert into staged_refusal select line, 'customer', coalesce(nullif(customer, ''), customer_name),
                   'customer_unknown' from refused"""
        )
        cursor.execute(
            """with refused as (delete from staged_contact s using staged_contact o where o.customer_id = s.customer_id
                   and o.email = s.email and o.name = s.name and o.line < s.line returning s.line, s.email)
               insert into staged_refusal select distinct line, 'email', email, 'line_repeated' from refused"""
        )
        cursor.execute(
            """create temp table staged_contact_known on commit drop as
               select distinct on (s.line) s.line, c.id from staged_contact s join customers_contact c
                 on c.organisation_id = %(organisation)s and c.customer_id = s.customer_id
                and ((s.email <> '' and lower(c.email) = lower(s.email)) or (s.email = '' and c.name = s.name))
               order by s.line, (c.name = s.name) desc, c.id""",
            parameters,
        )
        cursor.execute(
            """update customers_contact c set name = coalesce(nullif(s.name, ''), c.name), role = s.role,
                   phone = coalesce(nullif(s.phone, ''), c.phone), language = coalesce(nullif(s.language, ''),
                   c.language),
                   is_primary = s.is_primary or c.is_primary
               from staged_contact s join staged_contact_known k using (line)
               where c.id = k.id and (coalesce(nullif(s.name, ''), c.name), s.role, coalesce(nullif(s.phone, ''),
                   c.phone),
                   coalesce(nullif(s.language, ''), c.language), s.is_primary or c.is_primary)
                   is distinct from (c.name, c.role, c.phone, c.language, c.is_primary)"""
        )
        outcome.changed = int(cursor.rowcount)
        cursor.execute("select count(*) from staged_contact_known")
        outcome.unchanged = cursor.fetchone()[0] - outcome.changed
        cursor.execute(
            """insert into customers_contact (organisation_id, customer_id, name, role, email, phone, language,
            is_primary,
                   recorded_at)
               select %(organisation)s, customer_id, name, role, email, phone, language, is_primary,
                   transaction_timestamp()
               from staged_contact s where not exists (select from staged_contact_known k where k.line = s.line)""",
            parameters,
        )
        outcome.created = int(cursor.rowcount)
        cursor.execute("drop table staged_contact_known")
    return outcome


def blocked_customers() -> list[int]:
    """The customers that the file at hand says must not be reminded."""
    with connection.cursor() as cursor:
        cursor.execute("select customer_id from staged_customer where dunning_block and customer_id is not null")
        return [row[0] for row in cursor.fetchall()]
