"""The minute job delivers what is due, into the mailbox page where the installation says so."""

from datetime import UTC, datetime

import pytest

from encours.customers.models import Customer
from encours.entrypoints.jobs import messaging as job
from encours.messaging import actions as messaging
from tests.messaging.conftest import NOW, queue


def test_keeps_all_mail_in_the_mailbox_where_told(company, monkeypatch):
    monkeypatch.setenv("ENCOURS_MAIL", "mailbox")
    company.organisation.sandbox = False
    company.organisation.save()
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    queue(company)
    monkeypatch.setattr(job, "datetime", _Later)
    report = job.deliver_now(company.organisation)
    assert report.states == {"caught": 1}


NIGHT_HERE, DAY_HERE = datetime(2026, 11, 23, 23, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "kind", "zone", "states"),
    [
        (NIGHT_HERE, "reminder", "", {}),
        (NIGHT_HERE, "reminder", "Pacific/Noumea", {"caught": 1}),
        (DAY_HERE, "reminder", "America/Montreal", {}),
        (DAY_HERE, "campaign", "America/Montreal", {}),
        (DAY_HERE, "statement", "America/Montreal", {}),
        (DAY_HERE, "answer", "America/Montreal", {"caught": 1}),
        (NIGHT_HERE, "statement", "Pacific/Noumea", {"caught": 1}),
    ],
)
def test_nothing_of_ours_reaches_a_customer_at_night_by_their_own_clock(company, monkeypatch, now, kind, zone, states):
    monkeypatch.setenv("ENCOURS_MAIL", "mailbox")
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    Customer.objects.filter(pk=company.acme.pk).update(timezone=zone)
    queue(company, kind=kind, send_after=now)
    monkeypatch.setattr(
        job, "datetime", type("Then", (job.datetime,), {"now": classmethod(lambda _cls, _tz=None: now)})
    )
    assert job.deliver_now(company.organisation).states == states


class _Later(job.datetime):
    """A clock that shows the hour the message is due."""

    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)
