"""Files dropped by a person, kept in the data folder until imported; a drop is named by an unguessable word."""

import hashlib
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from encours.core.errors import NotFound, Refused, gettext_noop

KEPT_DROPS = 40
_NAME_LENGTH_MAX = 120
_WORD = re.compile(r"[A-Za-z0-9_-]{16,40}")
_UNSAFE = re.compile(r"[^\w.\- ()’']+")


class DropUnknown(NotFound):
    """The drop was imported long ago, or never made."""

    message = gettext_noop("These files are no longer kept: drop them again.")


class FileTooLarge(Refused):
    """A file is larger than the installation takes."""

    message = gettext_noop("{name} is larger than {limit_mb} MB, the most this installation takes.")


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file of a drop."""

    path: Path
    name: str
    size_bytes: int
    sha256: str


def keep(files: Sequence["UploadedFile[bytes]"], *, organisation_id: int) -> str:
    """Write the files to the data folder by pieces and return the word that names the drop."""
    for file in files:
        if (file.size or 0) > settings.UPLOAD_SIZE_MAX_BYTES:
            raise FileTooLarge(name=file.name, limit_mb=settings.UPLOAD_SIZE_MAX_BYTES // 1024**2)
    word = secrets.token_urlsafe(18)
    folder = _root(organisation_id) / word
    folder.mkdir(parents=True)
    for file in files:
        with _free(folder / _safe(file.name or "")).open("xb") as target:
            for piece in file.chunks(1024 * 1024):
                target.write(piece)
    _forget_oldest(organisation_id)
    return word


def files_of(word: str, *, organisation_id: int) -> list[Dropped]:
    """The files of a drop of this organisation; refuses any other word."""
    folder = _root(organisation_id) / word
    if not _WORD.fullmatch(word) or not folder.is_dir():
        raise DropUnknown()
    return [
        Dropped(path, path.name, path.stat().st_size, _sha256(path))
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]


def forget(word: str, *, organisation_id: int) -> None:
    """Remove the files of a drop."""
    if _WORD.fullmatch(word):
        shutil.rmtree(_root(organisation_id) / word, ignore_errors=True)


def _root(organisation_id: int) -> Path:
    return Path(settings.ENCOURS_HOME) / "uploads" / str(int(organisation_id))


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).strip(". ")[-_NAME_LENGTH_MAX:] or "file"


def _free(path: Path) -> Path:
    """The path itself, or the next one of that name: two folders may hold an export called the same."""
    free, number = path, 2
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _forget_oldest(organisation_id: int) -> None:
    drops = sorted(_root(organisation_id).iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in drops[:-KEPT_DROPS]:
        shutil.rmtree(folder, ignore_errors=True)
