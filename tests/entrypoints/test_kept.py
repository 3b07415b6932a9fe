"""What a process keeps is given while its state is the same; what takes long is reckoned beside the request."""

import threading
from datetime import date
from types import SimpleNamespace

import pytest
from django.template import Context, Template

from encours.entrypoints import kept


def test_a_value_is_reckoned_again_when_its_state_differs() -> None:
    store, made = kept.Store(values_max=2), []

    def reckon() -> int:
        made.append(1)
        return len(made)

    assert [store.get("key", reckon, state=1), store.get("key", reckon, state=1)] == [1, 1]
    assert store.get("key", reckon, state=2) == 2
    assert store.known("key", state=1) is None


def test_the_values_least_asked_for_are_dropped() -> None:
    store = kept.Store(values_max=2)
    for name in ("first", "second", "third"):
        store.get(name, lambda: 0)
    assert store.known("first") is None
    assert store.known("third") == (0,)


def test_many_readers_wait_for_one_reckoning() -> None:
    store, made, go = kept.Store(values_max=2), [], threading.Event()

    def reckon() -> int:
        go.wait(5)
        made.append(1)
        return len(made)

    readers = [threading.Thread(target=store.get, args=("key", reckon)) for _ in range(4)]
    for reader in readers:
        reader.start()
    go.set()
    for reader in readers:
        reader.join(5)
    assert made == [1]


class TestBackground:
    def test_says_nothing_until_the_answer_is_there(self) -> None:
        background, go = kept.Background(kept.Store(values_max=2)), threading.Event()

        def reckon() -> str:
            go.wait(5)
            return "answer"

        assert background.get("key", reckon, state=1, patience_seconds=0) is None
        go.set()
        assert background.get("key", reckon, state=1, patience_seconds=5) == ("answer",)
        assert background.get("key", reckon, state=1, patience_seconds=5) == ("answer",)

    def test_raises_what_the_reckoning_refuses_with(self) -> None:
        background = kept.Background(kept.Store(values_max=2))

        def refuse() -> str:
            raise LookupError("no such scenario")

        with pytest.raises(LookupError):
            background.get("key", refuse, state=1, patience_seconds=5)


class TestKeptParts:
    def _written(self, rows: list[str], *, token: str, role: str = "cfo") -> str:
        scope = SimpleNamespace(role=role, organisation_id=1)
        request = SimpleNamespace(scope=scope, today=date(2026, 3, 31), get_full_path=lambda: "/list")
        source = '{% kept "part" rows %}{% for row in rows %}{{ row }}{% csrf_token %}{% endfor %}{% endkept %}'
        return Template(source).render(Context({"request": request, "rows": rows, "csrf_token": token}))

    def test_are_written_again_when_the_rows_differ(self) -> None:
        kept.forget()
        assert "Acme" in self._written(["Acme"], token="one")
        assert "Borealis" in self._written(["Borealis"], token="one")

    def test_carry_the_token_of_each_request(self) -> None:
        kept.forget()
        assert 'value="one"' in self._written(["Acme"], token="one")
        again = self._written(["Acme"], token="two")
        assert 'value="two"' in again
        assert "one" not in again
