"""What customers write is understood, with the sentence relied on and its fields; the unsure is left to a person."""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from encours.messaging.rules.inbound import mail
from encours.messaging.rules.understanding import amounts, days, likeness, plainly, reading, references
from encours.messaging.rules.understanding.facts import Kind

TODAY = date(2026, 11, 19)  # a Thursday
SAID = tomllib.loads((Path(__file__).parent / "said.toml").read_text())["mail"]


def understood(text: str, **options):
    raw = (
        "From: Lise <lise@client.example>\nSubject: Re: Relance facture FA-2026-4290\n"
        "In-Reply-To: <m1@brevanne.example>\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}"
    )
    return reading.understand(mail.read(raw.encode()), today=TODAY, **options)


def test_the_table_of_mails_is_understood():
    """At least 95 in 100 right, at most 1 in 100 wrong; the others are left to a person."""
    outcomes = Counter(
        "abstained" if found.is_abstaining else "right" if found.main.kind == one["class"] else "wrong"
        for one in SAID
        if (found := understood(one["text"]))
    )
    assert outcomes["right"] >= 0.95 * len(SAID), outcomes
    assert outcomes["wrong"] <= 0.01 * len(SAID), outcomes


def test_fields_are_taken_from_the_table_of_mails():
    wrong = []
    for one in SAID:
        found = understood(one["text"]).main
        for name, value in one.get("fields", {}).items() if found.kind == one["class"] else ():
            told = found.fields.get(name)
            if (told["amount"] if isinstance(told, dict) else told) != value:
                wrong.append((one["text"], name, value, told))
    assert len(wrong) <= 4, wrong


@pytest.mark.parametrize("one", SAID, ids=lambda one: f"{one['class']}: {one['text'][:30]}")
def test_the_quote_stands_in_the_mail(one):
    flat = " ".join(one["text"].split())
    for intent in understood(one["text"]).intents:
        assert intent.quote in flat


class TestSeveralIntents:
    def test_lists_each_with_its_sentence(self):
        found = understood("Le virement de 1 234,50 € partira vendredi.\nPouvez-vous renvoyer la facture F-2026-12 ?")
        assert [intent.kind for intent in found.intents] == [Kind.PROMISE, Kind.INVOICE_COPY]
        assert found.intents[1].quote == "Pouvez-vous renvoyer la facture F-2026-12 ?"
        assert found.intents[1].fields["invoices"] == ["F-2026-12"]

    def test_a_dispute_comes_before_the_promise_of_the_rest(self):
        found = understood("Nous contestons la facture FA-12345. Le reste sera payé le 30/11.")
        assert [intent.kind for intent in found.intents] == [Kind.DISPUTE, Kind.PROMISE]

    def test_a_promise_on_condition_of_a_copy_is_a_request(self):
        assert understood("Merci de nous renvoyer la facture, nous paierons dès réception.").main.kind == (
            Kind.INVOICE_COPY
        )


class TestBankDetails:
    def test_a_change_is_always_for_a_person(self):
        found = understood("Merci de noter notre nouveau RIB : FR76 3000 6000 0112 3456 7890 189")
        assert found.main.kind == Kind.BANK_DETAIL_CHANGE
        assert found.needs_a_person
        assert found.main.fields["ibans"] == ["FR7630006000011234567890189"]

    def test_an_iban_is_shown_even_beside_something_else(self):
        found = understood("Le virement partira vendredi depuis FR76 3000 6000 0112 3456 7890 189.")
        assert found.main.kind == Kind.PROMISE
        assert found.needs_a_person

    @pytest.mark.parametrize(
        "text",
        [
            "The sort code you have for us is the old one. Will pay you Friday.",
            "Pour le remboursement du trop perçu : BE68 5390 0754 7034",
            "On nous a appelés pour nous dire de virer sur un autre compte, est-ce bien vous ?",
        ],
    )
    def test_whatever_names_an_account_comes_to_a_person(self, text):
        found = understood(text)
        assert Kind.BANK_DETAIL_CHANGE in {intent.kind for intent in found.intents}
        assert found.needs_a_person

    def test_asking_for_ours_is_no_change(self):
        for text in ("Pouvez-vous nous envoyer votre RIB ?", "Sur quel compte payer ? Envoyez-nous votre RIB svp."):
            assert [intent.kind for intent in understood(text).intents] == [Kind.PAYMENT_LINK]


class TestAbstention:
    def test_leaves_what_it_does_not_understand_to_a_person(self):
        found = understood("La lune est haute et le blé est mûr.")
        assert found.is_abstaining
        assert found.main.kind == Kind.OTHER
        assert found.needs_a_person

    def test_courtesy_is_surely_nothing(self):
        found = understood("Merci, bien reçu.")
        assert (found.main.kind, found.is_abstaining) == (Kind.OTHER, False)

    def test_an_insolvent_firm_promises_nothing(self):
        found = understood(
            "Our company has entered administration. Payment will be made on Friday by the administrator."
        )
        assert [intent.kind for intent in found.intents] == [Kind.OTHER]
        assert found.main.fields == {"about": "insolvency"}

    def test_learns_from_a_correction(self):
        text = "La référence du lot figure sur la palette du bas."
        assert understood(text).is_abstaining
        learnt = likeness.with_corrections({text: "remittance"})
        assert understood(text, examples=learnt).main.kind == Kind.REMITTANCE

    def test_known_numbers_are_found_wherever_they_stand(self):
        found = understood("Le virement pour 77-abc partira vendredi.", known_numbers=["77-ABC"])
        assert found.main.fields["invoices"] == ["77-abc"]


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("by EOW", "2026-11-20"), ("la semaine du 30 novembre", "2026-12-04"), ("avant Noël", "2026-12-24"),
        ("le premier décembre", "2026-12-01"), ("première semaine de décembre", "2026-12-07"),
        ("vendredi prochain", "2026-11-20"), ("ce vendredi", "2026-11-20"), ("jeudi", "2026-11-26"),
        ("vendredi en huit", "2026-11-27"), ("lundi 23 novembre", "2026-11-23"), ("le 15", "2026-12-15"),
        ("le 25", "2026-11-25"), ("le 5 du mois prochain", "2026-12-05"), ("fin de mois", "2026-11-30"),
        ("fin du mois prochain", "2026-12-31"), ("fin novembre", "2026-11-30"), ("mi-décembre", "2026-12-15"),
        ("fin de semaine", "2026-11-20"), ("fin de semaine prochaine", "2026-11-27"),
        ("la semaine prochaine", "2026-11-27"),
        ("début de semaine prochaine", "2026-11-23"), ("sous huitaine", "2026-11-27"), ("sous 8 jours", "2026-11-27"),
        ("d'ici 15 jours", "2026-12-04"), ("dans deux semaines", "2026-12-03"), ("sous 48 h", "2026-11-21"),
        ("demain", "2026-11-20"), ("après-demain", "2026-11-21"), ("aujourd'hui", "2026-11-19"),
        ("ce jour", "2026-11-19"),
        ("1er décembre", "2026-12-01"), ("30/11", "2026-11-30"), ("30/11/26", "2026-11-30"),
        ("30.11.2026", "2026-11-30"),
        ("le 2 janvier", "2027-01-02"), ("2026-12-01", "2026-12-01"), ("next Friday", "2026-11-20"),
        ("by the end of the month", "2026-11-30"), ("end of next week", "2026-11-27"), ("in two weeks", "2026-12-03"),
        ("within 10 days", "2026-11-29"), ("within 5 working days", "2026-11-26"), ("tomorrow", "2026-11-20"),
        ("December 15th", "2026-12-15"), ("the 15th of December", "2026-12-15"), ("on the 27th", "2026-11-27"),
        ("Friday 27 November", "2026-11-27"), ("11/30/2026", "2026-11-30"), ("mid-December", "2026-12-15"),
        ("early next week", "2026-11-23"), ("month-end", "2026-11-30"), ("hier", "2026-11-18"),
        ("yesterday", "2026-11-18"),
        ("avant-hier", "2026-11-17"), ("last Monday", "2026-11-16"), ("il y a 3 jours", "2026-11-16"),
        ("two weeks ago", "2026-11-05"),
    ],
)  # fmt: skip
def test_days_are_read_as_people_say_them(words, day):
    assert [found.day.isoformat() for found in days.days_in(f"Ce sera réglé {words}.", today=TODAY)] == [day]


def test_days_told_as_past_are_past():
    assert days.days_in("Payé lundi", today=TODAY, looks_back=True)[0].day == date(2026, 11, 16)
    assert days.days_in("Payé le 25", today=TODAY, looks_back=True)[0].day == date(2026, 10, 25)


@pytest.mark.parametrize(
    "words", ["30 jours fin de mois", "facture F-12/10-3", "le 45", "31/02", "tel. 04 78 12 34 56"]
)
def test_what_is_no_day_is_none(words):
    assert days.days_in(f"Paiement {words}", today=TODAY) == []


@pytest.mark.parametrize(
    ("words", "money"),
    [
        ("1 234,50 €", "1234.50 EUR"), ("1\u202f234,50\u00a0€", "1234.50 EUR"), ("€1,234.50", "1234.50 EUR"),
        ("EUR 1.234,50", "1234.50 EUR"), ("1234,5 euros", "1234.50 EUR"), ("12k€", "12000.00 EUR"),
        ("$5,000", "5000.00 USD"), ("£1,250.00", "1250.00 GBP"), ("CHF 1'234.50", "1234.50 CHF"),
        ("1 200 euros", "1200.00 EUR"), ("6 408€40", "6408.40 EUR"), ("15 €", "15.00 EUR"),
    ],
)  # fmt: skip
def test_amounts_are_read_in_both_notations(words, money):
    [found] = amounts.amounts_in(f"Nous virons {words} demain")
    assert f"{found.money.as_decimal_string()} {found.money.currency}" == money


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("les factures FA-2026-4290 et 4291", ["FA-2026-4290", "4291"]),
        ("facture n° F2026/123 du 12/10/2026 de 1 200 €", ["F2026/123"]),
        ("invoices #10234 & #10235", ["10234", "10235"]),
        ("votre facture de 1200 euros", []),
        ("Notre commande n° 4500123", []),
        ("facture du 12 octobre", []),
        ("INV-20331", ["INV-20331"]),
    ],
)
def test_invoice_numbers_are_found(text, numbers):
    assert references.invoice_numbers_in(text) == numbers


def test_only_ibans_that_add_up_are_found():
    assert references.ibans_in("FR76 3000 6000 0112 3456 7890 189, FR76 3000 6000 0112 3456 7890 188") == [
        "FR7630006000011234567890189"
    ]


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("jai pas recu la fact", "je n'ai pas recu la facture"),
        ("le reglemment partira demain", "le reglement partira demain"),
        ("payemnt scheduled for wendesday", "payment scheduled for wednesday"),
        ("on a pas la facture", "on n'a pas la facture"),
        ("le montant est pas bon", "le montant n'est pas bon"),
        ("nous facturer la livraison", "nous facturer la livraison"),
        ("nous ne payons pas", "nous ne payons pas"),
    ],
)
def test_hasty_writing_is_put_plainly(written, spelt):
    assert plainly.spelt(written) == spelt


class TestHasty:
    def test_mon_is_my_and_no_monday(self):
        found = understood("Mon DAF signe, il rentre mercredi, comptez un virement jeudi 26.").main
        assert found.fields["date"] == "2026-11-26"

    def test_a_part_of_what_is_owed_is_told_as_such(self):
        found = understood("Nous réglerons la moitié le 25/11 et le reste le 10 décembre.").main
        assert (found.fields["share_percent"], found.fields["dates"]) == (50, ["2026-11-25", "2026-12-10"])

    def test_what_left_already_is_no_promise_whatever_day_it_arrives(self):
        assert understood("Wire sent this morning, value date tomorrow.").main.kind == Kind.REMITTANCE

    def test_wanting_no_more_mail_does_not_hide_the_debt(self):
        found = understood("Vous serez payés le 30. Arrêtez de m'envoyer des mails.")
        assert [one.kind for one in found.intents][:2] == [Kind.PROMISE, Kind.UNSUBSCRIBE]
