"""The text of a PDF, laid out as on its page, within limits."""

import logging
from pathlib import Path

from encours.imports.formats.remittance.model import AdviceTooLong, PdfUnreadable

PAGES_MAX = 60
SIZE_MAX_BYTES = 25 * 1024 * 1024
_TEXT_MAX = 2_000_000


def text_of(path: Path) -> str:
    """All its pages' text; refuses an encrypted, scanned, damaged or endless one."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if path.stat().st_size > SIZE_MAX_BYTES:
        raise AdviceTooLong(limit=SIZE_MAX_BYTES // 1024 // 1024, what="MB")
    parts: list[str] = []
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise PdfUnreadable(reason="encrypted")
        if len(reader.pages) > PAGES_MAX:
            raise AdviceTooLong(limit=PAGES_MAX, what="pages")
        for page in reader.pages:
            parts.append(page.extract_text(extraction_mode="layout") or page.extract_text())
            if sum(map(len, parts)) > _TEXT_MAX:
                raise AdviceTooLong(limit=_TEXT_MAX, what="characters")
    except (PdfUnreadable, AdviceTooLong):
        raise
    except Exception as error:  # a library of many parsers: whatever a file makes it raise is the file's fault
        raise PdfUnreadable(reason=type(error).__name__) from None
    text = "\n".join(parts)
    if not text.strip():
        raise PdfUnreadable(reason="scan")
    return text
