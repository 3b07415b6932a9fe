"""Money that came in stops the reminder, applied or still waiting to be matched."""

from datetime import date

from encours.collections.queries import decided, facts, preview
from encours.collections.rules.wording import WORDS
from encours.matching.models import MatchingPolicy
from tests.collections import books as dunning
from tests.matching.bank import Bank


def held(found, code):
    return [check for check in found["checks"] if check["code"] == code]


class TestAPaymentStopsTheReminder:
    def test_a_line_that_waits_holds_what_it_may_pay(self, company):
        dunning.set_up(company)
        dunning.post(company, company.acme, "F-2026-0777", amount=812_35)
        dunning.post(company, company.borealis, "F-2026-0778", amount=20_00)
        company.acme.iban = "FR7612345678901234567890123"
        company.acme.save()
        # nothing is applied alone: the line waits with its proposal
        MatchingPolicy.objects.create(organisation=company.organisation, alone_min_ppm=1_000_000)
        bank = Bank(company)
        bank.line(812_35, day=date(2026, 11, 23), text="F-2026-0777", counterparty_iban=company.acme.iban)
        bank.run(today=date(2026, 11, 23))
        run = facts.run_facts(company.organisation_id, today=date(2026, 11, 24), now=dunning.NOW)
        decisions = preview.dry_run(company.organisation_id, today=date(2026, 11, 24), now=dunning.NOW)
        told = {
            one["customer_number"]: one
            for one in decided.documents(company.organisation_id, decisions, send_after=run.send_after.isoformat())
        }
        (check,) = held(told["C001"], "waiting_payment")
        assert (told["C001"]["outcome"], check["outcome"]) == ("held", "held")
        assert held(told["C002"], "waiting_payment")[0]["outcome"] == "passed"


def test_the_rule_has_its_sentence():
    assert set(WORDS["waiting_payment"].sentences) == {"passed", "adjusted", "held"}
