"""Names are found as people type them: without accents, in any case, by a part."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_never_deleted")]
    operations = [
        migrations.RunSQL(
            sql="""
                create extension if not exists unaccent with schema public;
                create extension if not exists pg_trgm with schema public;
                create function encours_fold(text) returns text
                    language sql immutable parallel safe strict
                    as $$ select lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;
                create index customers_customer_search on customers_customer
                    using gin (encours_fold(name) public.gin_trgm_ops);
            """,
            reverse_sql="""
                drop index customers_customer_search;
                drop function encours_fold(text);
            """,
        ),
    ]
