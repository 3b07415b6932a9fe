"""Whether row-level security really stands, read from PostgreSQL's own catalogue."""

from django.db import connection

from encours.core.database import APPLICATION_ROLE

_BYPASSES = "select current_user::text, rolsuper or rolbypassrls from pg_roles where rolname = current_user"

# A table that carries an organisation is guarded when its rows are secured, and one policy for all commands of the
# bound role checks the organisation both of what is read and of what is written.
_TABLES = """
    select c.relname::text,
           c.relrowsecurity and exists (
               select from pg_policy p where p.polrelid = c.oid and p.polcmd = '*'
                   and %(role)s::regrole = any (p.polroles)
                   and pg_get_expr(p.polqual, p.polrelid) like '%%encours.organisation%%'
                   and pg_get_expr(p.polwithcheck, p.polrelid) like '%%encours.organisation%%')
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'organisation_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    order by 1
"""


def connected_as() -> tuple[str, bool]:
    """The role of this connection, and whether row security binds it."""
    with connection.cursor() as cursor:
        cursor.execute(_BYPASSES)
        row = cursor.fetchone()
    return (str(row[0]), row[0] == APPLICATION_ROLE and not row[1]) if row else ("", False)


def scoped_tables() -> dict[str, bool]:
    """Every table that carries an organisation, and whether it is guarded."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, {"role": APPLICATION_ROLE})
        return dict(cursor.fetchall())
