"""Who plays which part in the demo's scenes: late customers without a story of their own, the same every time."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from encours.core.actors import Actor
from encours.core.dates import instant_of
from encours.entrypoints.demo import behaviour, stories
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.cash import Part
from encours.entrypoints.demo.market import COMPANIES, Contact, Customer
from encours.entrypoints.demo.people import Person
from encours.entrypoints.demo.replay import PARIS, Stage
from encours.ledger.models import OpenItem

type Standing = stories.DisputeOpened | stories.PromiseMade | stories.PauseStarted | stories.Replied
type Fits = Callable[["Player"], bool]


@dataclass(frozen=True, slots=True)
class Player:
    """A customer in a scene, with what it owes late today, the oldest first."""

    customer: Customer
    owed: tuple[Part, ...]
    days_late: int  # of the oldest, today

    @property
    def contact(self) -> Contact | None:
        """Who writes there, and is written to."""
        return next((contact for contact in self.customer.contacts if contact.email), None)

    @property
    def by(self) -> Person:
        """Who follows the customer."""
        return stories.collector_of(self.customer)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a scene is played: the stage, and who is in it by the name of the part."""

    stage: Stage
    cast: Mapping[str, Player]

    @property
    def organisation_id(self) -> int:
        """Whose company it is."""
        return self.stage.company.organisation_id

    @property
    def today(self) -> dt.date:
        """The day the demo is loaded for."""
        return self.stage.book.today

    def before(self, days: int) -> dt.date:
        """The last business day at least so many days ago."""
        return FRANCE.previous_business_day(self.today - days * stories.DAY)

    def at(self, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """An instant of a day, never after now."""
        return min(instant_of(day, dt.time(hour, minute), timezone=PARIS), self.stage.now)

    def actor(self, person: Person) -> Actor:
        """The person as the author of a write."""
        return self.stage.company.actor(person)

    def customer_id(self, player: Player) -> int:
        """The customer's key."""
        return self.stage.customer_ids[player.customer.number]

    def items(self, player: Player, *, due_before: dt.date) -> list[OpenItem]:
        """What the customer owes late to one company in one currency, as the books say."""
        found = OpenItem.objects.filter(
            organisation_id=self.organisation_id,
            customer_id=self.customer_id(player),
            kind__in=("invoice", "debit_note", "deposit"),
            open_minor__gt=0,
            due_date__lt=due_before,
        ).order_by("due_date", "pk")
        items = list(found)
        return [item for item in items if (item.entity_id, item.currency) == (items[0].entity_id, items[0].currency)]


def cast(book: Book) -> dict[str, Player]:
    """Give each part to the customer that owes most among those who fit it and are in no story; some may stay empty."""
    busy = {event.customer.number for event in _standing(book)}
    busy |= {receipt.customer.number for receipt in book.cash.receipts if not receipt.uses}
    owed: dict[str, list[Part]] = defaultdict(list)
    for part in sorted(book.cash.parts, key=lambda part: (part.instalment.due_date, part.document.number)):
        if part.open_minor and part.instalment.due_date < book.today and part.document.customer.number not in busy:
            owed[part.document.customer.number].append(part)
    players = [
        Player(parts[0].document.customer, tuple(parts), (book.today - parts[0].instalment.due_date).days)
        for parts in owed.values()
    ]
    players.sort(key=lambda one: (-sum(part.open_minor for part in one.owed), one.customer.number))
    found: dict[str, Player] = {}
    for name, fits in PARTS:
        player = next((one for one in players if fits(one) and one.contact), None)
        if player is not None:
            players.remove(player)
            found[name] = player
    return found


def _standing(book: Book) -> Iterator[Standing]:
    """The stories that go on today: what is closed or long past leaves its customer free."""
    closed = {event.key for event in book.events if isinstance(event, stories.DisputeClosed)}
    lately = book.today - 12 * stories.DAY
    for event in book.events:
        match event:
            case stories.DisputeOpened() if event.key not in closed:
                yield event
            case stories.PromiseMade() if event.promised_date >= lately:
                yield event
            case stories.Replied() if event.day >= lately:
                yield event
            case stories.PauseStarted():
                yield event


def _is_company(player: Player) -> bool:
    customer = player.customer
    if customer.habit == behaviour.INSOLVENT:
        return False
    return customer.segment == COMPANIES and customer.country == "FR" and bool(customer.street)


def _of_silence(player: Player) -> bool:
    return _is_company(player) and player.customer.habit == behaviour.SILENT


def _of_maelle(player: Player) -> bool:
    return _is_company(player) and player.customer.collector == 0


def _french(days: int) -> Fits:
    gone = (behaviour.INSOLVENT, behaviour.SILENT)
    return lambda player: (
        player.customer.country == "FR" and player.days_late >= days and player.customer.habit not in gone
    )


def _late(days: int) -> Fits:
    return lambda player: _is_company(player) and player.customer.habit != behaviour.SILENT and player.days_late >= days


# the hardest parts first: who plays one plays no other
PARTS: tuple[tuple[str, Fits], ...] = (
    ("handed_over", _of_silence),
    ("formal_notice", _of_silence),
    ("plan_running", _late(12)),
    ("plan_drafted", _late(3)),
    ("promise", _of_maelle),
    ("series", _of_maelle),
    ("dispute", _of_maelle),
    ("copy", _of_maelle),
    ("bank_change", _is_company),
    ("remittance", _is_company),
    ("delay", _is_company),
    ("contact", _is_company),
    ("paid", _is_company),
    ("away", _is_company),
    ("bounced", _is_company),
    ("called_1", _of_maelle),
    ("called_3", _is_company),
    ("portal_promise", _french(5)),
    ("portal_dispute", _french(0)),
)
