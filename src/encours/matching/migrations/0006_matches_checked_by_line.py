"""Whether a line is applied once is asked for each added match by its own line, never by joining the whole table.

The tables are new or just filled when a large run adds its matches, so the planner knows nothing of their rows: it took
them for a few and compared all with all, 9 s for 19,000 matches and growing with their square. A count for each line
cannot be planned that way; `execute` has it planned for the table as it is, not as it was at the session's first match.
"""

from django.db import migrations

JOINED = """
    select m.line_id into wrong
        from matching_match m join (select distinct organisation_id, line_id from added) a
            on a.organisation_id = m.organisation_id and a.line_id = m.line_id
        group by m.organisation_id, m.line_id
        having count(*) filter (where m.reverses_id is null) - count(*) filter (where m.reverses_id is not null) > 1
        limit 1;
    if found then
        raise exception 'bank line % is applied already', wrong.line_id
"""
BY_LINE = """
    execute 'select a.line_id from (select distinct organisation_id, line_id from added) a
        where (select count(*) filter (where m.reverses_id is null) - count(*) filter (where m.reverses_id is not null)
            from matching_match m where m.organisation_id = a.organisation_id and m.line_id = a.line_id) > 1
        limit 1' into twice;
    if twice is not null then
        raise exception 'bank line % is applied already', twice
"""
FUNCTION = """
create or replace function matching_check_matches() returns trigger language plpgsql as $$
declare wrong record; twice bigint;
begin
    select a.line_id into wrong
        from (select distinct organisation_id, line_id from added) a
        left join payments_bankline b on b.id = a.line_id and b.organisation_id = a.organisation_id
        where b.id is null limit 1;
    if found then
        raise exception 'bank line % is not of this organisation', wrong.line_id
            using errcode = 'foreign_key_violation', constraint = 'matching_match_line';
    end if;
{check}
            using errcode = 'unique_violation', constraint = 'matching_match_once';
    end if;
    return null;
end $$;
"""


def _checking(check: str) -> str:
    return FUNCTION.replace("{check}", check.strip("\n"))


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_journal_files_of_days")]
    operations = [migrations.RunSQL(_checking(BY_LINE), _checking(JOINED))]
