"""Limits and terms that wait for a second person: when they do, who decides, what then holds."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from encours.access.models import AuditEntry, Membership, User
from encours.core.actors import Actor
from encours.core.second_person import OwnProposal, ProposalDecided, ProposalUnknown, ReasonNeeded
from encours.core.terms import Terms
from encours.credit import actions as credit
from encours.credit import queries, terms_actions
from encours.credit.models import CreditLimit, ExceptionalTerms, LimitProposal
from encours.credit.rules.limits import Granted, asks_second_person
from encours.credit.rules.terms import Ceiling, beyond, is_bound
from encours.invoices.models import Document
from encours.ledger import actions as ledger
from encours.ledger.models import OpenItem
from tests import cast
from tests.collections import books
from tests.collections.books import TODAY

DAY = dt.timedelta(days=1)
EUR_50 = Granted(50_000_00, "EUR")


def eur(amount):
    return None if amount is None else Granted(amount * 100, "EUR")


class TestWhatWaits:
    @pytest.mark.parametrize(
        ("before", "after", "threshold", "expected"),
        [
            (eur(30_000), eur(40_000), EUR_50, False),
            (eur(30_000), eur(50_000), EUR_50, False),
            (eur(30_000), eur(60_000), EUR_50, True),
            (None, eur(60_000), EUR_50, True),
            (None, eur(40_000), EUR_50, False),
            (eur(90_000), eur(70_000), EUR_50, False),
            (eur(40_000), None, EUR_50, True),
            (None, None, EUR_50, False),
            (eur(90_000), Granted(10_00, "USD"), EUR_50, True),
            (Granted(20_00, "USD"), Granted(10_00, "USD"), EUR_50, False),
            (eur(1), eur(2), Granted(0, "EUR"), True),
            (eur(40_000), None, None, False),
            (None, eur(900_000), None, False),
        ],
    )
    def test_more_trust_above_the_threshold_does_and_less_never(self, before, after, threshold, expected):
        assert asks_second_person(before, after, threshold=threshold) is expected


class TestTheLaw:
    LAW = Ceiling(60, 45, "C. com. L441-10 I")

    @pytest.mark.parametrize(
        ("terms", "is_lawful"),
        [
            ("0", True), ("30", True), ("60", True), ("61", False), ("90", False), ("45EOM", True), ("EOM45", True),
            ("30EOM", True), ("60EOM", False), ("EOM60", False), ("30EOM10", False), ("EOM30", True),
            ("45EOM10", False),
        ],
    )  # fmt: skip
    def test_ends_after_60_days_or_45_days_end_of_month(self, terms, is_lawful):
        found = beyond(Terms.parse(terms), dt.date(2027, 1, 1), dt.date(2027, 12, 31), self.LAW)
        assert (found is None) is is_lawful

    def test_names_the_day_of_issue_that_goes_furthest(self):
        found = beyond(Terms.parse("30EOM10"), dt.date(2027, 1, 1), dt.date(2027, 12, 31), self.LAW)
        assert found is not None
        assert (found.issue_date, found.due_date, found.latest_date, found.delay_days) == (
            dt.date(2027, 1, 30), dt.date(2027, 4, 10), dt.date(2027, 3, 31), 70,
        )  # fmt: skip

    def test_looks_only_at_the_days_agreed(self):
        assert beyond(Terms.parse("30EOM10"), dt.date(2027, 6, 1), dt.date(2027, 6, 1), self.LAW) is None

    @pytest.mark.parametrize("day", [dt.date(2026, 11, 24), dt.date(2027, 1, 1), dt.date(2030, 6, 1)])
    def test_is_read_from_the_registry(self, day):
        assert Ceiling.on(day) == self.LAW

    @pytest.mark.parametrize(
        ("country", "is_person", "expected"),
        [("FR", False, True), ("", False, True), ("BE", False, False), ("FR", True, False)],
    )  # fmt: skip
    def test_binds_professionals_in_france(self, country, is_person, expected):
        assert is_bound(country=country, is_natural_person=is_person) is expected


@pytest.fixture
def bea(company):
    """A second person, who may decide."""
    person = User.objects.create(email="bea@brevanne.example", first_name="Bea", last_name="Second")
    Membership.objects.create(organisation=company.organisation, user=person, role="cfo")
    return Actor(user_id=person.pk, name=person.display_name, channel="desk")


def ask(company, minor, *, by=None, may_set=True, currency="EUR"):
    return credit.ask_limit(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, amount_minor=minor, currency=currency,
        today=TODAY, by=by or company.by, may_set=may_set, why="growth",
    )  # fmt: skip


def in_force(company):
    seen = queries.limit_of(company.acme.pk, organisation_id=company.organisation_id, today=TODAY)
    return seen and seen.limit.amount_minor


@pytest.mark.django_db
class TestAProposedLimit:
    def test_waits_and_what_is_in_force_stays(self, company, bea):
        ask(company, 40_000_00)
        found = ask(company, 60_000_00)
        assert isinstance(found, LimitProposal)
        assert in_force(company) == 40_000_00
        assert ask(company, 60_000_00) == found
        with pytest.raises(credit.LimitWaits):
            ask(company, 60_000_00, by=bea)
        assert isinstance(ask(company, 10_000_00), CreditLimit)
        assert in_force(company) == 10_000_00

    def test_holds_once_another_person_agrees_and_is_decided_once(self, company, bea):
        found = ask(company, 60_000_00)
        ids = {"organisation_id": company.organisation_id, "proposal_id": found.pk, "today": TODAY}
        with pytest.raises(OwnProposal):
            credit.agree_limit(**ids, by=company.by)
        credit.agree_limit(**ids, by=bea)
        assert in_force(company) == 60_000_00
        assert CreditLimit.objects.get().author_name == f"{company.by.name}, {bea.name}"
        with pytest.raises(ProposalDecided):
            credit.agree_limit(**ids, by=bea)
        with pytest.raises(ProposalDecided):
            credit.turn_down_limit(**ids, by=bea, why="no")
        assert CreditLimit.objects.count() == 1
        verbs = AuditEntry.objects.filter(subject_kind="customer", subject_id=company.acme.pk).order_by("sequence")
        assert [one.verb for one in verbs] == ["propose_credit_limit", "set_credit_limit", "agree_credit_limit"]

    def test_is_refused_with_a_reason_or_withdrawn(self, company, bea):
        found = ask(company, 60_000_00)
        ids = {"organisation_id": company.organisation_id, "today": TODAY}
        with pytest.raises(ReasonNeeded):
            credit.turn_down_limit(**ids, proposal_id=found.pk, by=bea, why="")
        assert credit.turn_down_limit(**ids, proposal_id=found.pk, by=bea, why="no").decided_as == "refused"
        again = ask(company, 60_000_00)
        assert credit.turn_down_limit(**ids, proposal_id=again.pk, by=company.by, why="").decided_as == "withdrawn"
        assert in_force(company) is None

    def test_whoever_may_not_set_limits_proposes_them_whatever_the_amount(self, company, bea):
        found = ask(company, 5_00, may_set=False)
        assert isinstance(found, LimitProposal)
        credit.agree_limit(organisation_id=company.organisation_id, proposal_id=found.pk, today=TODAY, by=bea)
        assert in_force(company) == 5_00

    def test_never_waits_where_the_organisation_says_so(self, company):
        credit.set_policy(organisation_id=company.organisation_id, threshold_minor=None, currency="EUR", by=company.by)
        assert isinstance(ask(company, 900_000_00), CreditLimit)
        assert isinstance(ask(company, None), CreditLimit)

    def test_is_decided_by_its_own_organisation_and_never_changed(self, company, bea):
        found = ask(company, 60_000_00)
        with cast.company("other") as other, pytest.raises(ProposalUnknown):
            credit.agree_limit(organisation_id=other.organisation_id, proposal_id=found.pk, today=TODAY, by=bea)
        given = {name: getattr(found, name) for name in ("organisation_id", "customer_id", "currency", "source")}
        with pytest.raises(IntegrityError), transaction.atomic():  # of two at once, the database keeps one
            LimitProposal.objects.create(**given, proposed_date=TODAY, proposed_by_name="Ada")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("update credit_limitproposal set amount_minor = 1")


def propose(company, terms="45", *, first=TODAY, last=TODAY + 90 * DAY, why="launch", by=None, customer=None):
    return terms_actions.propose_terms(
        organisation_id=company.organisation_id, customer_id=(customer or company.acme).pk, terms=terms,
        from_date=first, to_date=last, why=why, today=TODAY, by=by or company.by,
    )  # fmt: skip


def agree(company, found, by):
    return terms_actions.agree_terms(organisation_id=company.organisation_id, terms_id=found.pk, today=TODAY, by=by)


def issued(company, number, day, *, is_inferred=True):
    """An invoice of 100 euros issued that day, due after the usual 30 days, and a payment of 40 on it."""
    document = Document.objects.bulk_create([
        Document(organisation=company.organisation, entity=company.entity, customer=company.acme, kind="invoice",
                 number=number, issue_date=day, currency="EUR", gross_minor=100_00, fingerprint=b"x")
    ])[0]  # fmt: skip
    posting = ledger.Posting(
        organisation_id=company.organisation_id, entity_id=company.entity.pk, transaction_date=day, source="test",
        key=f"issue:{number}",
    )  # fmt: skip
    item = ledger.NewItem(
        customer_id=company.acme.pk, kind="invoice", document_number=number, document_id=document.pk, item_date=day,
        due_date=day + 30 * DAY, due_inferred=is_inferred, currency="EUR", amount_minor=100_00,
    )  # fmt: skip
    made = ledger.post(posting, items=[item], by=company.by)[0]
    books.pay(company, company.acme, f"R-{number}", 40_00, day=max(day, TODAY), on=made)
    return made


def open_of(company, number):
    found = OpenItem.objects.filter(organisation=company.organisation, document_number=number, kind="invoice")
    return [(one.due_date, one.open_minor) for one in found.exclude(open_minor=0)]


@pytest.mark.django_db
class TestExceptionalTerms:
    def test_move_inferred_due_dates_of_their_days_once_agreed(self, company, bea):
        for number, day, is_inferred in [
            ("F-in", TODAY, True), ("F-before", TODAY - DAY, True), ("F-stated", TODAY, False),
        ]:  # fmt: skip
            issued(company, number, day, is_inferred=is_inferred)
        found = propose(company)
        assert propose(company) == found
        assert open_of(company, "F-in") == [(TODAY + 30 * DAY, 60_00)]
        with pytest.raises(OwnProposal):
            agree(company, found, company.by)
        agree(company, found, bea)
        assert open_of(company, "F-in") == [(TODAY + 45 * DAY, 60_00)]
        assert open_of(company, "F-before") == [(TODAY + 29 * DAY, 60_00)]
        assert open_of(company, "F-stated") == [(TODAY + 30 * DAY, 60_00)]
        assert terms_actions.heed_terms(organisation_id=company.organisation_id, by=bea) == 0
        with pytest.raises(ProposalDecided):
            agree(company, found, bea)

    def test_end_early_without_moving_what_was_issued(self, company, bea):
        found = propose(company, first=TODAY - DAY)
        ids = {"organisation_id": company.organisation_id, "terms_id": found.pk, "today": TODAY, "by": company.by}
        with pytest.raises(terms_actions.TermsNotRunning):
            terms_actions.end_terms(**ids, why="stopped")
        agree(company, found, bea)
        issued(company, "F-in", TODAY)
        issued(company, "F-after", TODAY + DAY)
        terms_actions.end_terms(**ids, why="stopped")
        assert terms_actions.heed_terms(organisation_id=company.organisation_id, by=bea) == 1
        assert open_of(company, "F-after") == [(TODAY + 31 * DAY, 60_00)]
        with pytest.raises(terms_actions.TermsNotRunning):
            terms_actions.end_terms(**ids, why="stopped")
        assert queries.holds(ExceptionalTerms.objects.get(), today=TODAY)
        assert not queries.holds(ExceptionalTerms.objects.get(), today=TODAY + DAY)

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({"why": " "}, ReasonNeeded),
            ({"terms": "30"}, terms_actions.TermsUsual),
            ({"terms": "75"}, terms_actions.TermsBeyondLaw),
            ({"last": TODAY - DAY}, terms_actions.TermsDaysUnusable),
            ({"first": TODAY - 9 * DAY, "last": TODAY - DAY}, terms_actions.TermsDaysUnusable),
            ({"last": TODAY + 1_200 * DAY}, terms_actions.TermsDaysUnusable),
        ],
    )
    def test_are_refused(self, company, given, error):
        with pytest.raises(error):
            propose(company, **given)
        assert not ExceptionalTerms.objects.exists()

    def test_do_not_overlap_others_unless_those_were_refused(self, company, bea):
        found = propose(company)
        with pytest.raises(terms_actions.TermsOverlap):
            propose(company, "60", first=TODAY + 90 * DAY, last=TODAY + 120 * DAY)
        assert propose(company, "60", first=TODAY + 91 * DAY, last=TODAY + 120 * DAY)
        ids = {"organisation_id": company.organisation_id, "today": TODAY, "by": bea}
        terms_actions.turn_down_terms(**ids, terms_id=found.pk, why="no")
        assert propose(company, "60")

    def test_beyond_the_law_are_noted_where_it_does_not_bind(self, company):
        type(company.acme).objects.filter(pk=company.acme.pk).update(country="BE")
        assert propose(company, "75").is_beyond_law
