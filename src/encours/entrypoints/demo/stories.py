"""What people did about the open items: disputes, promises, pauses, notes, bounces; each on the day it happened."""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from encours.entrypoints.demo import behaviour
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.cash import Cash, Part
from encours.entrypoints.demo.market import LARGE, MIDDLE, SEED, Contact, Customer
from encours.entrypoints.demo.people import COLLECTORS, CREDIT_MANAGER, SALES, Person

DAY = dt.timedelta(days=1)
_HOPELESS = frozenset({behaviour.SILENT, behaviour.INSOLVENT})


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """The customer contests a document, wholly when no amount is told."""

    day: dt.date
    customer: Customer
    key: str
    document_number: str
    amount_minor: int | None
    reason: str
    note: str
    by: Person


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """How a dispute ended."""

    day: dt.date
    key: str
    outcome: str
    note: str
    by: Person


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """An amount promised for a day."""

    day: dt.date
    customer: Customer
    amount_minor: int
    promised_date: dt.date
    source: str
    note: str
    by: Person


@dataclass(frozen=True, slots=True)
class PauseStarted:
    """Reminders stop until a day, or until somebody ends it."""

    day: dt.date
    customer: Customer
    reason: str
    until: dt.date | None
    note: str
    by: Person


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A comment for colleagues, perhaps naming one."""

    day: dt.date
    customer: Customer
    text: str
    by: Person


@dataclass(frozen=True, slots=True)
class AddressFailed:
    """Mail to all the addresses we have came back, so that there is nobody left to write to."""

    day: dt.date
    customer: Customer
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replied:
    """The customer answered a message; somebody may have read it since."""

    day: dt.date
    customer: Customer
    contact: Contact
    subject: str
    text: str
    read_by: Person | None


type Event = DisputeOpened | DisputeClosed | PromiseMade | PauseStarted | NoteWritten | AddressFailed | Replied

# reason, share of the invoice in percent (0: all of it), the customer's words
_OPEN_DISPUTES: tuple[tuple[str, int, str], ...] = (
    (
        "quality",
        28,
        "« Deux travées reçues tordues, nous attendons un avoir. » Photos reçues, transmises à la logistique.",
    ),
    ("price", 0, "Le tarif facturé ne correspond pas au devis accepté ; l’ADV vérifie la remise."),
    ("delivery", 35, "« Livraison incomplète : il manque le compresseur. » Bon de livraison demandé au transporteur."),
    ("order_number", 0, "La comptabilité fournisseurs refuse la facture sans son numéro de commande."),
    ("quantity", 18, "6 lots facturés, 5 reçus selon le client."),
    ("quality", 0, "Machine en panne deux jours après la mise en service, intervention prévue."),
    ("not_received", 0, "« Nous n’avons jamais reçu cette facture. » Duplicata envoyé."),
    ("duplicate", 0, "Le client pense avoir reçu deux fois la même intervention de dépannage."),
    ("deduction", 9, "Retenue pour retard de livraison, selon leurs conditions d’achat."),
)
_CLOSED_DISPUTES: tuple[tuple[str, str, str, str], ...] = (
    ("price", "Remise de fin d’année oubliée.", "customer_right", "Avoir établi, solde réglé."),
    ("delivery", "Palette manquante à la réception.", "unfounded", "Bon de livraison signé retrouvé et transmis."),
    ("order_number", "Numéro de commande absent.", "customer_right", "Facture renvoyée avec le bon de commande."),
    ("quantity", "Deux lames en moins dans le colis.", "partly_right", "Une lame renvoyée, l’autre facturée."),
    ("not_received", "Facture non reçue.", "withdrawn", "Duplicata envoyé, payée à la campagne suivante."),
    ("quality", "Établi rayé à la livraison.", "partly_right", "Geste commercial de 8 % accordé."),
)
_PROMISE_NOTES: tuple[str, ...] = (
    "Le virement part avec la campagne de fin de semaine.",
    "La facture est validée, paiement promis par la comptable.",
    "Attend lui-même un règlement de son client, s’engage sur la date.",
    "Bon à payer signé, en attente du second signataire.",
)
_NOTES: tuple[str, ...] = (
    "@{sales} tu les vois cette semaine : peux-tu parler de la facture contestée ? Le reste ne dépend pas du litige.",
    "Nouvelle comptable depuis le début du mois, plus disponible le matin.",
    "Ils paient par campagne, le jeudi seulement. Inutile d’appeler le vendredi.",
    "Le gérant confirme des difficultés passagères, demande à être prévenu avant tout courrier.",
    "@{manager} encours en hausse depuis deux mois, faut-il revoir la limite ?",
    "Relevé de compte envoyé à leur demande, ils pointent et reviennent vers nous.",
    "@{sales} commande en attente tant que les deux plus anciennes ne sont pas payées.",
    "La facture doit passer par leur plateforme, l’e-mail ne suffit pas.",
    "Très bonne relation : commencer par un appel, jamais par un courrier ferme.",
    "Changement de banque en cours chez eux, le RIB suivra. À vérifier par téléphone avant toute modification.",
)
_REPLIES: tuple[tuple[str, str], ...] = (
    (
        "RE: factures échues",
        "Bonjour,\n\nPouvez-vous nous accorder un règlement en trois fois sur ces factures ? Le premier virement peut"
        " partir cette semaine.\n\nBien cordialement",
    ),
    (
        "RE: relance",
        "Bonjour,\n\nLe virement est programmé pour la fin de la semaine, merci de votre patience.\n\nCordialement",
    ),
    (
        "RE: factures échues",
        "Bonjour,\n\nMerci de nous adresser un duplicata : nous ne retrouvons pas cette facture dans notre"
        " système.\n\nLe service comptabilité",
    ),
    (
        "Absence du bureau",
        "Je suis absente jusqu’à lundi. En cas d’urgence, merci d’écrire à la comptabilité générale.",
    ),
    (
        "RE: votre relance",
        "Bonjour,\n\nNous contestons la dernière ligne de la facture, voir mon message du mois dernier resté sans"
        " réponse.\n\nCordialement",
    ),
)
_UNREAD = 3


def events(cash: Cash, customers: Sequence[Customer], *, today: dt.date) -> tuple[Event, ...]:
    """All that happened, by day; each customer lives one story, so that the list of today shows them all."""
    stage = _Stage(cash, customers, today)
    found = [
        *_broken_promises(stage),
        *_promises_for_today(stage),
        *_open_disputes(stage),
        *_pauses(stage),
        *_failed_addresses(stage),
        *_replies(stage),
        *_running_promises(stage),
        *_kept_promises(stage),
        *_closed_disputes(stage),
        *_notes(stage),
    ]
    return tuple(sorted(found, key=lambda event: event.day))


class _Stage:
    """Who is overdue with what, and who has a story already."""

    def __init__(self, cash: Cash, customers: Sequence[Customer], today: dt.date) -> None:
        self.cash, self.customers, self.today = cash, customers, today
        self.chance = random.Random(f"{SEED}:{today}")
        # money just in is a story of its own
        self.taken = {receipt.customer.number for receipt in cash.receipts if not receipt.uses}
        self.late = sorted(
            (part for part in cash.parts if part.open_minor and part.instalment.due_date < today),
            key=lambda part: (-part.open_minor, part.document.seed),
        )

    def before(self, days_count: int) -> dt.date:
        """The last business day at least so many days ago."""
        return FRANCE.previous_business_day(self.today - days_count * DAY)

    def cast(self, count: int, fits: Callable[[Part], bool]) -> Iterator[Part]:
        """The biggest late items that fit, of customers without a story."""
        for part in self.late:
            if count == 0:
                return
            customer = part.document.customer
            if customer.number not in self.taken and customer.habit not in _HOPELESS and fits(part):
                self.taken.add(customer.number)
                count -= 1
                yield part

    def days_late(self, part: Part) -> int:
        """How late the item is today."""
        return (self.today - part.instalment.due_date).days


def collector_of(customer: Customer) -> Person:
    """Who follows the customer; the credit manager where nobody does."""
    return COLLECTORS[customer.collector] if customer.collector >= 0 else CREDIT_MANAGER


def _promise(stage: _Stage, part: Part, *, made_days_ago: int, promised_date: dt.date) -> PromiseMade:
    customer = part.document.customer
    return PromiseMade(
        day=stage.before(made_days_ago),
        customer=customer,
        amount_minor=part.open_minor,
        promised_date=promised_date,
        source=stage.chance.choice(["call", "call", "email"]),
        note=stage.chance.choice(_PROMISE_NOTES),
        by=collector_of(customer),
    )


def _broken_promises(stage: _Stage) -> Iterator[Event]:
    def is_late(part: Part) -> bool:
        return 13 <= stage.days_late(part) <= 90

    def is_talked_about(part: Part) -> bool:
        return is_late(part) and part.document.customer.collector == 0 and part.document.customer.size >= LARGE

    talked_about = list(stage.cast(1, is_talked_about))
    for rank, part in enumerate([*talked_about, *stage.cast(3 - len(talked_about), is_late)]):
        yield _promise(stage, part, made_days_ago=9 + rank, promised_date=stage.before(2 + rank))
        if rank == 0:
            yield from _long_story(stage, part)


def _long_story(stage: _Stage, promised: Part) -> Iterator[Event]:
    """The customer that everybody talks about: a promise not kept, a part contested, colleagues who help."""
    customer = promised.document.customer
    collector, sales = collector_of(customer), SALES[customer.sales]
    others = (part for part in stage.late if part.document.customer == customer)
    contested = next((part for part in others if part.document != promised.document), None)
    if contested is not None:
        yield DisputeOpened(
            day=stage.before(5),
            customer=customer,
            key=f"demo:{contested.document.number}",
            document_number=contested.document.number,
            amount_minor=contested.open_minor * 30 // 100,
            reason="quality",
            note="« Deux pièces reçues abîmées, nous attendons un avoir. » Confié à la logistique.",
            by=collector,
        )
    ask = (
        f"@{sales.name} tu les vois jeudi : peux-tu parler de la facture contestée ? Le reste ne dépend pas du litige."
    )
    yield NoteWritten(stage.before(4), customer, ask, collector)
    yield NoteWritten(
        stage.before(3), customer, f"@{collector.name} oui, rendez-vous à 10 h. Je te dis le soir même.", sales
    )


def _promises_for_today(stage: _Stage) -> Iterator[Event]:
    for rank, part in enumerate(stage.cast(3, lambda part: stage.days_late(part) >= 8)):
        yield _promise(stage, part, made_days_ago=4 + rank, promised_date=stage.today)


def _running_promises(stage: _Stage) -> Iterator[Event]:
    for rank, part in enumerate(stage.cast(2, lambda part: stage.days_late(part) >= 6)):
        promised_date = FRANCE.next_business_day(stage.today + (3 + 2 * rank) * DAY)
        yield _promise(stage, part, made_days_ago=2 + rank, promised_date=promised_date)


def _kept_promises(stage: _Stage) -> Iterator[Event]:
    count = 0
    for receipt in reversed(stage.cash.receipts):
        if count == 7 or (stage.today - receipt.received_date).days > 58:
            return
        late = [use for use in receipt.uses if (receipt.received_date - use.document.instalments[-1].due_date).days > 9]
        if not late or receipt.customer.number in stage.taken:
            continue
        stage.taken.add(receipt.customer.number)
        count += 1
        yield PromiseMade(
            day=FRANCE.previous_business_day(receipt.received_date - 6 * DAY),
            customer=receipt.customer,
            amount_minor=receipt.amount_minor,
            promised_date=receipt.received_date,
            source="call",
            note=stage.chance.choice(_PROMISE_NOTES),
            by=collector_of(receipt.customer),
        )


def _open_disputes(stage: _Stage) -> Iterator[Event]:
    fitting = stage.cast(len(_OPEN_DISPUTES), lambda part: part.rank == 0 and 5 <= stage.days_late(part) <= 80)
    for (reason, percent, words), part in zip(_OPEN_DISPUTES, fitting, strict=False):
        customer = part.document.customer
        opened = FRANCE.next_business_day(part.instalment.due_date + stage.chance.randint(1, 6) * DAY)
        yield DisputeOpened(
            day=min(opened, stage.before(1)),
            customer=customer,
            key=f"demo:{part.document.number}",
            document_number=part.document.number,
            amount_minor=part.open_minor * percent // 100 if percent else None,
            reason=reason,
            note=words,
            by=collector_of(customer),
        )


def _closed_disputes(stage: _Stage) -> Iterator[Event]:
    paid_late = [
        part
        for part in stage.cash.parts
        if part.paid_on and part.rank == 0 and 24 <= (part.paid_on - part.instalment.due_date).days <= 70
    ]
    for part in stage.chance.sample(paid_late, min(14, len(paid_late))):
        reason, words, outcome, ending = stage.chance.choice(_CLOSED_DISPUTES)
        key, by = f"demo:{part.document.number}", collector_of(part.document.customer)
        opened = FRANCE.next_business_day(part.instalment.due_date + 3 * DAY)
        closed = FRANCE.previous_business_day((part.paid_on or opened) - 4 * DAY)
        yield DisputeOpened(opened, part.document.customer, key, part.document.number, None, reason, words, by)
        yield DisputeClosed(closed, key, outcome, ending, by)


def _pauses(stage: _Stage) -> Iterator[Event]:
    told = (
        ("payment_plan", 62, "Échéancier accepté : trois versements le 15 du mois."),
        ("agreement", 9, "Accord du gérant : règlement à la livraison du solde de commande."),
        ("waiting", 5, "Attend la copie du bon de livraison signé."),
        ("commercial", 12, "Renouvellement du contrat en cours, le commercial demande une semaine."),
    )
    fitting = stage.cast(len(told), lambda part: stage.days_late(part) >= 3)
    for (reason, length_days, note), part in zip(told, fitting, strict=False):
        customer = part.document.customer
        until = stage.today + length_days * DAY
        yield PauseStarted(stage.before(3), customer, reason, until, note, collector_of(customer))


def _failed_addresses(stage: _Stage) -> Iterator[Event]:
    for part in stage.cast(3, lambda part: len(_emails(part.document.customer)) == 2 and stage.days_late(part) >= 3):
        yield AddressFailed(stage.before(4), part.document.customer, _emails(part.document.customer))


def _emails(customer: Customer) -> tuple[str, ...]:
    written = [customer.email, *(contact.email for contact in customer.contacts)]
    return tuple(dict.fromkeys(email for email in written if email))


def _replies(stage: _Stage) -> Iterator[Event]:
    """Some came in since the last working day and wait to be read; others were read and led somewhere."""
    fitting = stage.cast(len(_REPLIES), lambda part: bool(_writer(part)) and stage.days_late(part) >= 5)
    for rank, ((subject, text), part) in enumerate(zip(_REPLIES, fitting, strict=False)):
        customer, contact = part.document.customer, _writer(part)
        if contact is not None:
            is_unread = rank < _UNREAD
            day = stage.before(1 if is_unread else 4 + 3 * rank)
            signed = text if subject.startswith("Absence") else f"{text}\n{contact.name}"
            yield Replied(day, customer, contact, subject, signed, None if is_unread else collector_of(customer))


def _writer(part: Part) -> Contact | None:
    return next((contact for contact in part.document.customer.contacts if contact.email), None)


def _notes(stage: _Stage) -> Iterator[Event]:
    watched = [part.document.customer for part in stage.late if part.document.customer.size >= MIDDLE]
    seen = list({customer.number: customer for customer in watched}.values())[: len(_NOTES)]
    for rank, (customer, text) in enumerate(zip(seen, _NOTES, strict=False)):
        words = text.format(sales=SALES[customer.sales].name, manager=CREDIT_MANAGER.name)
        yield NoteWritten(stage.before(2 + 3 * rank), customer, words, collector_of(customer))
