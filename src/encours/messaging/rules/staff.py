"""A mail to a colleague: plain words, the same in its HTML part, links that can be pressed."""

import re
from html import escape

from encours.messaging.rules.values import Letter

LETTERS_MAX = 60_000
_SUBJECT_LETTERS_MAX = 200
_LINK = re.compile(r"https?://[^\s<>\"]+")


def one_line(text: str) -> str:
    """A subject on one line, cut where it grows too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SUBJECT_LETTERS_MAX else f"{line[: _SUBJECT_LETTERS_MAX - 1]}…"


def letter(subject: str, text: str) -> Letter:
    """The two parts of a mail from its text; whatever the text holds stays text.

    "See https://x.example/1" gives a link; "<b>" gives the letters "<b>".
    """
    paragraphs = [_linked(part).replace("\n", "<br>") for part in text.strip().split("\n\n")]
    style = "font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#1b2330"
    body = "".join(f"<p>{part}</p>" for part in paragraphs)
    return Letter(subject, f'<!doctype html><html><body style="{style}">{body}</body></html>', f"{text.strip()}\n")


def _linked(text: str) -> str:
    found, end = [], 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        found.append(escape(text[end : match.start()]))
        found.append(f'<a href="{escape(address)}">{escape(address)}</a>')
        end = match.start() + len(address)
    return "".join([*found, escape(text[end:])])
