"""Row security; what was applied is only added to, and nothing of it crosses organisations."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity

TABLES = (
    "match", "linework", "payeralias", "evidencecount", "habitcount", "matchingrule", "matchingpolicy",
    "journalexport", "exportedtransaction",
)  # fmt: skip

# A line is applied once: a second match needs the first one undone. Checked for the whole statement at once.
ONCE = """
create function matching_check_matches() returns trigger language plpgsql as $$
declare wrong record;
begin
    select a.line_id into wrong
        from (select distinct organisation_id, line_id from added) a
        left join payments_bankline b on b.id = a.line_id and b.organisation_id = a.organisation_id
        where b.id is null limit 1;
    if found then
        raise exception 'bank line % is not of this organisation', wrong.line_id
            using errcode = 'foreign_key_violation', constraint = 'matching_match_line';
    end if;
    select m.line_id into wrong
        from matching_match m join (select distinct organisation_id, line_id from added) a
            on a.organisation_id = m.organisation_id and a.line_id = m.line_id
        group by m.organisation_id, m.line_id
        having count(*) filter (where m.reverses_id is null) - count(*) filter (where m.reverses_id is not null) > 1
        limit 1;
    if found then
        raise exception 'bank line % is applied already', wrong.line_id
            using errcode = 'unique_violation', constraint = 'matching_match_once';
    end if;
    return null;
end $$;
create trigger matching_match_added after insert on matching_match
    referencing new table as added for each statement execute function matching_check_matches();
"""
AGAIN = "drop trigger matching_match_added on matching_match; drop function matching_check_matches;"


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial"), ("core", "0001_roles"), ("payments", "0005_bank_laws")]
    operations = [
        *[RowSecurity(f"matching_{table}") for table in TABLES],
        InsertOnly("matching_match"),
        InsertOnly("matching_exportedtransaction"),
        migrations.RunSQL(ONCE, AGAIN),
    ]
