"""A small shared cache in the database: it counts sign-in attempts for all web processes together."""

from django.db import migrations

CREATE = """
create unlogged table core_cache (
    cache_key varchar(255) primary key,
    value text not null,
    expires timestamptz not null
);
create index core_cache_expires on core_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_roles")]
    operations = [migrations.RunSQL(CREATE, "drop table core_cache")]
