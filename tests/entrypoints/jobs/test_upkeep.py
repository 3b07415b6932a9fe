"""The nightly look at the books is written down, with what it found."""

from encours.access.models import AuditEntry
from encours.entrypoints.jobs import upkeep


def test_the_nightly_check_says_what_it_found(company):
    upkeep.check_books.func(timestamp=0)
    entry = AuditEntry.objects.get(organisation=company.organisation, verb="check_books")
    assert entry.details["broken"] == []
    assert entry.details["laws"] >= 8
