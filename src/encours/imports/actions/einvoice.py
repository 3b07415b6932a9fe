"""An e-invoice into the books: its customer found or made, then the same checks and writes as any invoice."""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from encours.access.models import Entity
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import Customer
from encours.imports.actions.loading import Call, load_table
from encours.imports.actions.results import FileResult
from encours.imports.formats.einvoice.model import EInvoice, Party
from encours.imports.formats.opening import KnownMapping, Opened, open_file
from encours.invoices import copy_actions as keeping
from encours.invoices.models import Document

_CUSTOMER = ("number", "name", "siren", "siret", "vat_number", "street", "postcode", "city", "country", "email")
_INVOICE = (
    "number", "customer", "customer_name", "kind", "issue_date", "due_date", "currency", "net", "tax", "gross",
    "instalment", "instalment_amount", "open", "reference", "order_number", "related_number",
)  # fmt: skip
_KINDS = {"invoice": "380", "credit_note": "381", "deposit": "386"}


class BillToUs(Refused):
    """An invoice a supplier sent to one of our companies."""

    message = gettext_noop("Invoice {number} of {seller} is a bill to {company}: purchases are not kept here.")


class SellerUnknown(Refused):
    """An invoice that another company issued."""

    message = gettext_noop("Invoice {number} was issued by {seller} ({identifier}), which is not {company}.")


def companies_of(invoice: EInvoice, entities: Sequence[Entity]) -> list[Entity]:
    """Our companies that issued an invoice, by its seller's SIREN or VAT number."""
    return [entity for entity in entities if _is(invoice.seller, entity)]


def _is(party: Party, entity: Entity) -> bool:
    sirens = {one for one in (party.siren, party.siret[:9]) if one}
    if party.vat_number.startswith("FR"):
        sirens.add(party.vat_number[4:13])
    vat = "".join(entity.vat_number.split()).upper()
    return (bool(entity.siren) and entity.siren in sirens) or (bool(vat) and vat == party.vat_number.upper())


def load_einvoice(call: Call, opened: Opened, result: FileResult) -> None:
    """Bring one invoice or credit note in, its customer with it where nobody knows them yet.

    Refuses a bill to one of our companies, and one that another company issued. The same again changes nothing; a
    changed one is a correction.
    """
    invoice = opened.invoice
    if invoice is None:
        raise TypeError("opened without its invoice")
    _check_seller(invoice, call)
    number, is_known = _customer(invoice.buyer, call.organisation_id)
    with tempfile.TemporaryDirectory(prefix="encours-einvoice-") as folder:
        if not is_known:
            customer = _written(Path(folder), "customers", _CUSTOMER, [_customer_row(number, invoice.buyer)])
            made = FileResult(file=result.file, run_id=result.run_id)
            load_table(call, customer, made)
            result.warn([*made.rejected, *made.warnings], kept_max=100)
        table = _written(Path(folder), "invoices", _INVOICE, _invoice_rows(number, invoice))
        load_table(call, table, result)
    document = Document.objects.filter(
        organisation_id=call.organisation_id, entity_id=call.entity.pk, number=invoice.number, is_current=True
    ).first()
    copy = ""
    if document is not None and opened.bank == "pdf":
        _, copy = keeping.store_copy(
            document,
            file_name=result.file,
            content=opened.path.read_bytes(),
            import_id=result.run_id,
            by=call.by,
        )
    result.detail["einvoice"] = {
        "syntax": invoice.syntax,
        "profile": invoice.profile,
        "invoice_number": invoice.number,
        "customer_number": number,
        "customer_name": invoice.buyer.name,
        "is_new_customer": not is_known,
        "document": document.pk if document else None,
        "copy": copy,
    }


def _check_seller(invoice: EInvoice, call: Call) -> None:
    entities = list(Entity.objects.filter(organisation_id=call.organisation_id))
    if _is(invoice.seller, call.entity):
        return
    for entity in entities:
        if _is(invoice.buyer, entity):
            raise BillToUs(number=invoice.number, seller=invoice.seller.name, company=entity.name)
    identifier = invoice.seller.siren or invoice.seller.vat_number
    if identifier and (call.entity.siren or call.entity.vat_number):
        raise SellerUnknown(
            number=invoice.number, seller=invoice.seller.name, identifier=identifier, company=call.entity.name
        )


def _customer(buyer: Party, organisation_id: int) -> tuple[str, bool]:
    """The number of the customer an invoice is for, and whether it is known: by its identifiers, else by its name."""
    known = Customer.objects.filter(organisation_id=organisation_id, merged_into=None)
    for name, value in (
        ("number", buyer.number),
        ("external_id", buyer.number),
        ("siret", buyer.siret),
        ("siren", buyer.siren),
        ("vat_number__iexact", buyer.vat_number),
        ("name__iexact", buyer.name),
    ):
        found = list(known.filter(**{name: value}).values_list("number", flat=True)[:2]) if value else []
        if len(found) == 1:
            return found[0], True
    made = buyer.number or buyer.siren or buyer.vat_number or "-".join(buyer.name.upper().split())
    return made[:60], False


def _customer_row(number: str, buyer: Party) -> dict[str, str]:
    return {
        "number": number,
        "name": buyer.name or number,
        **{name: getattr(buyer, name) for name in _CUSTOMER[2:]},
    }


def _invoice_rows(number: str, invoice: EInvoice) -> list[dict[str, str]]:
    """One row an instalment; parts that do not come to the total are one, due on the last of their days."""
    signed = invoice.signed
    is_prepaid = invoice.payable != invoice.gross
    head = {
        "number": invoice.number,
        "customer": number,
        "customer_name": invoice.buyer.name,
        "kind": _KINDS[invoice.kind],
        "issue_date": invoice.issue_date.isoformat(),
        "currency": invoice.currency,
        "net": "" if invoice.net is None else _text(signed(invoice.net)),
        "tax": "" if invoice.tax is None else _text(signed(invoice.tax)),
        "gross": _text(signed(invoice.gross)),
        "reference": invoice.reference,
        "order_number": invoice.order_number,
        "related_number": invoice.related_number,
    }
    parts = invoice.instalments
    if len(parts) > 1 and not is_prepaid and sum(part.amount or 0 for part in parts) == invoice.gross:
        return [
            {
                **head,
                "due_date": part.due_date.isoformat(),
                "instalment": str(place),
                "instalment_amount": _text(signed(part.amount or Decimal(0))),
            }
            for place, part in enumerate(sorted(parts, key=lambda part: part.due_date), start=1)
        ]
    due = max((part.due_date for part in parts), default=None)
    left = _text(signed(invoice.payable)) if is_prepaid else ""
    return [{**head, "due_date": due.isoformat() if due else "", "open": left}]


def _text(amount: Decimal) -> str:
    return f"{amount:f}"


def _written(folder: Path, kind: str, fields: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Opened:
    """The rows as the table the readers of the books take; columns no row fills are left out."""
    path = folder / f"{kind}.csv"
    used = [name for name in fields if any(row.get(name) for row in rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, used, delimiter=";", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    own = KnownMapping("einvoice", kind, "", {name: name for name in used}, None, ".")
    return open_file(path, kind=kind, mappings=(own,), mapping="einvoice")
