"""Pages set by typst: our own page files, fed with data that can never become markup or read a file."""

import json
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

import typst

from encours.core.errors import Refused, gettext_noop

FOLDER = Path(__file__).parents[1] / "templates" / "typst"
# PDF/A-2: what was sent can be shown again in ten years, its fonts and colours inside
ARCHIVED: Literal["a-2b"] = "a-2b"

_FONTS = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
_COMPILERS = threading.local()


class PageUnsettable(Refused):
    """A page cannot be set: a page file of ours is wrong, or the data lacks what it prints."""

    message = gettext_noop("The page cannot be set: {problem}.")


def pdf(page: str, data: Mapping[str, Any], *, day: date, folder: Path = FOLDER) -> bytes:
    """The PDF/A of a page file (`letter`, `statement`, `cover` ...) filled with data; same data, same bytes.

    The data travels as JSON and is only ever read as strings, numbers and lists: a customer called
    `#read("/etc/passwd")` is printed under that very name. Fonts come with typst, so every machine sets alike.
    """
    compiler = _compiler(folder)
    moment = datetime.combine(day, time(12), tzinfo=UTC)
    try:
        made = compiler.compile(
            input=str(folder / f"{page}.typ"),
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=[ARCHIVED],
            timestamp=moment,
        )
    except typst.TypstError as error:
        raise PageUnsettable(problem=error.message) from None
    if not isinstance(made, bytes):
        raise PageUnsettable(problem=page)
    return made


def _compiler(folder: Path) -> typst.Compiler:
    """One compiler a thread and folder: its fonts and the files it has read are kept between pages."""
    kept: dict[Path, typst.Compiler] = _COMPILERS.__dict__.setdefault("by_folder", {})
    if folder not in kept:
        kept[folder] = typst.Compiler(root=str(folder), font_paths=_FONTS)
    return kept[folder]
