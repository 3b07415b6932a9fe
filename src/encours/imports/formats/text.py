"""Which characters the bytes of a file are: its encoding, found from the whole of it, and what is no text at all."""

import codecs
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from encours.imports.formats.problems import FileIsBinary, FileIsDamaged, FileIsEmpty

CHUNK_BYTES = 1 << 20
_SAMPLE_BYTES_MAX = 200_000
_BOMS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_MAGIC = [
    (b"%PDF", "PDF"),
    (b"\xd0\xcf\x11\xe0", "XLS, Excel 97-2003"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZ"),
    (b"7z\xbc\xaf", "7Z"),
    (b"Rar!", "RAR"),
    (b"SQLite format 3", "SQLite"),
    (b"PAR1", "Parquet"),
]
ZIP_MAGIC = b"PK\x03\x04"
# cp1252 before latin-1: it is the same but for the euro sign, the quotes and œ, which books are full of.
_ONE_BYTE = ("cp1252", "mac_roman", "cp850", "latin-1")
_LOWER = set("éèêëàâäîïôöùûüçœæñáíóúßåøì")
_UPPER = set("ÉÈÊËÀÂÄÎÏÔÖÙÛÜÇŒÆÑÁÍÓÚÅØ")
_SIGNS = set("€°’‘«»–—“”…·§²³½£®\u00a0")


def is_zip(path: Path) -> bool:
    """Whether the file is a ZIP, as workbooks are."""
    with path.open("rb") as file:
        return file.read(4) == ZIP_MAGIC


def text_encoding(path: Path) -> str:
    """The encoding by which the whole file can be read as text; refuses what is empty, binary or cut off."""
    seen = path.stat()
    return _encoding(path, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=4)
def _encoding(path: Path, size_bytes: int, changed_ns: int) -> str:
    # several readers ask whether a file is theirs, and each needs the characters of all of it
    del size_bytes, changed_ns
    with path.open("rb") as file:
        head = file.read(65536)
    if not head.strip(b"\x00 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise FileIsEmpty(file=path.name)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            raise FileIsBinary(found=found)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _readable(path, encoding)
    if b"\x00" in head:
        return _readable(path, _utf_16_without_mark(head))
    sample = _undecodable_lines(path)
    return "utf-8" if sample is None else _one_byte_encoding(sample)


def _readable(path: Path, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise FileIsDamaged(reason=str(error)) from None
    return encoding


def _utf_16_without_mark(head: bytes) -> str:
    zeros_even, zeros_odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if zeros_odd * 10 > 6 * half and zeros_even * 10 < half:
        return "utf-16-le"
    if zeros_even * 10 > 6 * half and zeros_odd * 10 < half:
        return "utf-16-be"
    raise FileIsBinary(found="binary")


def chunks(path: Path) -> Iterator[bytes]:
    """The file piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _undecodable_lines(path: Path) -> bytes | None:
    """None when the whole file is UTF-8; else its lines that hold more than ASCII, up to a limit."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
        return None
    except UnicodeDecodeError:
        pass
    kept, size = [], 0
    with path.open("rb") as file:
        while size < _SAMPLE_BYTES_MAX and (line := file.readline(CHUNK_BYTES)):
            if not line.isascii():
                kept.append(line)
                size += len(line)
    return b"".join(kept)


def _one_byte_encoding(sample: bytes) -> str:
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if controls > len(sample) // 50:
        raise FileIsBinary(found="binary")
    scored = [
        (_plausibility(text), encoding) for encoding in _ONE_BYTE if (text := _decoded(sample, encoding)) is not None
    ]
    best = max(score for score, _ in scored)
    return next(encoding for score, encoding in scored if score == best)


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plausibility(text: str) -> int:
    """How much the text reads like French, English or German books: accents stand where words have them."""
    score = 0
    before = " "
    for character in text:
        if character > "\x7f":
            if character in _LOWER:
                score += -1 if before.isupper() else 2
            elif character in _UPPER:
                score += -2 if before.islower() else 2
            elif character in _SIGNS:
                score += -2 if before.islower() and character not in "’°…\u00a0»”²³" else 1
            else:
                score -= 3
        before = character
    return score
