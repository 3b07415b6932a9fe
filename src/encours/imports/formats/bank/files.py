"""Which bank format a file is, from its content, and its reader."""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from encours.imports.formats.bank import bai2, camt, cfonb120, mt940, ofx, qif
from encours.imports.formats.bank.model import Read
from encours.imports.formats.problems import FileIsDamaged, FileIsTooLarge
from encours.imports.formats.text import is_zip

_HEAD_BYTES = 16_384
_SHAPES = [
    ("camt", re.compile(r"camt\.05[234]\.001|<(?:\w+:)?BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)\b")),
    ("ofx", re.compile(r"(?i)OFXHEADER|<OFX>")),
    ("qif", re.compile(r"(?im)\A\s*!(?:type|account|option|clear)\b")),
    ("bai2", re.compile(r"\A\s*01,[^,\n]*,[^,\n]*,\d{6},")),
    ("cfonb120", re.compile(r"\A\s*0[1457][ \d]{5}.{4}[ \d]{5}[A-Z]{3}\d")),
    ("mt940", re.compile(r"(?m)^\s*:(?:20|25P?|28C?|60[FM]?|61|62[FM]?|86|NS|940):")),
]
_MEMBERS_MAX = 2000
_UNPACKED_MB_MAX = 1024
_PACKING_RATIO_MAX = 250
_RATIO_FROM_BYTES = 10 * 1024 * 1024


def recognise(path: Path) -> str:
    """camt, mt940, cfonb120, ofx, qif, bai2, zip (of such files), or nothing."""
    if is_zip(path):
        return "zip" if _is_plain_archive(path) else ""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = _decoded(head)
    return next((name for name, shape in _SHAPES if shape.search(text)), "")


def _decoded(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    return head.decode("latin-1").removeprefix("ï»¿")


def _is_plain_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {member.filename for member in archive.infolist()[:_MEMBERS_MAX]}
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    return "[Content_Types].xml" not in names and "mimetype" not in names


def read(path: Path, form: str, *, currency: str) -> Read:
    """Statements and lines of a recognised file; `currency` stands in where the format tells none."""
    match form:
        case "camt":
            return camt.read(path)
        case "mt940":
            return mt940.read(path)
        case "cfonb120":
            return cfonb120.read(path)
        case "bai2":
            return bai2.read(path)
        case "ofx":
            return ofx.read(path, currency=currency)
        case _:
            return qif.read(path, currency=currency)


def first(path: Path, form: str) -> Read:
    """The same for looking into a file before it is imported; of an archive its first statement."""
    if form != "zip":
        yield from read(path, form, currency="EUR")
        return
    with unpacked(path) as members:
        for _, member in members:
            inner = recognise(member)
            if inner not in {"", "zip"}:
                yield from read(member, inner, currency="EUR")


@contextmanager
def unpacked(path: Path) -> Iterator[list[tuple[str, Path]]]:
    """The files of an archive, by name, in a folder that is gone afterwards; refuses one that would fill the disk."""
    with tempfile.TemporaryDirectory(prefix="encours-zip-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                yield list(_extracted(archive, Path(folder), path.stat().st_size))
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
            raise FileIsDamaged(reason=str(error)[:200]) from None


def check_archive(path: Path) -> None:
    """Refuse an archive that would fill the disk, from what it says of itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            _members(archive, path.stat().st_size)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileIsDamaged(reason=str(error)[:200]) from None


def _members(archive: zipfile.ZipFile, packed_bytes: int) -> list[zipfile.ZipInfo]:
    members = [one for one in archive.infolist() if not one.is_dir() and not is_noise(one.filename)]
    told = sum(member.file_size for member in members)
    is_bomb = told > _RATIO_FROM_BYTES and told // max(1, packed_bytes) > _PACKING_RATIO_MAX
    if told > _UNPACKED_MB_MAX * 1024 * 1024 or is_bomb or len(members) > _MEMBERS_MAX:
        raise FileIsTooLarge(size_mb=told // 1024 // 1024, limit_mb=_UNPACKED_MB_MAX)
    return members


def _extracted(archive: zipfile.ZipFile, folder: Path, packed_bytes: int) -> Iterator[tuple[str, Path]]:
    members = _members(archive, packed_bytes)
    left = _UNPACKED_MB_MAX * 1024 * 1024
    for rank, member in enumerate(members):
        target = folder / str(rank)
        with archive.open(member) as source, target.open("wb") as file:
            while chunk := source.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise FileIsTooLarge(size_mb=_UNPACKED_MB_MAX, limit_mb=_UNPACKED_MB_MAX)
                file.write(chunk)
        yield member.filename[-200:], target


def is_noise(name: str) -> bool:
    """Whether a member of an archive is what a computer adds by itself."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")
