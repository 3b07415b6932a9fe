"""How sure one may be of a share counted on few cases: an interval in whole per mille, and none on too few."""

from dataclasses import dataclass
from math import isqrt

JUDGED_MIN = 20
# the square of 1.96, for nineteen times out of twenty, in ten-thousandths
_Z2_E4 = 38_416


@dataclass(frozen=True, slots=True)
class Share:
    """A share and the interval it lies in nineteen times out of twenty, in per mille."""

    permille: int
    low_permille: int
    high_permille: int

    @property
    def percent(self) -> int:
        """In whole per cent, rounded down."""
        return self.permille // 10

    @property
    def low_percent(self) -> int:
        """The low end, rounded down."""
        return self.low_permille // 10

    @property
    def high_percent(self) -> int:
        """The high end, rounded up."""
        return -(-self.high_permille // 10)


def share(right_count: int, judged_count: int) -> Share | None:
    """The share that was right, with Wilson's interval; None on fewer than twenty judged cases.

    45 of 50 -> 900 per mille, between 786 and 956; 5 of 5 -> None: five cases say next to nothing
    """
    if judged_count < JUDGED_MIN:
        return None
    n, k = judged_count * 10_000, right_count * 10_000
    scale = 1_000
    centre = (2 * k + _Z2_E4) * scale
    # z * sqrt(z2 + 4 k (n - k) / n), everything in ten-thousandths
    inside = _Z2_E4 * (_Z2_E4 + 4 * k * (n - k) // n)
    spread = isqrt(inside * scale * scale)
    bottom = 2 * (n + _Z2_E4)
    return Share(
        right_count * scale // judged_count,
        max(0, (centre - spread) // bottom),
        min(scale, (centre + spread) // bottom),
    )
