"""PDFs of invoices: a file of them, or an archive that holds nothing else."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from encours.core.errors import gettext_noop
from encours.imports.formats.bank import files as archives
from encours.imports.formats.problems import FileUnreadable
from encours.imports.formats.text import is_zip


class NoCopies(FileUnreadable):
    message = gettext_noop("{file} is neither a PDF nor an archive of PDFs.")


def recognise(path: Path, *, name: str, is_told: bool, is_named: Callable[[str], bool]) -> str:
    """pdf, zip, or nothing; a PDF that nobody said to be an invoice is one when its name means one that is known."""
    with path.open("rb") as file:
        head = file.read(1024)
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf" if is_told or is_named(name) else ""
    if is_zip(path) and _holds_pdfs_alone(path):
        archives.check_archive(path)
        return "zip"
    if is_told:
        raise NoCopies(file=name)
    return ""


def _holds_pdfs_alone(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    names = [name for name in names if not archives.is_noise(name)]
    return bool(names) and all(name.lower().endswith(".pdf") for name in names)


@contextmanager
def members(path: Path, form: str, *, name: str) -> Iterator[list[tuple[str, Path]]]:
    """The PDFs with their names; those of an archive lie in a folder that is gone afterwards."""
    if form == "pdf":
        yield [(name, path)]
        return
    with archives.unpacked(path) as found:
        yield list(found)
