"""What a long pass over the books holds in memory: not looked through while it grows, not taken apart at the end."""

import contextlib
import gc
from collections.abc import Iterator

_HELD: list[object] = []


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """What is loaded within stays until its end: the collector need not walk through all of it again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def hold(things: object) -> None:
    """Keep something until this process ends, unseen by the collector. For commands alone, which end soon after."""
    _HELD.append(things)
    gc.freeze()
