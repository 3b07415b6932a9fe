"""Keep the planner and the indexes of the books in order: after large imports and each night."""

from django.db import connection

TABLES = ("ledger_openitem", "ledger_allocation", "ledger_allocationleg", "ledger_transaction")
# most items enter these open and leave them closed, which leaves their pages mostly empty: one in nine was used after
# an import of 100,000 invoices, and the aged balance read nine times as many pages as it had to
SPARSE_INDEXES = ("ledger_openitem_open", "ledger_openitem_by_due")
SPARSE_PAGES_MIN = 500
# what one entry takes, kept wide
ENTRY_BYTES = 160


def tidy() -> list[str]:
    """Vacuum and analyse the ledger's tables, rebuild indexes that are mostly holes; what was rebuilt.

    Outside any transaction; readers and writers go on meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"vacuum (analyze) {', '.join(TABLES)}")
        sparse = [name for name in SPARSE_INDEXES if _is_sparse(name)]
        for name in sparse:
            cursor.execute(f"reindex index concurrently {name}")
    return sparse


def _is_sparse(index: str) -> bool:
    """Whether the index has more than twice the pages that its entries need."""
    with connection.cursor() as cursor:
        cursor.execute("select relpages, reltuples::bigint from pg_class where relname = %s", [index])
        row = cursor.fetchone()
    if row is None:
        return False
    pages, entries = row
    return bool(pages > SPARSE_PAGES_MIN and pages > 2 * (entries * ENTRY_BYTES // 8192 + 1))
