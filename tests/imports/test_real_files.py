"""Every FEC and payment history beside the project is imported, twice, and ties out."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from docs import make_real_files
from encours.imports import actions as imports
from encours.ledger import invariants
from tests.cast import Company

FILES = make_real_files.files()


@pytest.mark.corpora
@pytest.mark.skipif(not FILES, reason="no real files beside the project")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files_come_in_and_tie_out(company: Company, path: Path) -> None:
    def bring() -> imports.CallResult:
        return imports.import_files(
            [imports.FileGiven(path, path.name)],
            organisation_id=company.organisation_id,
            options=imports.Options(),
            by=company.by,
            now=datetime(2026, 7, 1, tzinfo=UTC),
            today=date(2026, 7, 1),
        )

    first = bring().files[0]
    assert first.refusal is None
    assert (first.rejected_count, first.created > 0) == (0, True)
    if first.tie_out is not None:
        assert first.tie_out["ties"] is True
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")
    assert [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept] == []
    again = bring().files[0]
    assert (again.created, again.changed) == (0, 0)
