"""What each customer of the demo may owe at most: as the ERP says it, set anew by hand for a few, insured for some."""

import random
from collections import Counter
from collections.abc import Mapping

from encours.credit import actions as credit
from encours.credit import insurance_actions as insurance
from encours.entrypoints.demo import behaviour, casting, market
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.market import CORE, LARGE, MIDDLE, SMALL, Customer
from encours.entrypoints.demo.people import CREDIT_MANAGER
from encours.recovery import actions as recovery
from encours.recovery.models import InsurerWord
from encours.recovery.queries import guardian

# what a customer of that size is granted at least
_LEAST_MINOR = {CORE: 6_000_000, LARGE: 2_500_000, MIDDLE: 1_000_000, SMALL: 300_000}
_STEP_MINOR = 100_000
# who owes more than the ERP allows: a part of the cast, and whoever pays later every month
_TIGHT_PART = "delay"
_BY_HAND: tuple[tuple[int, str, int, str], ...] = (
    # days ago, the part, the limit in percent of what is open today, why
    (14, "promise", 180, "Bilan reçu, fonds propres en hausse : limite relevée."),
    (5, "plan_running", 100, "Échéancier signé : pas de nouvel encours avant la dernière échéance."),
    (2, "called_3", 60, "Refuse de payer au téléphone : plus de livraison au-delà."),
)
# covered by the insurer: so many of those that owe most late, up to a part of what they owe; the last one is refused
_COVERED = 12
_COVER_PERCENT = 90
_DECLARED_FROM_DAYS_LATE = 45
SET_DAYS_AGO = 2  # the latest of them; each counts from its own day


def granted(book: Book) -> Mapping[str, int]:
    """The limits of the ERP's file by customer number, in cents; public bodies, private persons, exports have none."""
    owed = exposures(book)
    tight = {player.customer.number for part, player in casting.cast(book).items() if part == _TIGHT_PART}
    drifting = [customer for customer in book.customers if customer.habit == behaviour.DRIFTING and _has_one(customer)]
    tight |= {one.number for one in sorted(drifting, key=lambda one: -owed[one.number])[:1] if owed[one.number]}
    return {
        customer.number: _granted(customer, owed[customer.number], is_tight=customer.number in tight)
        for customer in book.customers
        if _has_one(customer)
    }


def exposures(book: Book) -> Counter[str]:
    """What each customer owes on the day of the book, by its number."""
    found: Counter[str] = Counter()
    for part in book.cash.parts:
        found[part.document.customer.number] += part.open_minor
    for part in book.cash.credits:
        found[part.document.customer.number] -= part.open_minor
    return found


def _has_one(customer: Customer) -> bool:
    return customer.segment in (market.KEY_ACCOUNTS, market.COMPANIES) and customer.currency == "EUR"


def _granted(customer: Customer, owed_minor: int, *, is_tight: bool) -> int:
    """Between a half and twice more than what is open, in steps of 1,000 euros; a tight one four fifths of it."""
    if is_tight:
        return _round(owed_minor * 80 // 100)
    share = random.Random(f"{market.SEED}:limit:{customer.number}").randint(130, 240)
    return max(_LEAST_MINOR[customer.size], _round(owed_minor * share // 100))


def _round(minor: int) -> int:
    return max(_STEP_MINOR, minor // _STEP_MINOR * _STEP_MINOR)


def set_by_hand(scene: Scene) -> None:
    """The limits our credit manager changed in the last weeks, each with its reason."""
    owed = exposures(scene.stage.book)
    for days_ago, part, percent, why in _BY_HAND:
        player = scene.cast.get(part)
        if player is not None and owed[player.customer.number] > 0:
            credit.set_limit(
                organisation_id=scene.organisation_id,
                customer_id=scene.customer_id(player),
                amount_minor=_round(owed[player.customer.number] * percent // 100),
                currency=player.customer.currency,
                today=scene.before(days_ago),
                by=scene.actor(CREDIT_MANAGER),
                why=why,
            )


def insure(scene: Scene) -> None:
    """The credit insurance: who is covered up to how much, and what of it was declared while it was late."""
    by, organisation_id = scene.actor(CREDIT_MANAGER), scene.organisation_id
    begins = scene.today.replace(year=scene.today.year - 2, month=1, day=1)
    insurance.set_policy(
        insurance.NewPolicy("Ligérienne d’assurance-crédit", "44-071826", 60, 150, False, begins),
        organisation_id=organisation_id,
        by=by,
    )
    owed = exposures(scene.stage.book)
    players = {one.customer.number: one for one in scene.cast.values() if _has_one(one.customer) and one.owed}
    for place, number in enumerate(sorted(players, key=lambda one: (-owed[one], one))[:_COVERED], start=1):
        player, is_covered = players[number], place < _COVERED
        insurance.set_cover(
            organisation_id=organisation_id,
            customer_id=scene.customer_id(player),
            is_covered=is_covered,
            amount_minor=_round(owed[number] * _COVER_PERCENT // 100) if is_covered else None,
            currency=player.customer.currency,
            from_date=begins,
            why=f"Agrément {26_000 + place}" if is_covered else "Refusé : bilan non publié",
            by=by,
        )
        if is_covered and player.days_late >= _DECLARED_FROM_DAYS_LATE:
            _declare(scene, scene.customer_id(player), reference=f"SIN-{place:04}")


def _declare(scene: Scene, customer_id: int, *, reference: str) -> None:
    day = scene.before(2)
    late = guardian.insured_items(guardian.Asked(scene.organisation_id, scene.today, account_ids=[customer_id]))
    if any(one.due_date < day for one in late):
        recovery.declare_to_insurer(
            organisation_id=scene.organisation_id,
            customer_id=customer_id,
            kind=InsurerWord.NOTICE,
            declared_date=day,
            reference=reference,
            today=scene.today,
            by=scene.actor(CREDIT_MANAGER),
        )
