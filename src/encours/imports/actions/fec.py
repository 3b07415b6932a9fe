"""A FEC into the books: receivable lines become customers, documents, receipts and lettrage."""

from encours.imports.actions.loading import Call
from encours.imports.actions.results import FileResult
from encours.imports.formats.opening import Opened


def load_fec(call: Call, opened: Opened, result: FileResult) -> None:
    """Load one FEC."""
    raise NotImplementedError
