"""Every English string has its French, and every catalogue is well formed."""

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
        text = templatize(text, origin=str(path))
    found = []
    for line, message, _, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        singular = message[0] if isinstance(message, tuple) else message
        found.append((context or "", singular, line))
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
