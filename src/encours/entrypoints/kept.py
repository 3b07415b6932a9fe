"""What costs a pass over the books, kept in the process while what it was reckoned from is the same.

The key says who asks what: organisation, what the reader may see, the question. The state says what the answer was
reckoned from. So a kept value is never a wrong one, and processes need not tell each other anything.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

VALUES_MAX = 200
SECONDS = 3600.0


@dataclass
class _Slot:
    """A value, what it was reckoned from and until when it is kept, and the lock of whoever reckons it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: tuple[Hashable, float, Any] | None = None


_slots: OrderedDict[Hashable, _Slot] = OrderedDict()
_slots_lock = threading.Lock()


def kept[T](key: Hashable, reckon: Callable[[], T], *, state: Hashable = None, seconds: float = SECONDS) -> T:
    """The value of the key in the state; one reader reckons it while the others wait for the same."""
    with _slots_lock:
        slot = _slots.setdefault(key, _Slot())
        _slots.move_to_end(key)
        while len(_slots) > VALUES_MAX:
            _slots.popitem(last=False)
    if (found := _usable(slot, state)) is not None:
        return found[0]  # type: ignore[no-any-return]  # what the same key was given
    with slot.lock:
        if (found := _usable(slot, state)) is not None:
            return found[0]  # type: ignore[no-any-return]  # what the same key was given
        value = reckon()
        slot.found = (state, time.monotonic() + seconds, value)
        return value


def _usable(slot: _Slot, state: Hashable) -> tuple[Any] | None:
    if slot.found is None or slot.found[0] != state or slot.found[1] <= time.monotonic():
        return None
    return (slot.found[2],)


def forget() -> None:
    """Drop every value of this process."""
    with _slots_lock:
        _slots.clear()
