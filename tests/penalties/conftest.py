"""Books of the cast for the tests of penalties."""

import pytest

from tests.books import Books
from tests.cast import Company


@pytest.fixture
def books(company: Company) -> Books:
    """Empty books of our own organisation."""
    return Books(company)
