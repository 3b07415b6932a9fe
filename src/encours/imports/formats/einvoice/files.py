"""Whether a file is an e-invoice, from its content, and its reader."""

import logging
import re
from pathlib import Path

from encours.imports.formats.einvoice import cii, ubl
from encours.imports.formats.einvoice.model import (
    INSTALMENTS_MAX,
    SIZE_MAX_BYTES,
    EInvoice,
    InvoiceIncomplete,
    InvoiceTooLarge,
    NoInvoice,
    NoInvoiceInPdf,
)
from encours.imports.formats.einvoice.tree import name_of, refuse, root_of
from encours.imports.formats.problems import FileIsDamaged, FileUnreadable

_CII = re.compile(rb"<(?:\w+:)?CrossIndustry(?:Invoice|Document)[\s>]")
_UBL = re.compile(rb"urn:oasis:names:specification:ubl:schema:xsd:(?:Invoice|CreditNote)-2")
_XML_NAMES = re.compile(r"(?i)(?:factur-x|zugferd-invoice|xrechnung|cii|ubl|invoice).*\.xml$|\.xml$")
_HEAD_BYTES = 16_384


def recognise(path: Path, *, is_told: bool) -> str:
    """cii, ubl, pdf or nothing; a PDF is one when a person said so or an invoice is attached to it."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(b"%PDF"):
        return "pdf" if is_told or _has_invoice(path) else ""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", errors="ignore").encode()
    if _CII.search(head):
        return "cii"
    return "ubl" if _UBL.search(head) else "xml" if is_told else ""


def _has_invoice(path: Path) -> bool:
    if path.stat().st_size > SIZE_MAX_BYTES:
        return False
    try:
        return bool(_attached(path))
    except FileUnreadable:
        return False


def read(path: Path, form: str) -> EInvoice:
    """The invoice in a recognised file; refuses what is none, what is not whole, and what could expand."""
    if path.stat().st_size > SIZE_MAX_BYTES:
        raise InvoiceTooLarge(limit_mb=SIZE_MAX_BYTES // 1024**2, limit=INSTALMENTS_MAX)
    if form != "pdf":
        return parsed(path.read_bytes())
    attached = _attached(path)
    if not attached:
        raise NoInvoiceInPdf()
    refusal: FileUnreadable = NoInvoiceInPdf()
    for raw in attached:
        try:
            return parsed(raw)
        except NoInvoice as error:
            refusal = error
    raise refusal


def parsed(raw: bytes) -> EInvoice:
    """The invoice in an XML document."""
    root = root_of(raw)
    name = name_of(root)
    if name in cii.ROOTS:
        found = cii.read(root)
    elif name in ubl.ROOTS:
        found = ubl.read(root)
    else:
        raise refuse(root)
    if len(found.instalments) > INSTALMENTS_MAX:
        raise InvoiceTooLarge(limit_mb=SIZE_MAX_BYTES // 1024**2, limit=INSTALMENTS_MAX)
    if not found.buyer.name and not found.buyer.number:
        raise InvoiceIncomplete(what="buyer")
    return found


def _attached(path: Path) -> list[bytes]:
    """The XML documents attached to a PDF, those named as an invoice first."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    found: list[tuple[int, str, bytes]] = []
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            return []
        for name, contents in reader.attachments.items():
            for raw in contents if _XML_NAMES.search(name) else ():
                if len(raw) <= SIZE_MAX_BYTES:
                    is_named = name.lower() in ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
                    found.append((0 if is_named else 1, name, bytes(raw)))
    except Exception as error:  # a library of many parsers: whatever a file makes it raise is the file's fault
        raise FileIsDamaged(reason=f"PDF: {type(error).__name__}") from None
    return [raw for _, _, raw in sorted(found)]
