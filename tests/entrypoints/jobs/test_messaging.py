"""The minute job delivers what is due, into the mailbox page where the installation says so."""

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


class _Later(job.datetime):
    """A clock that shows the hour the message is due."""

    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)
