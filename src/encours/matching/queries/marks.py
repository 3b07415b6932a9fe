"""What was recognised in the lines of a page of the queue."""

from collections.abc import Sequence

from encours.matching.models import LineWork
from encours.matching.rules.facts import Highlight


def highlights_of(line_ids: Sequence[int], *, organisation_id: int) -> dict[int, tuple[Highlight, ...]]:
    """For each line with a proposal, the places of the words it was found by."""
    works = LineWork.objects.filter(organisation_id=organisation_id, line_id__in=line_ids, proposal__isnull=False)
    rows = works.values_list("line_id", "proposal__highlights")
    return {line_id: tuple(Highlight(*one) for one in marks or ()) for line_id, marks in rows}
