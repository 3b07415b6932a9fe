"""Laws kept by PostgreSQL itself: migration operations for row security and insert-only tables."""

from django.db import migrations

APPLICATION_ROLE = "encours_app"
SETTING = "encours.organisation"

# initplan form: the setting is read once a statement, not once a row
ORGANISATION_IS_BOUND = f"organisation_id = (select nullif(current_setting('{SETTING}', true), '')::bigint)"


class RowSecurity(migrations.RunSQL):
    """A row is seen and written only while its organisation is bound to the connection."""

    def __init__(self, table: str, *, readable: str = "") -> None:
        """`readable` is a further condition for reading, for tables read before an organisation is chosen."""
        self.table, self.readable = table, readable
        wider = f"create policy {table}_reader on {table} for select to {APPLICATION_ROLE} using ({readable});"
        super().__init__(
            sql=f"""
                alter table {table} enable row level security;
                create policy {table}_organisation on {table} to {APPLICATION_ROLE}
                    using ({ORGANISATION_IS_BOUND}) with check ({ORGANISATION_IS_BOUND});
                {wider if readable else ""}
            """,
            reverse_sql=f"""
                drop policy {table}_organisation on {table};
                {f"drop policy {table}_reader on {table};" if readable else ""}
                alter table {table} disable row level security;
            """,
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return self.__class__.__name__, [self.table], {"readable": self.readable}


class InsertOnly(migrations.RunSQL):
    """The product may add rows to the table and never change or remove them (law 3)."""

    def __init__(self, table: str, *, updatable: tuple[str, ...] = ()) -> None:
        """`updatable` names the columns that may still change, such as a mark of being the latest version."""
        self.table, self.updatable = table, updatable
        columns = ", ".join(updatable)
        grant = f"grant update ({columns}) on {table} to {APPLICATION_ROLE};" if updatable else ""
        super().__init__(
            sql=f"revoke update, delete, truncate on {table} from {APPLICATION_ROLE}; {grant}",
            reverse_sql=f"grant update, delete on {table} to {APPLICATION_ROLE};",
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return self.__class__.__name__, [self.table], {"updatable": self.updatable}
