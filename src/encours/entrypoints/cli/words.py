"""The command line in the reader's language, before anything else is started."""

import argparse
import functools
import gettext as catalogues
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "locale"


def language() -> str:
    """French when ENCOURS_LANGUAGE or the shell's locale says so, else English."""
    for name in ("ENCOURS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def install() -> None:
    """Make argparse and the commands' help speak the reader's language."""
    argparse._ = gettext  # type: ignore[attr-defined]  # argparse takes its own words from the same place


def gettext(text: str) -> str:
    """The text in the reader's language, from whichever room's catalogue has it."""
    for catalogue in _catalogues(language()):
        if (found := catalogue.gettext(text)) != text:
            return found
    return text


@functools.cache
def _catalogues(code: str) -> list[catalogues.NullTranslations]:
    return [
        catalogues.translation("django", localedir=folder, languages=[code], fallback=True)
        for folder in sorted(FOLDER.iterdir())
        if folder.is_dir()
    ]


class Parser(argparse.ArgumentParser):
    """A parser whose descriptions and helps are in the reader's language; commands write them in English."""

    def __init__(self, *, prog: str, description: str | None = None, **options: Any) -> None:
        super().__init__(prog=prog, description=gettext(description) if description else None, **options)

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """As argparse's own, with the help translated."""
        if options.get("help"):
            options["help"] = gettext(options["help"])
        return super().add_argument(*names, **options)
