"""The link of a person: what it names, its seal; and what may be promised on the portal."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
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
class Offer:
    """One payment somebody offers by a day; without an amount, all that is left."""

    day: date
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What of an offer goes to one item."""

    item_id: int
    amount_minor: int
    day: date


@dataclass(frozen=True, slots=True)
class Limits:
    """What an organisation takes as a promise without talking."""

    days_max: int
    parts_max: int


def last_day(limits: Limits, *, today: date) -> date:
    """The last day that is taken: 30 days from 23 November -> 23 December."""
    return today + timedelta(days=limits.days_max)


def unfit(offers: Sequence[Offer], *, owed_minor: int, limits: Limits, today: date) -> str:
    """Why a promise is not taken on the portal, as a code; empty when it is.

    It is taken within `days_max` days, in at most `parts_max` payments, and not for more than is owed.
    1,000 EUR owed, 400 tomorrow and the rest in 20 days, limits 30 days and 3 payments -> ""; in 40 days -> "too_late"
    """
    if not offers or not owed_minor:
        return "empty"
    if len(offers) > limits.parts_max:
        return "too_many"
    if any(offer.day < today for offer in offers):
        return "past"
    if any(offer.day > last_day(limits, today=today) for offer in offers):
        return "too_late"
    named = [offer.amount_minor for offer in offers if offer.amount_minor is not None]
    is_odd = any(minor <= 0 for minor in named) or len(offers) - len(named) > 1
    if is_odd or sum(named) > owed_minor or (len(named) < len(offers) and sum(named) == owed_minor):
        return "amount"
    return ""


def spread(offers: Sequence[Offer], owed: Sequence[tuple[int, int]]) -> list[Part]:
    """The offers laid on the items, the earlier day on the earlier item; the offer without an amount takes the rest.

    400 on the 1st and the rest on the 20th, items 7 (300) and 8 (700) -> 7: 300 on the 1st; 8: 100 on the 1st, 600 on
    the 20th
    """
    rest = sum(minor for _, minor in owed) - sum(offer.amount_minor or 0 for offer in offers)
    left = [[item_id, minor] for item_id, minor in owed]
    parts = []
    for offer in sorted(offers, key=lambda one: one.day):
        minor = rest if offer.amount_minor is None else offer.amount_minor
        for item in left:
            taken = min(minor, item[1])
            if taken > 0:
                parts.append(Part(item[0], taken, offer.day))
                item[1] -= taken
                minor -= taken
    return parts
