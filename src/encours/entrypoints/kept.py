"""What costs a pass over the books, kept in the process while what it was reckoned from is the same.

The key says who asks what: organisation, what the reader may see, the question. The state says what the answer was
reckoned from. So a kept value is never a wrong one, and processes need not tell each other anything.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

SECONDS = 3600
_NANO = 1_000_000_000


@dataclass
class _Slot:
    """A value, what it was reckoned from and until when it is kept, and the lock of whoever reckons it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: tuple[Any, int, Any] | None = None

    def usable(self, state: Any) -> tuple[Any] | None:
        """The value, if it was reckoned from that state and not too long ago."""
        if self.found is None or self.found[1] <= time.monotonic_ns() or self.found[0] != state:
            return None
        return (self.found[2],)


class Store:
    """Values by key, the least recently asked for dropped first."""

    def __init__(self, *, values_max: int) -> None:
        self._values_max = values_max
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get[T](self, key: Hashable, reckon: Callable[[], T], *, state: Any = None, seconds: int = SECONDS) -> T:
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
            slot.found = (state, time.monotonic_ns() + seconds * _NANO, value)
            return value

    def known(self, key: Hashable, *, state: Any = None) -> tuple[Any] | None:
        """The value in a tuple, if it is at hand."""
        with self._lock:
            slot = self._slots.get(key)
        return slot.usable(state) if slot else None

    def forget(self) -> None:
        """Drop every value."""
        with self._lock:
            self._slots.clear()


class Background:
    """Answers that take long, reckoned beside the request that asked: the page says so and asks again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[Hashable, _Work] = {}
        self._lock = threading.Lock()

    def get[T](
        self, key: Hashable, reckon: Callable[[], T], *, state: Any, seconds: int = SECONDS, patience_seconds: int = 1
    ) -> tuple[T] | None:
        """The answer in a tuple, once it is there; None while it is being reckoned. What it refuses with is raised."""
        if (found := self._store.known(key, state=state)) is not None:
            return found
        with self._lock:
            work = self._running.get(key)
            if work is None or work.state != state:
                work = self._running[key] = _Work(state)
                target = partial(self._reckon, key, work, reckon, seconds)
                threading.Thread(target=target, name="reckoning", daemon=True).start()
        if not work.is_done.wait(patience_seconds):
            return None
        with self._lock:
            if self._running.get(key) is work:
                del self._running[key]
        if work.failure is not None:
            raise work.failure
        return self._store.known(key, state=state)

    def _reckon(self, key: Hashable, work: "_Work", reckon: Callable[[], Any], seconds: int) -> None:
        try:
            self._store.get(key, reckon, state=work.state, seconds=seconds)
        except Exception as failure:  # raised again before whoever asked
            work.failure = failure
        finally:
            work.is_done.set()


@dataclass
class _Work:
    """One answer in the making, for a state."""

    state: Any
    is_done: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None


figures = Store(values_max=200)
fragments = Store(values_max=500)
background = Background(figures)


def forget() -> None:
    """Drop every value of this process."""
    figures.forget()
    fragments.forget()
