"""XML as a stream of small trees: a tree for each wanted element, freed as soon as it was taken.

Expat with plain lists is twice as quick here as lxml with one object an element; entities are refused before any is
declared, so that nothing can expand.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from encours.imports.formats.bank.model import BankFileBroken, XmlForbidden
from encours.imports.formats.problems import FileIsDamaged

# name without prefix, attributes, text, children
type Node = list[Any]

_CHUNK_BYTES = 1 << 16
_DEPTH_MAX = 64
_NAMES_MAX = 5000
_NONE: dict[str, str] = {}


class _Names(dict[str, str]):
    """Local names by qualified name; a file has a few dozen names and millions of elements."""

    def __missing__(self, name: str) -> str:
        local = name.rpartition(":")[2]
        if len(self) < _NAMES_MAX:
            self[name] = local
        return local


def kids(node: Node) -> list[tuple[str, Node]]:
    """The children of an element with their names."""
    return [(child[0], child) for child in node[3]]


def words(node: Node) -> str:
    """An element's own text, trimmed."""
    text: str = node[2]
    return text.strip()


def raw(node: Node) -> str:
    """An element's own text, blanks and all."""
    text: str = node[2]
    return text


def attribute(node: Node, name: str) -> str:
    """An attribute, or nothing."""
    value: str = node[1].get(name, "")
    return value


def deep(node: Node) -> str:
    """The first text at any depth."""
    for one in descendants(node):
        text: str = one[2].strip()
        if text:
            return text
    return ""


def descendants(node: Node) -> Iterator[Node]:
    """The element and all below it, in the order of the file."""
    yield node
    for child in node[3]:
        yield from descendants(child)


def child_of(node: Node, name: str) -> Node | None:
    """The first child of that name."""
    return next((child for child in node[3] if child[0] == name), None)


def stream(path: Path, wanted: frozenset[str], *, taken: Callable[[Node, Node], Any]) -> Iterator[Any]:
    """What `taken(element, parent)` makes of each wanted element at its end, None left out; the element is then freed.

    Refuses what is no XML, declares a document type, or is nested beyond reason.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    root: Node = ["", {}, "", []]
    stack: list[Node] = [root]
    names = _Names()
    made: list[Any] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        node: Node = [names[name], attributes or _NONE, "", ()]
        parent = stack[-1]
        if parent[3]:
            parent[3].append(node)
        else:
            parent[3] = [node]
            if len(stack) > _DEPTH_MAX:
                raise BankFileBroken(place="XML", field=name[:60], value=f"> {_DEPTH_MAX}")
        stack.append(node)

    def end(name: str) -> None:
        node = stack.pop()
        if node[0] in wanted:
            parent = stack[-1]
            found = taken(node, parent)
            parent[3].pop()
            if found is not None:
                made.append(found)

    def text(data: str) -> None:
        node = stack[-1]
        node[2] = node[2] + data if node[2] else data

    def refuse(*given: Any) -> None:
        raise XmlForbidden(found=f"DOCTYPE {given[0]}"[:80])

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)
                yield from made
                made.clear()
            parser.Parse(b"", True)
            yield from made
    except (expat.ExpatError, UnicodeError, LookupError) as error:
        raise FileIsDamaged(reason=str(error)[:200]) from None
