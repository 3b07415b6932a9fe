"""How like a sentence is to sentences whose class is known: written examples, and what people corrected."""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from encours.core.text import fold

_NUMBER = re.compile(r"\d[\d\s.,/-]*")
# a feature never seen with a class still counts a little for it: three tenths of a sentence
_SMOOTHING_TENTHS = 3
# how much of their features two sentences share when what was said of one is heeded for the other
SHARED_THOUSANDTHS_MIN = 450
# so many of the latest corrections are heeded: an old habit is forgotten, and a flood of clicks has an end
TAUGHT_MAX = 500


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and the class a person gave it."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Like:
    """The class a sentence is most like, and by how much more than the next one (thousandths, per feature)."""

    kind: str
    lead_thousandths: int


class Examples:
    """Known sentences as a naive Bayes model in whole numbers: made once, the same for the same sentences."""

    def __init__(self, known: Iterable[Example], *, taught: Iterable[Example] = ()) -> None:
        """`taught` are an organisation's own: known like the others, and heeded for sentences much like them."""
        taught = tuple(taught)
        known = [*known, *taught]
        self._taught = tuple((features(one.sentence), one.kind) for one in taught)
        by_kind: dict[str, Counter[str]] = {}
        self._known: dict[str, str] = {}
        for example in known:
            by_kind.setdefault(example.kind, Counter()).update(features(example.sentence))
            self._known[fold(example.sentence)] = example.kind
        self._kinds = tuple(by_kind)
        names = {name for counts in by_kind.values() for name in counts}
        floor = _SMOOTHING_TENTHS * len(names)
        sums = [10 * sum(by_kind[kind].values()) + floor for kind in self._kinds]
        self._present = {
            name: tuple(
                _logarithm(10 * by_kind[kind][name] + _SMOOTHING_TENTHS, total)
                for kind, total in zip(self._kinds, sums, strict=True)
            )
            for name in names
        }

    def nearest(self, sentence: str) -> Like | None:
        """The class whose sentences share most of its words and letters; None for a sentence without any.

        "Le virement sera fait vendredi." -> promise, ahead by about 900; "Il fait beau." -> some class, by 20
        """
        exact = self._known.get(fold(sentence))
        if exact is not None:
            return Like(exact, 5_000)
        found = features(sentence)
        if not found or len(self._kinds) < 2:
            return None
        heeded = self._nearest_taught(found)
        if heeded is not None:
            return heeded
        # what no example has says nothing: it would speak for the class with the fewest examples
        seen = [values for name in found if (values := self._present.get(name))]
        sums = [sum(column) for column in zip(*seen, strict=True)] or [0] * len(self._kinds)
        (best, kind), (next_best, _) = sorted(zip(sums, self._kinds, strict=True), reverse=True)[:2]
        return Like(kind, (best - next_best) // len(found))

    def _nearest_taught(self, found: frozenset[str]) -> Like | None:
        """The class a person gave to a sentence sharing most of this one's features; none that is merely related.

        Sharing so much settles it, as the very sentence would; where the two nearest disagree, nobody taught it.
        """
        shares = sorted(
            ((1000 * len(found & one) // len(found | one), kind) for one, kind in self._taught), reverse=True
        )
        close = [(share, kind) for share, kind in shares if share >= SHARED_THOUSANDTHS_MIN]
        if not close or any(kind != close[0][1] and share >= close[0][0] - 50 for share, kind in close):
            return None
        return Like(close[0][1], 4_000)


def _logarithm(count: int, total: int) -> int:
    return round(math.log(count / total) * 1000)


def features(sentence: str) -> frozenset[str]:
    """Stems, pairs of stems and runs of five letters, numbers made alike: "Payé le 12" -> paye, le, 0, paye le, ..."""
    words = re.findall(r"[a-z]+|0|\?|%", _NUMBER.sub(" 0 ", fold(sentence)))
    stems = [word[:6] for word in words]
    line = " ".join(words)
    runs = (f"#{line[start : start + 5]}" for start in range(len(line) - 4))
    return frozenset([*stems, *(f"{one} {other}" for one, other in pairwise(stems)), *runs])


@lru_cache(maxsize=1)
def written() -> tuple[Example, ...]:
    """The examples that come with the product."""
    document = tomllib.loads(resources.files(__package__).joinpath("examples.toml").read_text("utf-8"))
    return tuple(Example(kind, sentence) for kind, sentences in document.items() for sentence in sentences)


@lru_cache(maxsize=1)
def standard() -> Examples:
    """The product's own examples, ready for use."""
    return Examples(written())


def with_corrections(corrections: Mapping[str, str]) -> Examples:
    """The product's examples and an organisation's corrections: sentence -> the class a person gave it."""
    if not corrections:
        return standard()
    learnt = tuple(Example(kind, sentence) for sentence, kind in corrections.items())
    given = {fold(example.sentence) for example in learnt}
    return Examples((one for one in written() if fold(one.sentence) not in given), taught=learnt)
