"""Every noun of the tables stands in the glossary, once, with its French."""

import re
from pathlib import Path

from django.apps import apps

GLOSSARY = Path(__file__).parents[1] / "docs" / "glossary.md"
# what only counts or remembers for the machinery, and is no noun of the trade
MACHINERY = re.compile(r"Touched|StandingDay")


def rows() -> list[list[str]]:
    found = [line.strip("|\n").split("|") for line in GLOSSARY.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in found if row[0].strip() != "term"]


def test_every_table_is_a_noun_of_the_glossary() -> None:
    named = {name for row in rows() for name in re.findall(r"`(\w+)`", row[2])}
    tables = {
        model.__name__
        for config in apps.get_app_configs()
        if config.name.startswith("encours.")
        for model in config.get_models()
        if not MACHINERY.search(model.__name__)
    }
    assert sorted(tables - named) == []


def test_every_term_has_its_french_and_one_meaning() -> None:
    for row in rows():
        assert len(row) == 4, row
        assert row[1], row
        assert row[3], row
    terms = [row[0] for row in rows()]
    assert sorted(term for term in set(terms) if terms.count(term) > 1) == []
