"""Every English string has its French, and every catalogue is well formed."""

import ast
import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).parents[1] / "src" / "encours"
CATALOGUES = sorted((PACKAGE / "locale").glob("*/fr/LC_MESSAGES/django.po"))
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# Django and allauth bring the French of their own words
THEIRS = {"French", "English"}
LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
CALL = re.compile(rf"\b(?P<name>n?p?gettext|_)\((?P<arguments>(?:{LITERAL.pattern}|[^()])*)\)")
# a line must not break before these, nor after an opening quote: the space there is U+00A0 or U+202F
BREAKABLE = re.compile(r"(?<=\S) (?:[:;?!»€]|%(?:%|$|[ .,;)]))|« ")
PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w+)[^}]*\}")


def translations() -> dict[tuple[str, str], str]:
    found = {}
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file, locale="fr", abort_invalid=True):
                if not message.id:
                    continue
                singular = message.id[0] if isinstance(message.id, tuple) else message.id
                texts = message.string if isinstance(message.string, tuple) else (message.string,)
                found[message.context or "", singular] = texts[0] if all(texts) and not message.fuzzy else ""
    return found


def messages_of(path: Path) -> list[tuple[str, str, int]]:
    text = path.read_text()
    if path.suffix != ".py":
        return messages_of_template(text, path)
    found = []
    for line, message, _, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        singular = message[0] if isinstance(message, tuple) else message
        found.append((context or "", singular, line))
    return found


def messages_of_template(text: str, path: Path) -> list[tuple[str, str, int]]:
    """The calls that Django's own extraction leaves where the tags stood."""
    found = []
    code = templatize(text, origin=str(path))
    for call in CALL.finditer(code):
        words = [ast.literal_eval(word) for word in LITERAL.findall(call["arguments"])]
        has_context = "pgettext" in call["name"]
        context = words.pop(0) if has_context else ""
        if words:
            found.append((context, words[0], code.count("\n", 0, call.start()) + 1))
    return found


def sources() -> list[Path]:
    kept = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".html", ".txt"}]
    return sorted(path for path in kept if "migrations" not in path.parts and "locale" not in path.parts)


def test_every_string_has_its_french():
    known = translations()
    missing = [
        f"{path.relative_to(PACKAGE)}:{line}: {singular!r}"
        for path in sources()
        for context, singular, line in messages_of(path)
        if singular and singular not in THEIRS and not known.get((context, singular))
    ]
    assert missing == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-4])
def test_translations_keep_their_placeholders(path):
    with path.open("rb") as file:
        for message in read_po(file, locale="fr", abort_invalid=True):
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            allowed = {name for text in ids for name in PLACEHOLDER.findall(text)}
            for text in texts:
                assert set(PLACEHOLDER.findall(text)) <= allowed, f"{message.id!r} -> {text!r}"


def test_a_string_has_one_french_in_all_catalogues():
    """Catalogues are read as one: two words for a string would show now one, now the other."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file, locale="fr", abort_invalid=True):
                if message.id:
                    singular = message.id[0] if isinstance(message.id, tuple) else message.id
                    found.setdefault((message.context or "", singular), set()).add(str(message.string))
    assert {key: texts for key, texts in found.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-4])
def test_no_line_breaks_before_high_punctuation(path):
    with path.open("rb") as file:
        for message in read_po(file, locale="fr", abort_invalid=True):
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id:
                assert [text for text in texts if BREAKABLE.search(text)] == []
