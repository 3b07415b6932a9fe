"""Turn a template's MJML into the HTML that mail programs show, once, its variables still to be filled."""

import re
from functools import lru_cache
from pathlib import Path

import mrml

from encours.core.errors import Refused, gettext_noop
from encours.messaging.rules.formats import LANGUAGES

FOLDER = Path(__file__).parents[1] / "templates" / "messaging"
_INCLUDED_TEXT = re.compile(r"""\{%-?\s*include\s+["']([a-z_]+)["']\s*-?%\}\n?""")
_INCLUDED_MJML = re.compile(r"""<mj-include\s+path=["']([a-z_]+)["']\s*/>""")
_FRENCH_SPACE = re.compile(r" (?=[;:?»]|!(?!=|important))")
_BODY_PLACE = "<!-- body -->"
# no keyboard has this sign, and no value of a context keeps it
BLOCK_MARK = "\ue000"
LETTER_BLOCKS = frozenset({"items", "statement", "pay", "signature"})


class MjmlUnreadable(Refused):
    """The MJML of a template is not well formed."""

    message = gettext_noop("The MJML cannot be read: {problem}.")


class PartUnknown(Refused):
    """A template asks for a part that does not exist."""

    message = gettext_noop("There is no part called “{name}”. The parts are: {names}.")


class LanguageUnknown(Refused):
    """A message is asked for in a language that Encours does not write."""

    message = gettext_noop("Messages cannot be written in the language “{language}”.")


@lru_cache(maxsize=4)
def parts(language: str, suffix: str) -> dict[str, str]:
    """The parts we provide, by name: the head, the statement of items, how to pay, the signature, the legal foot."""
    if language not in LANGUAGES:
        raise LanguageUnknown(language=language)
    return {path.stem: path.read_text("utf-8") for path in sorted((FOLDER / language / "parts").glob(f"*.{suffix}"))}


def _spaced(source: str, language: str) -> str:
    """French puts a narrow no-break space before ; : ! ? and »; writers of templates need not think of it."""
    return _FRENCH_SPACE.sub("\u202f", source) if language == "fr" else source


def _expanded(source: str, pattern: re.Pattern[str], known: dict[str, str]) -> str:
    def part(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise PartUnknown(name=found[1], names=", ".join(known))
        return known[found[1]]

    return pattern.sub(part, source)


def own_text(source: str) -> str:
    """A text body without the parts it asks for, so that its lines count as its writer sees them."""
    return _INCLUDED_TEXT.sub("\n", source)


@lru_cache(maxsize=512)
def whole_letter(source: str, *, language: str) -> str:
    """A letter's text with its parts in place; tables, bank details and signature stay as marks for the page to set."""

    def part(found: re.Match[str]) -> str:
        if found[1] in LETTER_BLOCKS:
            return f"\n{BLOCK_MARK}{found[1]}{BLOCK_MARK}\n"
        return "" if found[1] == "footer" else found[0]  # the foot stands on every page of a letter

    return whole_text(_INCLUDED_TEXT.sub(part, source), language=language)


@lru_cache(maxsize=512)
def whole_text(source: str, *, language: str) -> str:
    """A text body with its parts in place."""
    return _spaced(_expanded(source, _INCLUDED_TEXT, parts(language, "txt")), language)


def whole_mjml(source: str, *, language: str) -> str:
    """An MJML body with its parts in place, inside our layout unless it is a whole document of its own."""
    known = parts(language, "mjml")
    body = _expanded(source, _INCLUDED_MJML, known)
    whole = body if body.lstrip().startswith("<mjml") else known["layout"].replace(_BODY_PLACE, body)
    return _spaced(whole, language)


@lru_cache(maxsize=256)
def html_of(source: str, *, language: str) -> str:
    """The HTML of an MJML body, with its variables still in braces; compiled once for each source."""
    whole = whole_mjml(source, language=language)
    options = mrml.ParserOptions(include_loader=mrml.noop_loader())
    try:
        output = mrml.to_html(whole, parser_options=options)
    except OSError as error:
        raise MjmlUnreadable(problem=str(error)) from None
    return str(output.content)
