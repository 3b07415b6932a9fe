"""The tree of an XML invoice, parsed without entities, network or endless depth, and looked up by plain names."""

from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

from encours.imports.formats.einvoice.model import InvoiceForbidden, NoInvoice
from encours.imports.formats.problems import FileIsDamaged

type Node = etree._Element
_AMOUNT_MAX = Decimal(10) ** 13


def root_of(raw: bytes) -> Node:
    """The root; refuses a document type, so that nothing can expand or reach outside."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FileIsDamaged(reason=f"XML: {str(error)[:80]}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvoiceForbidden()
    return root


def name_of(node: Node) -> str:
    """Its name without namespace; empty for comments."""
    tag = node.tag
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def all_of(node: Node | None, *path: str) -> list[Node]:
    """The elements below by a path of names; a name may list others it had in earlier versions ("A|B")."""
    found = [] if node is None else [node]
    for step in path:
        names = set(step.split("|"))
        found = [child for one in found for child in one if name_of(child) in names]
    return found


def at(node: Node | None, *path: str) -> Node | None:
    """The first of them."""
    found = all_of(node, *path)
    return found[0] if found else None


def text_at(node: Node | None, *path: str) -> str:
    """Its text, blanks made plain."""
    found = at(node, *path)
    return " ".join((found.text or "").split()) if found is not None else ""


def amount_at(node: Node | None, *path: str) -> Decimal | None:
    """Its amount; None where there is none or it cannot be read."""
    return amount_of(text_at(node, *path))


def amount_of(text: str) -> Decimal | None:
    """ "1234.50", with a point and no thousands, as both syntaxes prescribe."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _AMOUNT_MAX else None


def day_of(text: str) -> date | None:
    """ "20261130", "2026-11-30", also with a time behind it."""
    plain = text.strip()
    try:
        if plain[:8].isdigit() and "-" not in plain[:8]:
            return date(int(plain[:4]), int(plain[4:6]), int(plain[6:8]))
        return date.fromisoformat(plain[:10])
    except ValueError:
        return None


def refuse(root: Node) -> NoInvoice:
    """What an XML is that is no invoice."""
    return NoInvoice(found=name_of(root)[:60])
