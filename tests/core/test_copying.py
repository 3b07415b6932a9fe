"""Rows for COPY come back from the database as they were."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encours.core.copying import NULL, all_escaped, copy_rows, escaped, or_null

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_every_text_comes_back_as_it_was(texts):
    with connection.cursor() as cursor:
        cursor.execute("create temp table copied (place int, word text)")
        copy_rows(cursor, "copy copied from stdin", (f"{place}\t{escaped(text)}" for place, text in enumerate(texts)))
        cursor.execute("select word from copied order by place")
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("drop table copied")
    assert found == texts


@pytest.mark.django_db
def test_none_is_null_and_no_rows_are_none():
    with connection.cursor() as cursor:
        cursor.execute("create temp table copied (place int, word text)")
        copy_rows(cursor, "copy copied from stdin", [])
        copy_rows(cursor, "copy copied from stdin", [f"{or_null(None)}\t{NULL}", f"{or_null(7)}\t"])
        cursor.execute("select place, word from copied order by 1")
        assert cursor.fetchall() == [(7, ""), (None, None)]
        cursor.execute("drop table copied")


def test_several_texts_at_once_are_escaped_as_one_by_one():
    assert all_escaped(("plain", "", "déjà")) == ("plain", "", "déjà")
    marked = ("plain", "tab\there", "back\\slash", "two\nlines\r")
    assert all_escaped(marked) == [escaped(text) for text in marked]
