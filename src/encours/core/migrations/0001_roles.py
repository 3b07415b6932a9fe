"""The role the product connects as, and what it may do to tables made later by the owner."""

from django.db import migrations

from encours.core.database import APPLICATION_ROLE

CREATE_ROLE = f"""
do $$ begin
    if not exists (select from pg_roles where rolname = '{APPLICATION_ROLE}') then
        create role {APPLICATION_ROLE} nologin noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
grant {APPLICATION_ROLE} to current_user;
do $$ begin
    execute format('grant connect, temporary on database %I to {APPLICATION_ROLE}', current_database());
end $$;
grant usage on schema public to {APPLICATION_ROLE};
"""
GRANT_EXISTING = f"""
grant select, insert, update, delete on all tables in schema public to {APPLICATION_ROLE};
grant usage, select, update on all sequences in schema public to {APPLICATION_ROLE};
"""
# A restore repeats this part after the tables are back with their own grants.
GRANT_FUTURE = f"""
alter default privileges in schema public grant select, insert, update, delete on tables to {APPLICATION_ROLE};
alter default privileges in schema public grant usage, select, update on sequences to {APPLICATION_ROLE};
alter default privileges in schema public grant execute on functions to {APPLICATION_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = []
    # Tables made before this migration would not carry the default privileges.
    run_before = [
        ("contenttypes", "0001_initial"),
        ("procrastinate", "0001_initial"),
        ("sessions", "0001_initial"),
    ]
    operations = [migrations.RunSQL(CREATE_ROLE + GRANT_EXISTING + GRANT_FUTURE, migrations.RunSQL.noop)]
