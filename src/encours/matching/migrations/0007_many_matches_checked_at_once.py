"""The laws of matches are asked line by line for a few of them, and of whole tables at once for a large run.

A run that applies a hundred thousand lines asked each law as many times: two seconds of five. What is new is unknown to
the planner, so it is told which way to go: a few lines by their index, many by hashing.
"""

from django.db import migrations

BEFORE = """
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
    execute 'select a.line_id from (select distinct organisation_id, line_id from added) a
        where (select count(*) filter (where m.reverses_id is null) - count(*) filter (where m.reverses_id is not null)
            from matching_match m where m.organisation_id = a.organisation_id and m.line_id = a.line_id) > 1
        limit 1' into twice;
    if twice is not null then
        raise exception 'bank line % is applied already', twice
            using errcode = 'unique_violation', constraint = 'matching_match_once';
    end if;
    return null;
end $$;
"""
AFTER = """
create or replace function matching_check_matches() returns trigger language plpgsql as $$
declare
    stranger bigint;
    twice bigint;
    is_large boolean := (select count(*) from added) > 1000;
    nestloop text := current_setting('enable_nestloop');
begin
    if is_large then
        perform set_config('enable_nestloop', 'off', true);
    end if;
    -- planned for the tables as they are, not as they were at the session's first match
    execute 'select a.line_id from (select distinct organisation_id, line_id from added) a
        left join payments_bankline b on b.id = a.line_id and b.organisation_id = a.organisation_id
        where b.id is null limit 1' into stranger;
    if stranger is not null then
        raise exception 'bank line % is not of this organisation', stranger
            using errcode = 'foreign_key_violation', constraint = 'matching_match_line';
    end if;
    if is_large then
        execute 'select m.line_id from matching_match m
            join (select distinct organisation_id, line_id from added) a
                on a.organisation_id = m.organisation_id and a.line_id = m.line_id
            group by m.organisation_id, m.line_id
            having count(*) filter (where m.reverses_id is null)
                - count(*) filter (where m.reverses_id is not null) > 1
            limit 1' into twice;
    else
        execute 'select a.line_id from (select distinct organisation_id, line_id from added) a
            where (select count(*) filter (where m.reverses_id is null)
                    - count(*) filter (where m.reverses_id is not null)
                from matching_match m where m.organisation_id = a.organisation_id and m.line_id = a.line_id) > 1
            limit 1' into twice;
    end if;
    if twice is not null then
        raise exception 'bank line % is applied already', twice
            using errcode = 'unique_violation', constraint = 'matching_match_once';
    end if;
    perform set_config('enable_nestloop', nestloop, true);
    return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0006_matches_checked_by_line"), ("payments", "0005_bank_laws")]
    operations = [migrations.RunSQL(AFTER, BEFORE)]
