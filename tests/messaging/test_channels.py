"""Text messages and letters: what they may look like, pure."""

import re
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from encours.core.errors import Refused
from encours.messaging.rules import channels, defaults, letters, phones, postal, registered, sample, sms, wording
from encours.messaging.rules import context as contexts
from encours.messaging.rules.layout import BLOCK_MARK
from encours.messaging.rules.values import Address, Wording

HEAD = letters.Letterhead("Brévanne Équipement", ["14 rue des Forges", "44000 Nantes"], "Nantes", "01 99 00 41 00")
TO = Address(name="Maison Delorme", lines=("À l’attention de Lise Marchal", "ZI des Fontaines", "59000 LILLE"))
DAY = date(2026, 11, 23)
MM = 72 / 25.4


def letter_of(key="letter_reminder", *, language="fr", context=None, to=TO, channel="letter"):
    context = context or sample.context(language=language)
    letter = wording.render(defaults.wording(key, language), context)
    return letters.paper(letter, context, to=to, head=HEAD, language=language, channel=channel, day=DAY)


def text_of(paper) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(paper.pdf)).pages)


def words_with_places(paper) -> list[tuple[str, float, float]]:
    """Each run of text of the first page with its place in millimetres from the left and the top."""
    found = []

    def keep(text, matrix, place, _font, _size):
        if text.strip():
            x = matrix[0] * place[4] + matrix[2] * place[5] + matrix[4]
            y = matrix[1] * place[4] + matrix[3] * place[5] + matrix[5]
            found.append((text.strip(), x / MM, 297 - y / MM))

    PdfReader(BytesIO(paper.pdf)).pages[0].extract_text(visitor_text=keep)
    return found


class TestAPhone:
    @pytest.mark.parametrize(
        ("written", "country"),
        [
            ("06 39 98 12 34", "FR"),
            ("+33 (0)6 39 98 12 34", "FR"),
            ("0033639981234", "FR"),
            ("06.39.98.12.34", ""),
            ("+33639981234", "DE"),
        ],
    )
    def test_is_the_same_number_however_it_is_written(self, written, country):
        assert phones.e164(written, country) == "+33639981234"

    @pytest.mark.parametrize("written", ["01 99 00 41 00", "06 39 98 12", "", "poste 12", "06 39 98 12 345", "+33"])
    def test_that_takes_no_sms_is_refused(self, written):
        with pytest.raises(phones.PhoneUnusable):
            phones.e164(written)


class TestAnSms:
    @pytest.mark.parametrize(
        ("text", "encoding", "length", "segments"),
        [
            ("", "GSM-7", 0, 0),
            ("a" * 160, "GSM-7", 160, 1),
            ("a" * 161, "GSM-7", 161, 2),
            ("a" * 306, "GSM-7", 306, 2),
            ("a" * 307, "GSM-7", 307, 3),
            ("€" * 80, "GSM-7", 160, 1),
            ("€" * 81, "GSM-7", 162, 2),
            ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the euro does not fit in the first segment's last place
            ("ê" * 70, "UCS-2", 70, 1),
            ("ê" * 71, "UCS-2", 71, 2),
            ("😀" * 35, "UCS-2", 70, 1),
        ],
    )
    def test_is_counted_as_it_is_billed(self, text, encoding, length, segments):
        found = sms.measure(text)
        assert (found.encoding, found.length, found.segments) == (encoding, length, segments)

    @given(st.text(max_size=400))
    def test_never_has_room_for_a_letter_less_than_none(self, text):
        found = sms.measure(text)
        assert 0 <= found.left <= 160
        assert (found.segments == 0) == (text == "")

    def test_with_typographic_signs_keeps_to_the_short_alphabet(self):
        assert sms.plain("L’échéance « du 12 » – 1\u202f200\u00a0€…") == 'L\'échéance "du 12" - 1 200 €...'
        assert sms.measure(sms.plain("L’échéance… ")).encoding == "GSM-7"

    def test_that_nobody_would_read_is_refused(self):
        with pytest.raises(sms.SmsTooLong):
            sms.checked("x" * 1000)
        with pytest.raises(sms.SmsEmpty):
            sms.checked(" \n ")

    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("key", ["sms_reminder", "sms_last_notice"])
    def test_of_ours_fits_in_one_segment(self, key, language):
        words = defaults.wording(key, language)
        wording.variables(words)
        letter = wording.render(words, sample.context(language=language))
        assert sms.measure(letter.text).segments == 1
        assert "14 088,40 €" in letter.text or "€14,088.40" in letter.text
        assert (letter.subject, letter.html) == ("", "")

    def test_that_names_an_unknown_variable_is_refused_with_its_line(self):
        with pytest.raises(wording.VariableUnknown, match="totl"):
            wording.variables(Wording("fr", "", "", "Bonjour {{ totl }}", "sms"))


class TestAPostalAddress:
    def test_has_its_last_line_in_capitals_without_accents(self):
        assert postal.lines_of(street="2 allée\nBât. C", postcode="94000", city="Créteil") == (
            "2 allée",
            "Bât. C",
            "94000 CRETEIL",
        )

    def test_abroad_ends_with_the_country(self):
        lines = postal.lines_of(street="Rue Haute 5", postcode="1000", city="Bruxelles", country="BE")
        assert lines[-1] == "BELGIQUE"

    @pytest.mark.parametrize(
        ("attention", "first"),
        [
            ("Lise Marchal", "À l’attention de Lise Marchal"),
            ("Élise Marchal", "À l’attention d’Élise Marchal"),
            ("acme ", "1 rue A"),  # the addressee in person
            ("", "1 rue A"),
        ],
    )
    def test_names_somebody_else_than_the_addressee(self, attention, first):
        lines = postal.lines_of(street="1 rue A", postcode="59000", city="Lille", attention=attention, addressee="Acme")
        assert lines[0] == first

    def test_without_a_city_is_no_address(self):
        assert postal.lines_of(street="2 allée", postcode="", city="") == ()
        with pytest.raises(postal.PostalAddressIncomplete, match="Acme"):
            postal.window("Acme", ())

    def test_folds_long_lines_as_long_as_six_allow(self):
        name = "Établissements Dupont et Fils Menuiserie Charpente"
        assert postal.window(name, ("1 rue A", "75001 PARIS")) == [
            "Établissements Dupont et Fils",
            "Menuiserie Charpente",
            "1 rue A",
            "75001 PARIS",
        ]
        with pytest.raises(postal.PostalAddressIncomplete):
            postal.window("Acme", tuple(f"line {number}" for number in range(6)))


class TestALetter:
    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("key", ["letter_reminder", "letter_last_notice", "letter_formal_notice"])
    def test_prints_what_is_asked_for_and_how_to_pay(self, key, language):
        wording.variables(defaults.wording(key, language))
        paper = letter_of(key, language=language)
        said = text_of(paper).replace("\u202f", " ").replace("\xa0", " ")
        for expected in ("FA-2026-4290", "FA-2026-4371", "FR23 9999 9000", "RF91 C103 16K2 611", "Nadia Ferrand"):
            assert expected in said
        assert ("14 088,40 €" if language == "fr" else "€14,088.40") in said
        assert paper.page_count == 1
        assert BLOCK_MARK not in said

    def test_has_its_address_in_the_window_and_nothing_else_there(self):
        placed = words_with_places(letter_of())
        shown = {"Maison Delorme", "ZI des Fontaines", "59000 LILLE"}
        seen = [(word, x, y) for word, x, y in placed if 90 <= x <= 200 and 44 <= y <= 90]
        assert shown <= {word for word, _, _ in seen}
        for word, x, y in seen:
            assert 100 <= x <= 190, word
            assert 55 <= y <= 80, word
        assert not {"Nantes, le 23 novembre 2026"} & {word for word, _, _ in seen}

    def test_of_many_pages_repeats_the_head_of_its_table_and_counts_them(self):
        context = sample.context()
        context["items"] = [{**context["items"][0], "number": f"FA-{number:04}"} for number in range(120)]
        paper = letter_of(context=context)
        assert paper.page_count >= 3
        pages = [page.extract_text() for page in PdfReader(BytesIO(paper.pdf)).pages]
        assert f"Page 2 sur {paper.page_count}" in pages[1]
        assert "Reste dû" in pages[1]
        said = "\n".join(pages)
        assert all(f"FA-{number:04}" in said for number in range(120))

    def test_is_pdf_a_and_the_same_bytes_twice(self):
        first, second = letter_of(), letter_of()
        assert first.pdf == second.pdf
        assert b"pdfaid" in first.pdf or b"pdfaid" in b"".join(
            PdfReader(BytesIO(first.pdf)).trailer["/Root"]["/Metadata"].get_data().split()
        )

    @pytest.mark.parametrize(
        ("channel", "mention"),
        [("registered_letter", "Lettre recommandée avec avis"), ("electronic_registered_letter", "électronique")],
    )
    def test_says_that_it_is_registered(self, channel, mention):
        to = Address("lise@delorme.example", "Maison Delorme", lines=TO.lines)
        said = text_of(letter_of(channel=channel, to=to))
        assert mention in said
        assert "Lettre recommandée" not in text_of(letter_of())

    @pytest.mark.parametrize(
        "name",
        [
            '#read("/etc/passwd")',
            "#panic()",
            "$x^2$ *bold* _it_ `raw`",
            '"); #let x = 1; //',
            "\\u{41} <label> @ref",
            "= Heading",
            "${7*7} {{ entity.iban }} {% raw %}",
        ],
    )
    def test_takes_what_customers_write_as_words_and_never_as_markup(self, name):
        context = sample.context()
        context["items"][0]["number"] = name
        context["customer"]["name"] = name
        paper = letter_of(context=context, to=Address(name=name, lines=TO.lines))
        said = re.sub(r"\s+", "", text_of(paper))
        assert said.count(re.sub(r"\s+", "", name)) == 2
        assert "root:" not in said

    def test_lets_no_value_stand_for_a_table(self):
        context = sample.context()
        context["sender"]["name"] = f"{BLOCK_MARK}pay{BLOCK_MARK}"
        values = contexts.typed(context)
        assert values["sender"]["name"] == "pay"

    def test_refuses_what_the_post_cannot_deliver(self):
        with pytest.raises(postal.PostalAddressIncomplete):
            letter_of(to=Address(name="Acme", lines=()))

    def test_shows_the_way_to_the_customers_page_where_there_is_one(self):
        context = sample.context()
        assert "Votre compte en ligne" not in text_of(letter_of())
        context["links"] = {"portal": "https://compte.brevanne.example/portal/1-2-3-0-20270106-" + "x" * 43}
        made = letter_of(context=context)
        assert "Votre compte en ligne" in text_of(made)
        assert made.page_count == letter_of().page_count


class TestARegisteredNumber:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("1a 123 456 7890 1", "1A12345678901"),
            ("RR 47312482 9 DE", "RR473124829DE"),
            ("2C12345678901", "2C12345678901"),
        ],
    )
    def test_is_kept_bare(self, written, kept):
        assert registered.number(written) == kept

    @pytest.mark.parametrize("written", ["RR473124828DE", "", "hello", "1A123", "1A1234567890123"])
    def test_that_was_misread_is_refused(self, written):
        with pytest.raises(registered.RegisteredNumberUnusable):
            registered.number(written)


def test_the_three_letters_share_one_kind_of_text():
    assert [channels.kind_of(channel) for channel in channels.CHANNELS] == [
        "email",
        "sms",
        "letter",
        "letter",
        "letter",
    ]
    with pytest.raises(Refused):
        channels.kind_of("fax")
