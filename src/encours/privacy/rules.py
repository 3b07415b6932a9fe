"""How long what must be kept, and on what ground; an archive of files that comes out the same each time."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from encours.core.errors import gettext_noop

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest day a ZIP file can tell


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept for so many years from an event, why, and where that is written."""

    code: str
    what: str
    years: int
    counted_from: str
    ground: str
    source: str
    is_let_go: bool = False  # the purge takes it; the books and the audit trail stay until a person archives them


# Sources: articles of the codes named; the reference framework of the CNIL on unpaid bills is deliberation 2021-131.
RETENTIONS: tuple[Retention, ...] = (
    Retention(
        "books", gettext_noop("Invoices, payments, entries and what corrects them"), 10,
        gettext_noop("the end of the financial year"), gettext_noop("Accounting duty"), "C. com. L123-22",
    ),
    Retention(
        "exchanges", gettext_noop("Messages, answers, calls and notes about a claim"), 5,
        gettext_noop("the exchange, or until older debts are settled"),
        gettext_noop("Proof of the claim until it lapses"), "C. com. L110-4", is_let_go=True,
    ),
    Retention(
        "contacts", gettext_noop("Names, addresses and telephones of people at customers'"), 3,
        gettext_noop("the last exchange or invoice"), gettext_noop("Running the customer relation"), "RGPD art. 6.1.f",
        is_let_go=True,
    ),
    Retention(
        "audit", gettext_noop("Who did what in Encours"), 10,
        gettext_noop("the deed"), gettext_noop("Reliable audit trail"), "CGI art. 289 VII 1°",
    ),
)  # fmt: skip


def let_go_before(code: str, today: date) -> date:
    """The day before which something is past its term: on 2031-11-22, an exchange of 2026-11-21."""
    years = next(one.years for one in RETENTIONS if one.code == code)
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)


def kept_until(code: str, last: date) -> date:
    """The last day on which something is kept: an exchange of 29 February 2028 until 28 February 2033."""
    years = next(one.years for one in RETENTIONS if one.code == code)
    try:
        return last.replace(year=last.year + years)
    except ValueError:
        return (last - timedelta(days=1)).replace(year=last.year + years)


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files in one ZIP, by name; the same files give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            bundle.writestr(entry, files[name])
    return made.getvalue()
