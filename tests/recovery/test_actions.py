"""Formal notices, acts and insolvency on the books: sent once, proven, everything stopped at once."""

import datetime as dt
import io

import pytest
from django.db import ProgrammingError, transaction
from pypdf import PdfReader

from encours.access import context
from encours.access.models import AuditEntry, Entity
from encours.access.rules import Scope
from encours.collections.models import Reminder
from encours.core.dates import add_months
from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.ledger.queries import AsOf, Selection
from encours.matching.models import LineWork
from encours.messaging.models import Message, MessageAttachment
from encours.messaging.rules import papers
from encours.penalties.queries.accruals import accruals
from encours.plans import actions as plans
from encours.plans.rules.schedule import Terms
from encours.recovery import actions as recovery
from encours.recovery.actions import notices, proceedings
from encours.recovery.actions.acts import ActUnusable, NewAct, ReasonMissing, RegimeUnusable
from encours.recovery.models import FormalNotice, LegalAct, Proceeding
from encours.recovery.queries import guardian
from encours.recovery.queries.guardian import Asked
from encours.recovery.queries.proceedings import paper, statements
from encours.team.models import Task
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY
from tests.matching.bank import Bank

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    Entity.objects.filter(pk=company.entity.pk).update(
        legal_form="SAS", siren="552100554", street="14 rue des Forges", postcode="44000", city="Nantes"
    )
    Customer.objects.filter(pk=company.acme.pk).update(street="1 rue du Port", postcode="44000", city="Nantes")
    company.acme.refresh_from_db()
    return company


def send(company, *, answered=("interest",), key="one", **more):
    claim = recovery.Claim(
        customer_id=company.acme.pk, pay_by=more.pop("pay_by", TODAY + 8 * DAY), key=key, answered=answered, **more
    )
    return recovery.send_notice(claim, organisation_id=company.organisation_id, today=TODAY, now=NOW, by=company.by)


class TestFormalNotice:
    def test_queues_the_registered_letter_with_its_annex(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00)
        notice = send(brevanne)
        assert (notice.number, notice.principal_minor, notice.compensation_minor) == ("MED-2026-0001", 1_000_00, 40_00)
        assert notice.interest_minor > 0
        message = Message.objects.get(pk=notice.message_id)
        assert (message.channel, message.kind) == ("registered_letter", "formal_notice")
        text = (
            PdfReader(io.BytesIO(bytes(MessageAttachment.objects.get(message=message).content))).pages[0].extract_text()
        )
        assert "F1" in text
        assert "L441-10" in text
        assert LegalAct.objects.get().kind == "formal_notice"
        assert AuditEntry.objects.filter(verb="send_formal_notice").count() == 1

    def test_the_same_form_twice_is_one_letter(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=60)
        assert send(brevanne).pk == send(brevanne).pk
        assert Message.objects.filter(kind="formal_notice").count() == 1

    def test_claims_only_what_is_not_contested(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00)
        disputes.open_dispute(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, today=TODAY, by=brevanne.by,
            item_id=item.pk, amount_minor=300_00,
        )  # fmt: skip
        with pytest.raises(notices.NotAnswered):
            send(brevanne)
        assert send(brevanne, answered=("interest", "certain")).principal_minor == 700_00

    def test_refuses_what_the_checklist_refuses(self, brevanne):
        with pytest.raises(notices.NothingDue):
            send(brevanne)
        books.post(brevanne, brevanne.acme, "F1", late=60)
        with pytest.raises(notices.DayUnusable):
            send(brevanne, pay_by=TODAY)
        with pytest.raises(notices.ChannelUnusable):
            send(brevanne, channel="email")
        Customer.objects.filter(pk=brevanne.acme.pk).update(city="")
        with pytest.raises(notices.ConditionsRefuse):
            send(brevanne)
        assert FormalNotice.objects.count() == 0

    def test_its_proof_is_sealed_and_noted_once(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=60)
        notice = send(brevanne)
        given = {"organisation_id": brevanne.organisation_id, "notice_id": notice.pk, "by": brevanne.by}
        recovery.note_sent(sent_date=TODAY, registered_number="1A 123 456 7890 1", today=TODAY, **given)
        later = TODAY + 3 * DAY
        kept = recovery.note_outcome(
            outcome="unclaimed", outcome_date=later, today=later, proof=b"%PDF", proof_name="avis.pdf", **given
        )
        assert len(bytes(kept.proof_sha256)) == 32
        with pytest.raises(notices.OutcomeKnown):
            recovery.note_outcome(outcome="received", outcome_date=later, today=later, **given)
        with pytest.raises(ProgrammingError), transaction.atomic():
            FormalNotice.objects.filter(pk=notice.pk).update(principal_minor=1)


class TestActs:
    def test_what_is_called_certain_says_why(self, brevanne):
        given = {"organisation_id": brevanne.organisation_id, "today": TODAY, "by": brevanne.by}
        act = NewAct(brevanne.acme.pk, "acknowledgement", TODAY - DAY, is_certain=True)
        with pytest.raises(ReasonMissing):
            recovery.note_act(act, **given)
        with pytest.raises(ActUnusable):
            recovery.note_act(NewAct(brevanne.acme.pk, "summons", TODAY + DAY), **given)
        made = recovery.note_act(
            NewAct(brevanne.acme.pk, "summons", TODAY, reference="RG 26/1", is_certain=True), **given
        )
        recovery.withdraw_act(act_id=made.pk, why="wrong file", **given)
        made.refresh_from_db()
        assert made.withdrawn_why == "wrong file"

    def test_a_regime_gives_its_reason_and_fits_the_customer(self, brevanne):
        given = {"organisation_id": brevanne.organisation_id, "customer_id": brevanne.acme.pk, "by": brevanne.by}
        with pytest.raises(ReasonMissing):
            recovery.set_regime(regime="carriage", why=" ", **given)
        with pytest.raises(RegimeUnusable):
            recovery.set_regime(regime="consumer", agreed_years=3, why="contract", **given)
        assert recovery.set_regime(regime="commercial", agreed_years=3, why="contract", **given).agreed_years == 3


class TestGuardian:
    def days(self, company, **more):
        found = guardian.deadlines(Asked(company.organisation_id, TODAY, **more))
        return [(one.subject, one.deadline.kind.value, one.deadline.safe_date.isoformat()) for one in found]

    def test_lists_the_debts_whose_end_is_near_and_no_others(self, brevanne):
        old = books.post(brevanne, brevanne.acme, "F1", late=5 * 365 - 20)
        books.post(brevanne, brevanne.acme, "F2", late=60)
        due = old.due_date
        assert self.days(brevanne) == [("F1", "limitation", due.replace(year=due.year + 5).isoformat())]

    def test_a_part_payment_shows_a_possible_day_only(self, brevanne):
        old = books.post(brevanne, brevanne.acme, "F1", late=5 * 365 - 20)
        books.pay(brevanne, brevanne.acme, "P1", 10_00, day=TODAY - 30 * DAY, on=old)
        (one,) = guardian.deadlines(Asked(brevanne.organisation_id, TODAY))
        paid = TODAY - 30 * DAY
        assert one.deadline.safe_date == old.due_date.replace(year=old.due_date.year + 5)
        assert one.deadline.possible_date == paid.replace(year=paid.year + 5)
        assert one.deadline.is_assumed

    def test_a_regime_and_an_act_move_the_day(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=300)
        given = {"organisation_id": brevanne.organisation_id, "by": brevanne.by}
        recovery.set_regime(customer_id=brevanne.acme.pk, regime="carriage", why="CMR", **given)
        assert self.days(brevanne)[0][2] == item.due_date.replace(year=item.due_date.year + 1).isoformat()
        act = NewAct(brevanne.acme.pk, "acknowledgement", TODAY - DAY, note="letter", is_certain=True)
        recovery.note_act(act, today=TODAY, **given)
        assert self.days(brevanne)[0][2] == (TODAY - DAY).replace(year=TODAY.year + 1).isoformat()

    def test_follows_orders_and_notices(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=60)
        send(brevanne)
        recovery.note_act(
            NewAct(brevanne.acme.pk, "order_issued", TODAY - 10 * DAY, "F1", note="TC Nantes"),
            organisation_id=brevanne.organisation_id, today=TODAY, by=brevanne.by,
        )  # fmt: skip
        assert [(subject, kind) for subject, kind, _ in self.days(brevanne)] == [
            ("MED-2026-0001", "notice"), ("F1", "order_service"),
        ]  # fmt: skip

    def test_what_is_near_becomes_one_task_for_each_customer_and_kind_once(self, brevanne):
        def ask(day=TODAY):
            return recovery.ask_in_time(organisation_id=brevanne.organisation_id, today=day, by=brevanne.by)

        first = books.post(brevanne, brevanne.acme, "F1", late=5 * 365 - 20)
        books.post(brevanne, brevanne.acme, "F2", late=5 * 365 - 40)
        books.post(brevanne, brevanne.borealis, "F3", late=5 * 365 - 200)
        assert (ask(), ask()) == ((1, 0), (0, 0))
        task = Task.objects.get()
        assert (task.customer_id, task.assignee_id) == (brevanne.acme.pk, brevanne.collector.pk)
        assert (task.priority, task.due_date) == (3, first.due_date.replace(year=first.due_date.year + 5) - 7 * DAY)
        assert "F1" in task.title
        assert "2 " in task.title
        # paid: the task names the next one instead
        books.pay(brevanne, brevanne.acme, "P1", 100_00, on=first)
        assert ask() == (1, 1)
        assert [one.state for one in Task.objects.order_by("pk")] == ["done", "open"]

    def test_keeps_to_the_readers_portfolio_and_tenant(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=5 * 365 - 20)
        stranger = Scope(brevanne.organisation_id, brevanne.collector.pk + 999, "collector", own_portfolio_only=True)
        assert self.days(brevanne, scope=stranger) == []
        with cast.company("dora") as dora:
            assert self.days(dora) == []
        context.bind(brevanne.organisation_id)


def judged(company, **more):
    judgment = recovery.Judgment(
        kind="receivership", judgment_date=more.pop("day", TODAY - 5 * DAY), court="TC Nantes", **more
    )
    return recovery.record_proceeding(
        judgment, organisation_id=company.organisation_id, customer_id=company.acme.pk, today=TODAY, now=NOW,
        by=company.by,
    )  # fmt: skip


class TestInsolvency:
    def test_stops_everything_at_once(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00)
        terms = Terms(1_000_00, TODAY, TODAY + 30 * DAY, 2)
        given = {"organisation_id": brevanne.organisation_id, "today": TODAY, "by": brevanne.by}
        plan = plans.draft(plans.Wanted(brevanne.acme.pk, [item.pk], terms), key="p", **given)
        plans.approve(plan_id=plan.pk, **given)
        plans.agree(plan_id=plan.pk, signed_by="Paul", agreed_date=TODAY, **given)
        judged(brevanne)
        plan.refresh_from_db()
        assert plan.ended_as == "cancelled"
        books.run(brevanne)
        assert {row.outcome for row in Reminder.objects.all()} == {"blocked"}
        selection = Selection(organisation_id=brevanne.organisation_id)
        (one,) = accruals(selection, AsOf(TODAY + 60 * DAY))
        (then,) = accruals(selection, AsOf(TODAY - 6 * DAY))
        assert one.interest_minor == then.interest_minor
        with pytest.raises(notices.ConditionsRefuse):
            send(brevanne)

    def test_asks_for_the_claim_by_its_safe_day(self, brevanne):
        made = judged(brevanne)
        assert "BODACC" in Task.objects.get().title
        given = {
            "organisation_id": brevanne.organisation_id,
            "proceeding_id": made.pk,
            "today": TODAY,
            "by": brevanne.by,
        }
        recovery.note_publication(published_date=TODAY - 2 * DAY, bodacc_reference="A n° 220", **given)
        task = Task.objects.get(key=f"proceeding:{made.pk}:claim")
        assert task.priority == 3
        assert task.due_date == dt.date(2027, 1, 22)
        kinds = [one.deadline.kind.value for one in guardian.deadlines(Asked(brevanne.organisation_id, TODAY))]
        assert kinds == ["claim_filing", "claim_relief"]
        recovery.file_claim(filed_date=TODAY, amount_minor=1_00, reference="1A 1", **given)
        assert guardian.deadlines(Asked(brevanne.organisation_id, TODAY)) == []
        assert LegalAct.objects.get().kind == "claim_filed"

    def test_is_recorded_once_and_never_to_come(self, brevanne):
        judged(brevanne)
        with pytest.raises(proceedings.ProceedingOpen):
            judged(brevanne)
        with pytest.raises(proceedings.JudgmentUnusable):
            judged(brevanne, day=TODAY + DAY)

    def test_the_claim_is_what_was_owed_on_the_eve(self, brevanne):
        before = books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00)
        books.post(brevanne, brevanne.acme, "F2", late=-20, amount=500_00)
        made = judged(brevanne)
        books.post(brevanne, brevanne.acme, "F3", late=-27, amount=77_00, day=TODAY - DAY)
        books.pay(brevanne, brevanne.acme, "P1", 400_00, day=TODAY, on=before)
        (statement,) = statements(made)
        assert [(line.owed.document_number, line.owed.open_minor) for line in statement.lines] == [
            ("F1", 1_000_00), ("F2", 500_00),
        ]  # fmt: skip
        assert [item.document_number for item in statement.split.after] == ["F3"]
        assert statement.lines[0].interest_minor > 0
        assert statement.lines[1].interest_minor == 0
        made.trustee_name = '#read("x") Maître Durand'
        pdf = papers.pdf(paper(statement, language="fr", day=TODAY))
        text = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
        assert "Maître Durand" in text
        assert "à échoir" in text

    def test_over_reminders_go_on(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=12)
        made = judged(brevanne)
        with pytest.raises(ReasonMissing):
            recovery.end_proceeding(
                organisation_id=brevanne.organisation_id, proceeding_id=made.pk, today=TODAY, by=brevanne.by, why=""
            )
        recovery.end_proceeding(
            organisation_id=brevanne.organisation_id, proceeding_id=made.pk, today=TODAY, by=brevanne.by, why="mistake"
        )
        books.run(brevanne)
        assert {row.outcome for row in Reminder.objects.all()} == {"due"}

    def test_the_other_tenant_sees_nothing(self, brevanne):
        judged(brevanne)
        with cast.company("dora"):
            assert Proceeding.objects.count() == 0
        context.bind(brevanne.organisation_id)


class TestMandates:
    def collect(self, bank, mandate_id, customer, *, on, decided=True):
        company = bank.company
        line = bank.line(100_00, day=on, mandate_id=mandate_id)
        LineWork.objects.create(
            organisation=company.organisation, line=line, entity=company.entity, account=line.account,
            booking_date=on, currency="EUR", amount_minor=100_00, state="applied" if decided else "proposed",
            customer=customer, decided_date=on if decided else None,
        )  # fmt: skip

    def test_lapse_36_months_after_the_last_collection_that_is_known(self, brevanne):
        bank, long_ago = Bank(brevanne), add_months(TODAY, -35)
        self.collect(bank, "RUM-1", brevanne.acme, on=long_ago - 40 * DAY)
        self.collect(bank, "RUM-1", brevanne.acme, on=long_ago)
        self.collect(bank, "RUM-OLD", brevanne.borealis, on=long_ago)
        self.collect(bank, "RUM-NEW", brevanne.borealis, on=TODAY - DAY)
        self.collect(bank, "RUM-3", brevanne.cobalt, on=long_ago, decided=False)
        (one,) = guardian.deadlines(Asked(brevanne.organisation_id, TODAY))
        assert (one.subject, one.customer_number, one.deadline.kind.value) == ("RUM-1", "C001", "mandate")
        assert one.deadline.safe_date == add_months(long_ago, 36)
        assert one.deadline.doubt
        assert guardian.deadlines(Asked(brevanne.organisation_id, TODAY + 120 * DAY)) == []
