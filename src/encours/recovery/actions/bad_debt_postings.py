"""What doubtful and lost debts post: transfers between customer accounts, provisions, write-offs, their mirrors."""

from datetime import date

from encours.core.actors import Actor
from encours.core.errors import Conflict, gettext_noop
from encours.ledger import account_actions as general
from encours.ledger import actions as ledger
from encours.ledger.models import Allocation, ItemKind, OpenItem, Transaction
from encours.ledger.rules import Leg, open_day
from encours.ledger.transfer_actions import Moved, transfer
from encours.matching.queries.book import closed_days
from encours.recovery.models import BadDebt, BadDebtKind, BadDebtLine
from encours.recovery.rules import bad_debt as rules
from encours.recovery.rules.bad_debt import Accounts

SOURCE = "bad_debt"


class BooksMoved(Conflict):
    """Something was paid, written off or undone since."""

    message = gettext_noop("What is open of {document_number} moved since: propose it again.")


def post(found: BadDebt, *, accounts: Accounts, today: date, by: Actor) -> None:
    """Post each line of an approved proposal; refused where what is open moved since it was proposed."""
    lines = list(found.lines.filter(organisation_id=found.organisation_id).order_by("item_id"))
    items = OpenItem.objects.filter(organisation_id=found.organisation_id, pk__in=[line.item_id for line in lines])
    items_by_id = {item.pk: item for item in items.order_by("pk")}
    day = _day(found, today)
    for line in lines:
        item = items_by_id.get(line.item_id)
        if item is None or item.open_minor != line.open_minor:
            raise BooksMoved(document_number=line.document_number)
        if found.kind == BadDebtKind.DOUBTFUL:
            _post_doubtful(found, line, accounts, day, by)
        else:
            _post_loss(found, line, item, accounts, day, by)


def _day(found: BadDebt, today: date) -> date:
    return open_day(today, closed_until=closed_days(found.organisation_id).get(found.entity_id))


def _posting(found: BadDebt, day: date, key: str) -> ledger.Posting:
    return ledger.Posting(
        organisation_id=found.organisation_id, entity_id=found.entity_id, transaction_date=day, source=SOURCE, key=key
    )


def _why(found: BadDebt, line: BadDebtLine) -> str:
    return f"{found.number} {line.document_number} {found.customer.name}"


def _post_doubtful(found: BadDebt, line: BadDebtLine, accounts: Accounts, day: date, by: Actor) -> None:
    for pair in rules.doubtful_entries(
        accounts, account=line.account, open_minor=line.open_minor, provision_minor=line.provision_minor
    ):
        if pair.credit == line.account:
            _transfer(found, line, pair, day=day, key=f"bad-debt:{line.pk}", by=by)
        else:
            _book(found, line, pair, day=day, key=f"bad-debt:{line.pk}:provision", by=by)


def _transfer(found: BadDebt, line: BadDebtLine, pair: rules.Pair, *, day: date, key: str, by: Actor) -> None:
    if pair.debit == pair.credit:
        return  # the debt stood on the doubtful account already
    moved = Moved(found.customer_id, line.document_number, found.currency, pair.amount_minor, pair.credit, pair.debit)
    transfer(_posting(found, day, key), moved=[moved], by=by, why=_why(found, line))


def _book(found: BadDebt, line: BadDebtLine, pair: rules.Pair, *, day: date, key: str, by: Actor) -> None:
    booked = general.Booked(
        _posting(found, day, key), pair.debit, pair.credit, found.currency, pair.amount_minor, _why(found, line)
    )
    general.book_entries([booked], by=by)


def _post_loss(found: BadDebt, line: BadDebtLine, item: OpenItem, accounts: Accounts, day: date, by: Actor) -> None:
    doubtful = _doubtful_line(line)
    if doubtful is not None:
        give_back_paid(doubtful, accounts=accounts, today=day, by=by)
        if doubtful.left_minor not in (0, item.open_minor):
            raise BooksMoved(document_number=line.document_number)
    is_doubtful = doubtful is not None and doubtful.left_minor > 0
    released_minor = doubtful.provision_left_minor if doubtful is not None else 0
    pairs = rules.loss_entries(
        accounts,
        account=accounts.doubtful if is_doubtful else line.account,
        amounts=rules.Amounts(line.open_minor, line.net_minor, line.tax_minor, line.is_tax_known),
        recovers_tax=found.recovers_tax,
        provisioned_minor=released_minor,
    )
    losses = [pair for pair in pairs if pair.debit != accounts.impairment]
    made = ledger.post(
        _posting(found, day, f"bad-debt:{line.pk}"),
        items=[
            ledger.NewItem(
                customer_id=found.customer_id, kind=ItemKind.WRITE_OFF, document_number=line.document_number,
                item_date=day, due_date=day, currency=found.currency, amount_minor=-pair.amount_minor,
                account=pair.credit, counterpart=pair.debit,
            )
            for pair in losses
        ],
        by=by,
        why=_why(found, line),
    )  # fmt: skip
    ledger.allocate(
        ledger.Settlement(
            organisation_id=found.organisation_id, allocation_date=max(day, item.item_date),
            key=f"bad-debt:{line.pk}", source=SOURCE,
        ),
        legs=[
            Leg(item.pk, item.currency, -line.open_minor),
            *(Leg(one.pk, one.currency, -one.amount_minor) for one in made),
        ],
        by=by,
        why=_why(found, line),
    )  # fmt: skip
    for pair in pairs:
        if pair.debit == accounts.impairment:
            _book(found, line, pair, day=day, key=f"bad-debt:{line.pk}:release", by=by)
    if doubtful is not None and is_doubtful:
        line.from_doubtful_minor = line.open_minor
        line.save(update_fields=["from_doubtful_minor"])
        doubtful.lost_minor += line.open_minor
        doubtful.released_minor += released_minor
        doubtful.is_standing = False
        doubtful.save(update_fields=["lost_minor", "released_minor", "is_standing"])


def _doubtful_line(line: BadDebtLine) -> BadDebtLine | None:
    return (
        BadDebtLine.objects.select_for_update(of=("self",))
        .select_related("bad_debt__customer")
        .filter(
            organisation_id=line.organisation_id, item_id=line.item_id, kind=BadDebtKind.DOUBTFUL, is_standing=True,
            bad_debt__decided_as="approved",
        )
        .first()
    )  # fmt: skip


def give_back_paid(line: BadDebtLine, *, accounts: Accounts, today: date, by: Actor) -> bool:
    """Take back from the doubtful account what is no longer open of an item, and its share of the provision."""
    item = OpenItem.objects.get(organisation_id=line.organisation_id, pk=line.item_id)
    paid_minor = line.left_minor - max(item.open_minor, 0)
    if paid_minor <= 0:
        return False
    _give_back(line, paid_minor, accounts=accounts, today=today, by=by)
    return True


def _give_back(line: BadDebtLine, amount_minor: int, *, accounts: Accounts, today: date, by: Actor) -> None:
    found = line.bad_debt
    day = _day(found, today)
    key = f"bad-debt:{line.pk}:back:{line.returned_minor}"
    released_minor = rules.given_back(line.left_minor, amount_minor, line.provision_left_minor)
    back = rules.Pair(line.account, accounts.doubtful, amount_minor)
    _transfer(found, line, back, day=day, key=key, by=by)
    if released_minor:
        pair = rules.Pair(accounts.impairment, accounts.release, released_minor)
        _book(found, line, pair, day=day, key=f"{key}:release", by=by)
    line.returned_minor += amount_minor
    line.released_minor += released_minor
    line.is_standing = line.left_minor > 0
    line.save(update_fields=["returned_minor", "released_minor", "is_standing"])


def take_back(found: BadDebt, *, accounts: Accounts, today: date, by: Actor, why: str) -> None:
    """Post the mirror of what still stands of a decision; refused for a doubtful debt that was written off since."""
    for line in found.lines.select_for_update().filter(organisation_id=found.organisation_id).order_by("item_id"):
        line.bad_debt = found
        if found.kind == BadDebtKind.DOUBTFUL:
            if line.lost_minor:
                raise BooksMoved(document_number=line.document_number)
            if line.left_minor:
                _give_back(line, line.left_minor, accounts=accounts, today=today, by=by)
        else:
            _take_back_loss(found, line, today=today, by=by, why=why)


def _take_back_loss(found: BadDebt, line: BadDebtLine, *, today: date, by: Actor, why: str) -> None:
    organisation_id, day = found.organisation_id, _day(found, today)
    key = f"bad-debt:{line.pk}"
    tied = Allocation.objects.get(organisation_id=organisation_id, key=key)
    if Allocation.objects.filter(organisation_id=organisation_id, reverses=tied).exists():
        raise BooksMoved(document_number=line.document_number)
    ledger.undo_allocation(organisation_id=organisation_id, allocation_id=tied.pk, by=by, why=why)
    for item in OpenItem.objects.filter(organisation_id=organisation_id, transaction__key=key).order_by("pk"):
        ledger.reverse_item(organisation_id=organisation_id, item_id=item.pk, by=by, why=why, on=day)
    released = Transaction.objects.filter(organisation_id=organisation_id, key=f"{key}:release").first()
    if released is not None:
        general.reverse_entries(organisation_id=organisation_id, transaction_id=released.pk, on=day, by=by, why=why)
    line.is_standing = False
    line.save(update_fields=["is_standing"])
    if line.from_doubtful_minor:
        _stand_again(line, released)


def _stand_again(line: BadDebtLine, released: Transaction | None) -> None:
    """The doubtful debt that was lost stands as it did, with its provision."""
    doubtful = BadDebtLine.objects.filter(
        organisation_id=line.organisation_id, item_id=line.item_id, kind=BadDebtKind.DOUBTFUL,
        lost_minor=line.from_doubtful_minor,
    ).latest("pk")  # fmt: skip
    entries = released.entries.filter(amount_minor__gt=0) if released is not None else ()
    doubtful.lost_minor -= line.from_doubtful_minor
    doubtful.released_minor -= sum(entry.amount_minor for entry in entries)
    doubtful.is_standing = True
    doubtful.save(update_fields=["lost_minor", "released_minor", "is_standing"])
