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

SECONDS = 3600.0


@dataclass
class _Slot:
    """A value, what it was reckoned from and until when it is kept, and the lock of whoever reckons it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: tuple[Any, float, Any] | None = None

    def usable(self, state: Any) -> tuple[Any] | None:
        """The value, if it was reckoned from that state and not too long ago."""
        if self.found is None or self.found[1] <= time.monotonic() or self.found[0] != state:
            return None
        return (self.found[2],)


class Store:
    """Values by key, the least recently asked for dropped first."""

    def __init__(self, *, values_max: int) -> None:
        self._values_max = values_max
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get[T](self, key: Hashable, reckon: Callable[[], T], *, state: Any = None, seconds: float = SECONDS) -> T:
        """The value of the key in the state; one reader reckons it while the others wait for the same."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._values_max:
                self._slots.popitem(last=False)
        if (found := slot.usable(state)) is not None:
            return found[0]  # type: ignore[no-any-return]  # what the same key was given
        with slot.lock:
            if (found := slot.usable(state)) is not None:
                return found[0]  # type: ignore[no-any-return]  # what the same key was given
            value = reckon()
            slot.found = (state, time.monotonic() + seconds, value)
            return value

    def forget(self) -> None:
        """Drop every value."""
        with self._lock:
            self._slots.clear()


figures = Store(values_max=200)
fragments = Store(values_max=500)


def forget() -> None:
    """Drop every value of this process."""
    figures.forget()
    fragments.forget()
