"""Which files that came along may be opened at all: by their kind and their size, before anything scans them."""

import re
from dataclasses import dataclass

from encours.core.errors import gettext_noop
from encours.core.text import fold

SIZE_BYTES_MAX = 25_000_000
COUNT_MAX = 50

# what runs when it is opened, or hides what runs
_DANGEROUS_WORDS = (
    "ade adp apk app appx appref-ms bat cab chm cmd com cpl diagcab dll dmg exe gadget hta htm html ins inf iso img "
    "isp jar jnlp js jse lib lnk mde msc msi msp mst nsh pif ps1 psm1 psc1 reg scf scr sct settingcontent-ms shb sh "
    "svg swf sys url vb vbe vbs vhd vhdx vxd wsc wsf wsh xhtml xll docm dotm xlsm xltm xlam pptm potm ppam one"
)
_DANGEROUS = frozenset(_DANGEROUS_WORDS.split())
_NAMED = re.compile(r"\.([a-z0-9-]{1,20})\s*$")
_RUNS = re.compile(
    r"application/(?:x-(?:ms)?dos|x-msdownload|x-executable|x-sh|java-archive|hta|javascript)|"
    r"text/(?:html|javascript)"
)

TYPE_REFUSED = gettext_noop("A file of this kind can run a program: it is kept in the mail and never opened here.")
TOO_LARGE = gettext_noop("Larger than what is opened here ({size_megabytes} MB at most): it is kept in the mail.")
TOO_MANY = gettext_noop("The mail has more files than are looked at: it is kept in the mail.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file may be opened once it is scanned; if not, the sentence that says why."""

    is_refused: bool
    why: str = ""


def verdict(name: str, content_type: str, size_bytes: int, *, position: int = 1) -> Verdict:
    """What is decided of a file by its name, type and size.

    ("facture.pdf", "application/pdf", 90_000) -> may be opened; ("facture.pdf.exe", ...) -> refused, it runs
    """
    ending = _NAMED.search(fold(name).strip(" ."))
    if (ending and ending[1] in _DANGEROUS) or _RUNS.match(content_type.lower()):
        return Verdict(True, TYPE_REFUSED)
    if size_bytes > SIZE_BYTES_MAX:
        return Verdict(True, TOO_LARGE)
    if position > COUNT_MAX:
        return Verdict(True, TOO_MANY)
    return Verdict(False)


def shown_name(name: str, content_type: str, *, position: int) -> str:
    """A name fit for a list and a download: no path, no control or direction-turning letters, never empty.

    ("../../etc/Relev\\u202efdp.exe", ...) -> "Relevfdp.exe"
    """
    plain = re.sub(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "", name)
    last = re.split(r"[/\\]", plain)[-1].strip(" .")
    return last[:255] or f"file-{position}.{content_type.rpartition('/')[2][:10] or 'bin'}"
