"""Every e-invoice beside the project is read, the same in each syntax it comes in, or refused with its reason."""

from pathlib import Path

import pytest

from encours.core.errors import EncoursError
from encours.imports.formats.einvoice import files
from encours.imports.formats.einvoice.model import EInvoice, NoInvoice

BASE = Path(__file__).parents[3] / "shared" / "corpora" / "3-einvoices"
ZUGFERD = BASE / "zugferd-corpus" / "ZUGFeRD-corpus"
XRECHNUNG = BASE / "xrechnung-testsuite"
# the base flow to the tax office has no total; one file is malformed on purpose
REFUSED = {
    "UC1-F1-FULL-formatUBL-Invoice.XML", "UC1-F1-BASE-formatUBL-Invoice.XML", "UC1-F1-FULL-formatCII.xml",
    "factur-x-invalid-xml-encoding-attribute.pdf",
}  # fmt: skip
FILES = [path for path in sorted(BASE.rglob("*")) if path.suffix.lower() in {".xml", ".pdf"}]
pytestmark = [pytest.mark.corpora, pytest.mark.skipif(not FILES, reason="no e-invoices beside the project")]


def read(path: Path) -> EInvoice | None:
    form = files.recognise(path, is_told=False)
    try:
        return files.read(path, form) if form else None
    except NoInvoice:
        return None


def test_each_is_read_or_refused_with_its_reason() -> None:
    found, refused = [], set()
    for path in FILES:
        try:
            invoice = read(path)
        except EncoursError:
            refused.add(path.name)
        else:
            found += [(path, invoice)] if invoice else []
    assert refused == REFUSED
    assert len(found) >= 150
    for path, one in found:
        assert one.number, path
        assert one.net is None or one.tax is None or one.net + one.tax == one.gross, path


def test_no_correct_one_is_left_out() -> None:
    folders = {path.parent for path in FILES if "correct" in path.parts or "XML-Rechnung" in path.parts}
    left_out = [path for path in FILES if path.parent in folders and read(path) is None]
    assert left_out == []


def twins() -> list[tuple[Path, Path]]:
    pairs = [
        (path, ZUGFERD / "XML-Rechnung" / "UBL" / path.name.replace(".cii.", ".ubl."))
        for path in sorted((ZUGFERD / "XML-Rechnung" / "CII").glob("*.xml"))
    ]
    pairs += [
        (path, path.with_name(path.name.replace("_uncefact", "_ubl")))
        for path in sorted(XRECHNUNG.rglob("*_uncefact.xml"))
    ]
    return [(one, other) for one, other in pairs if other.exists()]


@pytest.mark.parametrize(("one", "other"), twins(), ids=lambda path: path.name)
def test_the_same_invoice_reads_the_same_in_both_syntaxes(one: Path, other: Path) -> None:
    first, second = read(one), read(other)
    assert first is not None
    assert second is not None
    for name in ("number", "kind", "issue_date", "currency", "gross", "payable", "net", "instalments"):
        assert getattr(first, name) == getattr(second, name), name
    assert (first.tax or 0) == (second.tax or 0)  # one may leave out what the other writes as nothing
    assert (first.buyer.name, first.buyer.vat_number) == (second.buyer.name, second.buyer.vat_number)
    assert first.seller.name == second.seller.name
