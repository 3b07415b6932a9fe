"""How proposals are kept between a run and the person who looks at them, and read again."""

from collections.abc import Iterable, Mapping
from typing import Any

from encours.matching.rules.facts import Allocation, Highlight, Proposal, Reason, Residual, Treatment

type Json = Mapping[str, Any]


def allocations_as_json(allocations: Iterable[Allocation]) -> list[dict[str, Any]]:
    """Money on items, as matches and proposals keep it."""
    return [
        {"item_id": one.item_id, "invoice_number": one.document_number, "amount_minor": one.amount_minor}
        for one in allocations
    ]


def residuals_as_json(residuals: Iterable[Residual]) -> list[dict[str, Any]]:
    """Differences and their treatment, as matches and proposals keep them."""
    return [
        {
            "treatment": one.treatment.value,
            "amount_minor": one.amount_minor,
            "item_id": one.item_id,
            "invoice_number": one.document_number,
            "is_booked": one.is_booked,
        }
        for one in residuals
    ]


def reasons_as_json(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Why, as codes and what fills their sentences."""
    return [
        {"code": one.code, "points": one.points, "data": one.data}
        if one.data
        else {"code": one.code, "points": one.points}
        for one in reasons
    ]


def as_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a row keeps it."""
    return {
        "customer_id": proposal.customer_id,
        "allocations": allocations_as_json(proposal.allocations),
        "residuals": residuals_as_json(proposal.residuals),
        "points": proposal.points,
        "probability_ppm": proposal.probability_ppm,
        "reasons": reasons_as_json(proposal.reasons),
        "highlights": [[one.field, one.start, one.end, one.code] for one in proposal.highlights],
        "signature": proposal.signature,
        **({"currency": proposal.currency} if proposal.currency else {}),
    }


def allocations_of(kept: Iterable[Json]) -> tuple[Allocation, ...]:
    """The allocations a row keeps."""
    return tuple(Allocation(one["item_id"], one["invoice_number"], one["amount_minor"]) for one in kept)


def residuals_of(kept: Iterable[Json]) -> tuple[Residual, ...]:
    """The differences a row keeps."""
    return tuple(
        Residual(
            Treatment(one["treatment"]), one["amount_minor"], one["item_id"], one["invoice_number"], one["is_booked"]
        )
        for one in kept
    )


def reasons_of(kept: Iterable[Json]) -> tuple[Reason, ...]:
    """The reasons a row keeps."""
    return tuple(Reason(one["code"], one["points"], one.get("data", {})) for one in kept)


def from_json(kept: Json) -> Proposal:
    """The proposal a row keeps: what was stored and read again is the same.

    >>> kept = as_json(Proposal(1, (Allocation(2, "F-1", 500),), (), 900, 999_000, (Reason("amount", 300),)))
    >>> from_json(kept).allocations[0].document_number
    'F-1'
    """
    return Proposal(
        customer_id=kept["customer_id"],
        allocations=allocations_of(kept["allocations"]),
        residuals=residuals_of(kept["residuals"]),
        points=kept["points"],
        probability_ppm=kept["probability_ppm"],
        reasons=reasons_of(kept["reasons"]),
        highlights=tuple(Highlight(*one) for one in kept["highlights"]),
        signature=kept["signature"],
        currency=kept.get("currency", ""),
    )
