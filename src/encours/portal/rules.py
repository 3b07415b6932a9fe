"""The link of a person: what it names, its seal; and what may be promised on the portal."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_SHAPE = re.compile(r"^([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,9})-([0-9]{8})-([A-Za-z0-9_-]{43})$")
# somebody who looks again within the half hour has not come twice
VISIT_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says of itself, before anything is believed: whose account, for whom, until when."""

    organisation_id: int
    customer_id: int
    contact_ref: int
    generation: int
    until: date

    @property
    def handle(self) -> str:
        """The same account and person in the addresses of the pages, where no secret stands."""
        return f"{self.organisation_id}-{self.customer_id}-{self.contact_ref}"

    @property
    def claim(self) -> str:
        """All that is sealed, but for the address."""
        return f"{self.handle}-{self.generation}-{self.until:%Y%m%d}"


def seal(link: Link, *, email: str, key: str) -> str:
    """The seal over a link and the address it was made for: another address makes another seal.

    HMAC-SHA256 under a key that never enters the database, so that a copy of the tables opens no account.
    """
    said = f"encours portal {link.claim} {email.strip().lower()}".encode()
    digest = hmac.new(key.encode(), said, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def secret_of(link: Link, *, email: str, key: str) -> str:
    """The link's secret, to be given to one person: "1-10482-7-0-20270106-p3Rn..."."""
    return f"{link.claim}-{seal(link, email=email, key=key)}"


def read(secret: str) -> tuple[Link, str] | None:
    """What a secret claims, and its seal; None when it has not the shape of one."""
    found = _SHAPE.match(secret)
    if found is None:
        return None
    stated = found[5]
    try:
        until = date(int(stated[:4]), int(stated[4:6]), int(stated[6:]))
    except ValueError:
        return None
    return Link(int(found[1]), int(found[2]), int(found[3]), int(found[4]), until), found[6]


def is_sealed(link: Link, mark: str, *, email: str, keys: Sequence[str]) -> bool:
    """Whether the seal is ours, under any of the keys in force."""
    return any(hmac.compare_digest(mark, seal(link, email=email, key=key)) for key in keys)


def browser_mark(chance: str) -> str:
    """How a browser is told from another: "Yb3..." -> "5f0c1e..."; nothing of the person or the machine is in it."""
    return hashlib.sha256(f"encours browser {chance}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Part:
    """One payment somebody offers: on an item, or on the account, so much by such a day."""

    item_id: int | None
    amount_minor: int
    day: date


@dataclass(frozen=True, slots=True)
class Limits:
    """What an organisation takes as a promise without talking."""

    days_max: int
    parts_max: int


def unfit(
    parts: Sequence[Part], *, open_minors: Mapping[int, int], limits: Limits, today: date
) -> tuple[str, dict[str, object]] | None:
    """Why a promise is not taken on the portal: a code and what it needs; None when it is.

    A promise within `days_max` days, of at most `parts_max` payments for one invoice, not above what is open on it.
    1,000 EUR open, 400 tomorrow and 600 in 20 days, limits 30 days and 3 payments -> None; in 40 days -> "too_late"
    """
    if not parts:
        return "empty", {}
    counts: dict[int | None, int] = {}
    sums: dict[int | None, int] = {}
    last = today + timedelta(days=limits.days_max)
    for part in parts:
        if part.amount_minor <= 0:
            return "amount", {}
        if not today <= part.day <= last:
            return "too_late", {"last": last}
        counts[part.item_id] = counts.get(part.item_id, 0) + 1
        sums[part.item_id] = sums.get(part.item_id, 0) + part.amount_minor
    if max(counts.values()) > limits.parts_max:
        return "too_many", {"parts_max": limits.parts_max}
    known = {item_id: sum(open_minors.values()) if item_id is None else open_minors.get(item_id, 0) for item_id in sums}
    if any(minor > known[item_id] for item_id, minor in sums.items()):
        return "too_much", {}
    return None
