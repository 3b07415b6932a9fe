"""Who is kept aside: a draw that is the same whenever it is made, and has nothing to do with who pays how."""

import hashlib
from collections.abc import Iterable


def kept_aside(customer_ids: Iterable[int], *, share_permille: int, seed: str) -> set[int]:
    """The customers the lot keeps aside: so many in a thousand, by a hash of the seed and their number.

    200 of 1,000 customers at 200 ‰, give or take what chance gives; the same ones each time the draw is made again.
    """
    return {pk for pk in customer_ids if _lot(pk, seed) < share_permille}


def _lot(customer_id: int, seed: str) -> int:
    drawn = hashlib.sha256(f"{seed}:{customer_id}".encode()).digest()
    return int.from_bytes(drawn[:8]) % 1_000
