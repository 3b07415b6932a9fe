"""The morning after: each organisation's broken promises become tasks once, however often the job runs."""

import datetime as dt

from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.entrypoints.jobs import promises
from encours.team.models import Task
from tests.cast import Company
from tests.collections import books


def test_a_promise_of_yesterday_is_a_task_once(company: Company) -> None:
    books.post(company, company.acme, "F1")
    today = books.TODAY
    collections.record_promise(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, amount_minor=100_00, currency="EUR",
        promised_date=today, today=today, by=company.by,
    )  # fmt: skip
    organisation = Organisation.objects.get(pk=company.organisation_id)
    promises.see_now(organisation, books.at(today))
    assert Task.objects.count() == 0
    for _ in range(2):
        promises.see_now(organisation, books.at(today + dt.timedelta(days=1)))
    assert Task.objects.count() == 1
