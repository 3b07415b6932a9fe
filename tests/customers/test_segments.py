"""Segments: what they ask, whom they take, and who stays where a person put them."""

import pytest

from encours.core.errors import Refused
from encours.customers import rules, segment_actions, segment_queries
from encours.customers.models import Customer, Segment
from encours.customers.segment_actions import SegmentForm, SegmentNameTaken
from tests.cast import Company


def keep(
    company: Company, name: str, priority: int, *conditions: tuple[str, str, list[str]], segment_id=None
) -> Segment:
    asked = [rules.condition(*one) for one in conditions]
    return segment_actions.keep_segment(
        SegmentForm(name, priority, asked),
        organisation_id=company.organisation_id,
        segment_id=segment_id,
        by=company.by,
    )


def change(customer: Customer, **values) -> None:
    Customer.objects.filter(pk=customer.pk).update(**values)


def segment_of(customer: Customer) -> str:
    found = Customer.objects.select_related("segment").get(pk=customer.pk).segment
    return found.name if found else ""


class TestACondition:
    @pytest.mark.parametrize(
        ("field", "test", "values"),
        [
            ("secret", "is", ["x"]),
            ("country", "matches", ["x"]),
            ("country", "is", []),
            ("country", "is", [" "]),
            ("is_natural_person", "begins", ["person"]),
            ("is_natural_person", "is", ["ghost"]),
        ],
    )
    def test_that_cannot_be_asked_is_refused(self, field: str, test: str, values: list[str]):
        with pytest.raises(Refused):
            rules.condition(field, test, values)

    def test_keeps_each_value_once(self):
        assert rules.condition("country", "is", [" be", "LU", "LU", ""]).values == ("be", "LU")


class TestASegment:
    def test_takes_those_who_meet_all_its_conditions(self, company: Company):
        change(company.acme, country="BE", naf_code="41.20A")
        change(company.borealis, country="BE", naf_code="62.01Z")
        keep(company, "Bâtiment belge", 10, ("country", "is", ["be", "lu"]), ("naf_code", "begins", ["41", "43"]))
        assert [segment_of(one) for one in (company.acme, company.borealis)] == ["Bâtiment belge", ""]

    def test_comes_after_those_tried_before_it(self, company: Company):
        change(company.acme, country="BE")
        keep(company, "Export", 20, ("country", "is_not", ["FR", ""]))
        keep(company, "Belgique", 10, ("country", "is", ["BE"]))
        assert segment_of(company.acme) == "Belgique"
        keep(company, "Belgique", 30, ("country", "is", ["BE"]), segment_id=Segment.objects.get(name="Belgique").pk)
        assert segment_of(company.acme) == "Export"

    def test_reads_names_without_accents_and_joker_characters(self, company: Company):
        change(company.acme, name="Éts. 100% Bois")
        keep(company, "Bois", 10, ("name", "contains", ["ets. 100%"]))
        keep(company, "Joker", 20, ("name", "contains", ["_"]))
        assert segment_of(company.acme) == "Bois"
        assert segment_of(company.cobalt) == ""

    def test_leaves_alone_who_was_put_by_hand(self, company: Company):
        by_hand = keep(company, "Sur mesure", 90)
        change(company.acme, segment=by_hand, country="BE")
        keep(company, "Belgique", 10, ("country", "is", ["BE"]))
        assert segment_of(company.acme) == "Sur mesure"

    def test_lets_go_of_who_no_longer_fits(self, company: Company):
        change(company.acme, country="BE")
        keep(company, "Belgique", 10, ("country", "is", ["BE"]))
        change(company.acme, country="FR")
        segment_actions.refill_segments(organisation_id=company.organisation_id, by=company.by)
        assert segment_of(company.acme) == ""

    def test_takes_persons_or_companies(self, company: Company):
        change(company.acme, is_natural_person=True)
        keep(company, "Particuliers", 10, ("is_natural_person", "is", ["person"]))
        assert [segment_of(one) for one in (company.acme, company.cobalt)] == ["Particuliers", ""]

    def test_says_what_it_would_take_before_it_is_kept(self, company: Company):
        change(company.acme, country="BE")
        change(company.borealis, country="BE", city="Liège")
        keep(company, "Liège", 5, ("city", "is", ["liege"]))
        draft = segment_queries.Draft(None, 10, "Belgique", [rules.condition("country", "is", ["BE"])])
        assert segment_queries.share(draft, organisation_id=company.organisation_id) == segment_queries.Share(2, 1)

    def test_does_not_take_the_name_of_another(self, company: Company):
        keep(company, "Export", 10)
        with pytest.raises(SegmentNameTaken):
            keep(company, "Export", 20)
