"""Small files written the way exports really are."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from encours.imports import actions as imports
from encours.imports.actions.results import FileResult
from tests.cast import Company

type Writer = Callable[..., Path]

FEC_HEADER = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write a file and say where it is."""

    def _write(name: str, text: str | bytes, *, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return _write


def fec_text(rows: list[str], *, separator: str = "|", newline: str = "\r\n", trailing: str = "", pad: int = 0) -> str:
    """A FEC from short rows: journal label number date account aux auxname piece text debit credit [code date]."""
    lines = [separator.join(FEC_HEADER) + trailing]
    for row in rows:
        journal, number, date, account, aux, name, piece, label, debit, credit, *let = row.split(";")
        code, code_date = [*let, "", ""][:2]
        labels = {"VE": "Ventes", "BQ": "Banque", "AN": "A nouveaux", "OD": "Opérations diverses"}
        cells = [
            journal, labels.get(journal, journal), number, date, account, "Compte", aux, name, piece, date, label,
            debit, credit, code, code_date, date, "", "",
        ]  # fmt: skip
        lines.append(separator.join(cell.ljust(pad) for cell in cells) + trailing)
    return newline.join(lines) + newline


@pytest.fixture
def fec() -> Callable[..., str]:
    """Build the text of a FEC."""
    return fec_text


# a month of a small company: two invoices paid by one transfer, a credit note, a receipt on account, an opening balance
MONTH = [
    "AN;1;20260101;41100000;CDUPRE;Ets Dupré;RAN;A nouveau;1000,00;0,00",
    "AN;1;20260101;10100000;;;RAN;A nouveau;0,00;1000,00",
    "VE;12;20260105;41100000;CDUPRE;Ets Dupré;FA001;Facture FA001;1200,00;0,00;AA;20260210",
    "VE;12;20260105;70700000;;;FA001;Facture FA001;0,00;1000,00",
    "VE;12;20260105;44571000;;;FA001;Facture FA001;0,00;200,00",
    "VE;13;20260107;41100000;CDUPRE;Ets Dupré;FA002;Facture FA002;600,00;0,00;AA;20260210",
    "VE;13;20260107;70700000;;;FA002;Facture FA002;0,00;500,00",
    "VE;13;20260107;44571000;;;FA002;Facture FA002;0,00;100,00",
    "VE;14;20260110;70700000;;;AV001;Avoir AV001;50,00;0,00",
    "VE;14;20260110;44571000;;;AV001;Avoir AV001;10,00;0,00",
    "VE;14;20260110;41100000;CNOVA;Nova SARL;AV001;Avoir AV001;0,00;60,00",
    "VE;15;20260112;41100000;CNOVA;Nova SARL;FA003;Facture FA003;360,00;0,00;B;",
    "VE;15;20260112;70700000;;;FA003;Facture FA003;0,00;360,00",
    "BQ;3;20260210;51200000;;;VIR;VIR DUPRE;1800,00;0,00",
    "BQ;3;20260210;41100000;CDUPRE;Ets Dupré;VIR;VIR DUPRE;0,00;1800,00;AA;20260210",
    "BQ;4;20260215;51200000;;;VIR;VIR NOVA;100,00;0,00",
    "BQ;4;20260215;41100000;CNOVA;Nova SARL;VIR;VIR NOVA;0,00;100,00;B;",
    "OD;7;20260301;65400000;;;PERTE;Perte;5,00;0,00",
    "OD;7;20260301;41100000;CNOVA;Nova SARL;PERTE;Perte;0,00;5,00",
    "BQ;5;20260302;51200000;;;ACP;Acompte;500,00;0,00",
    "BQ;5;20260302;41910000;CNOVA;Nova SARL;ACP;Acompte;0,00;500,00",
]


@pytest.fixture
def bring_file(company: Company) -> Callable[..., FileResult]:
    """Import one file of a bank or payer into our organisation, on the first of July, and say what came of it."""

    def _bring(path: Path, **options: Any) -> FileResult:
        return imports.import_files(
            [imports.FileGiven(path, path.name)],
            organisation_id=company.organisation_id,
            options=imports.Options(**options),
            by=company.by,
            now=datetime(2026, 7, 1, 8, 0, tzinfo=UTC),
            today=date(2026, 7, 1),
        ).files[0]

    return _bring
