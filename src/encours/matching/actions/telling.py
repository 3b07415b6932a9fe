"""What a run decided, as it would be read back: told to whoever asked by the process that wrote it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from encours.matching.actions.staging import Decision
from encours.matching.models import State
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow
from encours.matching.queries.told import Row
from encours.matching.rules.facts import CustomerFacts, Outcome, Proposal

type Told = dict[int, tuple[date, Any]]
type Tell = Callable[[Sequence[Row]], Sequence[Any]]


class Teller:
    """The rows of one run, from what it holds in memory."""

    def __init__(self, organisation_id: int, customers: Mapping[int, CustomerFacts]) -> None:
        self._account_names = facts_of.account_names(organisation_id)
        self._customers = customers

    def decided(self, decisions: Sequence[Decision], match_ids: Sequence[int]) -> Iterator[Row]:
        """The lines that are applied, each under the number its match will have."""
        for one, match_id in zip(decisions, match_ids, strict=True):
            state = State.APPLIED if one.booking.receipt_leg_minor else State.ON_ACCOUNT
            proposal = one.proposal
            yield Row._make((
                *self._line(one.row), state, one.how, *self._party(one.booking.customer_id),
                proposal.probability_ppm if proposal else None, one.allocations, one.residuals,
                proposal.reasons if proposal else (), 0, "", one.booking.on_account_minor, match_id,
            ))  # fmt: skip

    def waiting(self, row: BankRow, state: str, outcome: Outcome, why_not: str, *, rivals: int) -> Row:
        """A line that is kept for a person, with what is proposed for it."""
        best: Proposal | None = outcome.best
        evidence = (best.allocations, best.residuals, best.reasons) if best else ((), (), ())
        return Row._make((
            *self._line(row), state, "", *self._party(best.customer_id if best else 0),
            best.probability_ppm if best else None, *evidence, rivals, why_not, 0, None,
        ))  # fmt: skip

    def _line(self, row: BankRow) -> tuple[int, str, str, str, date, str, int, str, str]:
        return (
            row.line_id, row.entry_reference, row.bank_reference, self._account_names[row.account_id],
            row.booking_date, row.currency, row.amount_minor, row.payer_name, row.text,
        )  # fmt: skip

    def _party(self, customer_id: int) -> tuple[str, str]:
        found = self._customers.get(customer_id)
        return (found.number, found.name) if found else ("", "")
