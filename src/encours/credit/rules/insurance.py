"""How much of what a customer owes is insured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Insured:
    """What a customer owes, and up to how much the insurer covers it; None: whatever it owes.

    Owing 62,000 with 50,000 covered, 12,000 are not insured; with 80,000 covered, nothing is left out.
    """

    exposure_minor: int
    covered_minor: int | None

    @property
    def uninsured_minor(self) -> int:
        """What the insurer would not pay for."""
        return 0 if self.covered_minor is None else max(0, self.exposure_minor - self.covered_minor)
