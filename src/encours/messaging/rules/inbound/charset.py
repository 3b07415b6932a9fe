"""Letters out of bytes whose charset is missing, wrong or unknown."""

import codecs
import re

from charset_normalizer import from_bytes

# what is called Latin-1 in mail is Windows' own superset of it
_MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8"}
_TWICE = re.compile("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def decoded(content: bytes, declared: str) -> str:
    """The text of the bytes: by the declared charset if it fits, else UTF-8, else the likeliest.

    (b"r\\xe8glement", "utf-8") -> "règlement"
    """
    is_wide = declared.lower().startswith(("utf-16", "utf-32", "ucs"))
    for name in ("" if is_wide and b"\x00" not in content else declared, "utf-8"):
        text = _strictly(content, name)
        if text is not None:
            return repaired(text)
    if content[:20_000].isascii():
        return content.decode("ascii", errors="replace")
    western = _strictly(content, "cp1252")
    if western is not None:
        return western
    best = from_bytes(content[:20_000]).best()
    return content.decode(best.encoding if best else "cp1252", errors="replace")


def _strictly(content: bytes, name: str) -> str | None:
    if not name:
        return None
    try:
        codec = codecs.lookup(_MEANT.get(name.lower(), name))
        text, _ = codec.decode(content)
    except (LookupError, ValueError, TypeError):
        return None
    return text if isinstance(text, str) else None


def repaired(text: str) -> str:
    """UTF-8 that was once read as Windows-1252 is put right: "rÃ¨glement" -> "règlement"."""
    if not _TWICE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def from_escaped(text: str) -> str:
    """A header with raw bytes in it (kept by the parser as surrogates), read as bytes."""
    try:
        content = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return text
    return text if content.isascii() else decoded(content, "utf-8")
