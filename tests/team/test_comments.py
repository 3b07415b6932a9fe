"""Comments with names in them: who is named, who is told, and answers by e-mail."""

import datetime as dt

import pytest

from encours.access.models import Membership, User
from encours.core.actors import Actor
from encours.team.actions import notices
from encours.team.actions.comments import comment
from encours.team.models import Notification
from encours.team.rules.mentions import Colleague, named

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MAELLE = Colleague(1, "maelle.quintrec@v.example", "Maëlle", "Quintrec")
MATHIEU = Colleague(2, "mathieu@v.example", "Mathieu", "De Laubriac")
OTHER = Colleague(3, "m.leroy@v.example", "Mathieu", "Leroy")


class TestNamed:
    @pytest.mark.parametrize(
        ("text", "ids", "unknown"),
        [
            ("@maelle.quintrec peux-tu regarder ?", (1,), ()),
            ("@Maëlle et @maelle.quintrec.", (1,), ()),
            ("voir avec @mathieu.", (2,), ()),  # the exact handle wins over a first name two people bear
            ("voir avec @leroy", (3,), ()),
            ("@jean est parti", (), ("jean",)),
            ("écrire à nadia@maelle.example", (), ()),
            ("@maelle, @m.leroy : d’accord", (1, 3), ()),
            ("rien", (), ()),
        ],
    )
    def test_names_people_as_one_writes_them(self, text, ids, unknown):
        found = named(text, [MAELLE, MATHIEU, OTHER])
        assert (found.user_ids, found.unknown) == (ids, unknown)

    def test_a_first_name_two_people_bear_names_nobody(self):
        found = named("@paul", [Colleague(1, "p.a@v.example", "Paul", "A"), Colleague(2, "p.b@v.example", "Paul", "B")])
        assert (found.user_ids, found.unknown) == ((), ("paul",))


@pytest.fixture
def colleague(company):
    user = User.objects.create(email="paul@brevanne.example", first_name="Paul", last_name="Brun")
    Membership.objects.create(organisation=company.organisation, user=user, role="sales")
    return user


def write(company, text, **more):
    return comment(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, text=text, link="/customers/C001",
        now=NOW, by=company.by, **more,
    )  # fmt: skip


class TestComment:
    def test_whoever_is_named_is_told_once(self, company, colleague):
        note, found = write(company, "@paul le directeur veut te parler, @paul. @inconnu aussi")
        assert found.unknown == ("inconnu",)
        told = Notification.objects.get()
        assert (told.user, told.kind, told.note, told.link) == (colleague, "mention", note, "/customers/C001")
        assert told.text == note.text

    def test_nobody_is_told_of_what_they_wrote(self, company, colleague):
        write(company, "@nadia je me le note")
        assert not Notification.objects.exists()

    def test_an_answer_is_told_to_who_asked(self, company, colleague):
        note, _ = write(company, "Qui connaît ce client ?")
        by = Actor(user_id=colleague.pk, name="Paul Brun", channel="desk")
        comment(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, text="Moi", link="/x", now=NOW, by=by,
            answers_id=note.pk,
        )  # fmt: skip
        told = Notification.objects.get()
        assert (told.user_id, told.kind) == (company.collector.pk, "answer")

    def test_who_has_left_is_told_nothing(self, company, colleague):
        Membership.objects.filter(user=colleague).update(is_active=False)
        _, found = write(company, "@paul")
        assert found.unknown == ("paul",)

    def test_the_same_thing_is_told_once(self, company, colleague):
        notice = notices.Notice(kind="rule", title="Promesse rompue", key="rule:1:2")
        told = [
            notices.notify(
                organisation_id=company.organisation_id, user_ids=[colleague.pk], notice=notice, by=company.by, now=NOW
            )
            for _ in range(2)
        ]
        assert told == [1, 0]
