"""Which of some texts speak of what was asked, as French and English readers mean it."""

from collections.abc import Sequence

from django.db import connection

SPEAKING = """
select t.place from unnest(%(texts)s::text[]) with ordinality as t(text, place),
     lateral (select encours_fold(t.text) as bare) b,
     lateral (select to_tsvector('french', t.text) || to_tsvector('english', t.text)
                     || to_tsvector('french', b.bare) || to_tsvector('english', b.bare) as words) w
where w.words @@ (websearch_to_tsquery('french', %(asked)s) || websearch_to_tsquery('english', %(asked)s)
                  || websearch_to_tsquery('french', encours_fold(%(asked)s))
                  || websearch_to_tsquery('english', encours_fold(%(asked)s)))
   or position(encours_fold(%(asked)s) in b.bare) > 0
"""


def speaking_of(texts: Sequence[str], asked: str) -> set[int]:
    """The places of the texts that speak of the words asked: in any of their forms, or letter by letter.

    "payer" finds "payé", "payees" finds "payées" and "horse" finds "horses"; "F-2026-04" finds "F-2026-0412"; quoted
    words follow each other, and a word after a minus sign must not be there.
    """
    wanted = asked.strip()
    if not wanted or not texts:
        return set(range(len(texts)))
    clean = [text.replace("\x00", " ") for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(SPEAKING, {"texts": clean, "asked": wanted.replace("\x00", " ")})
        return {row[0] - 1 for row in cursor.fetchall()}
