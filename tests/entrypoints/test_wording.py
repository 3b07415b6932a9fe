"""The audit trail is read by people: each deed the code records has its words."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from encours.core.terms import Terms
from encours.entrypoints import wording

PACKAGE = Path(wording.__file__).parents[1]
# how a verb is given: by name to the trail itself, or first to a room's own helper
HELPERS = {"_audit", "audit_line", "_audit_allocation", "_record_member"}
DEED = re.compile(r"[a-z]+(?:_[a-z]+)+")


def _constants(node: ast.expr) -> list[str]:
    branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return [one.value for one in branches if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def deeds() -> set[str]:
    found: set[str] = set()
    for path in (*PACKAGE.glob("*/*actions.py"), *PACKAGE.glob("*/actions/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            found |= {verb for word in node.keywords if word.arg == "verb" for verb in _constants(word.value)}
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in HELPERS and node.args:
                found |= {verb for argument in node.args[:2] for verb in _constants(argument) if DEED.fullmatch(verb)}
    return found


@pytest.mark.parametrize("code", ["0", "30", "45EOM", "0EOM", "EOM45", "30EOM10"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_terms_are_shown_as_they_are_read(code, language):
    with translation.override(language):
        assert Terms.parse(wording.terms(code)).code == code


def test_every_deed_has_its_words():
    known = deeds()
    assert len(known) > 100
    assert sorted(known - set(wording.VERBS)) == []
