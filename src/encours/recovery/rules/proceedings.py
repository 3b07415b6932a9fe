"""An opening judgment cuts a customer's debts in two: earlier ones are filed, later ones are paid when due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Owed:
    """An open item, by the day that gave rise to it as far as the books tell."""

    item_id: int
    entity_id: int
    document_number: str
    instalment_number: int
    instalment_count: int
    item_date: date
    due_date: date
    currency: str
    open_minor: int


@dataclass(frozen=True, slots=True)
class Split:
    """What was owed before the judgment, of it what was not due yet, and what came after."""

    due_before: Sequence[Owed]
    to_come_before: Sequence[Owed]
    after: Sequence[Owed]

    @property
    def before(self) -> list[Owed]:
        """All that is filed with the trustee."""
        return [*self.due_before, *self.to_come_before]


def split(items: Sequence[Owed], judgment_date: date) -> Split:
    """Debts issued before the judgment are filed (L622-24), due or not; the others are paid when due (L622-17).

    Judgment on 10 October: an invoice of 1 October due on 31 is filed as to fall due, one of 10 October is not. An
    invoice issued after for a delivery before belongs to the first kind: the person who files moves it.
    """
    before = [item for item in items if item.item_date < judgment_date]
    return Split(
        due_before=[item for item in before if item.due_date < judgment_date],
        to_come_before=[item for item in before if item.due_date >= judgment_date],
        after=[item for item in items if item.item_date >= judgment_date],
    )
