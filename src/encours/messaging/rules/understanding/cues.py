"""The words of cues.toml, ready to be looked for: what speaks for and against each class, courtesy, insolvency."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

type Weighted = tuple[tuple[int, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Cues:
    """Patterns over folded text: by class, each with its weight; those of courtesy; and of a firm before its court."""

    speaks_for: dict[str, Weighted]
    speaks_against: dict[str, Weighted]
    greeting: re.Pattern[str]
    small_talk: re.Pattern[str]
    acknowledges: re.Pattern[str]
    insolvency: re.Pattern[str]


@lru_cache(maxsize=1)
def cues() -> Cues:
    """The product's cues, read once: <payment> in a pattern stands for the alternatives of that name."""
    document = tomllib.loads(resources.files(__package__).joinpath("cues.toml").read_text("utf-8"))
    words: dict[str, str] = {}
    for name, pattern in document["words"].items():
        words[name] = _expanded(pattern, words)
    classes, courtesy = document["classes"], document["courtesy"]

    def weighted(name: str, side: str) -> Weighted:
        return tuple((weight, re.compile(_expanded(pattern, words))) for weight, pattern in classes[name].get(side, ()))

    return Cues(
        speaks_for={name: weighted(name, "for") for name in classes},
        speaks_against={name: weighted(name, "against") for name in classes},
        greeting=re.compile(courtesy["greeting"]),
        small_talk=re.compile(courtesy["small_talk"]),
        acknowledges=re.compile(courtesy["acknowledges"]),
        insolvency=re.compile(document["court"]["insolvency"]),
    )


def _expanded(pattern: str, words: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: words.get(found[1], found[0]), pattern)
