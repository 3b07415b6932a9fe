"""What a letter says: filled strictly, escaped, in the reader's language; its bytes and its states."""

import datetime as dt
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as some

from encours.messaging.rules import defaults, formats, layout, sample, wording
from encours.messaging.rules.context import ContextUnreadable, VariableMissing, typed
from encours.messaging.rules.delivery import HandedOver, Next, after, of_reply, says_unknown_mailbox
from encours.messaging.rules.mime import AddressUnusable, Envelope, HeaderUnsafe, build, is_safe, wire_address
from encours.messaging.rules.values import Address, Letter, Wording

NARROW, WIDE = "\u202f", "\u00a0"
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)


def words(text="Bonjour", *, subject="Sujet", mjml=None, language="fr"):
    body = mjml or "<mj-section><mj-column><mj-text>Bonjour</mj-text></mj-column></mj-section>"
    return Wording(language, subject, body, text)


def text_of(source, **changes):
    context = {**sample.context(language=changes.pop("language", "fr")), **changes}
    return wording.render(words(source), context).text.strip()


class TestFormats:
    @pytest.mark.parametrize(
        ("minor", "currency", "language", "expected"),
        [
            (1408840, "EUR", "fr", f"14{NARROW}088,40{WIDE}€"),
            (-24000, "EUR", "fr", f"\u2212240,00{WIDE}€"),
            (1408840, "EUR", "en", "€14,088.40"),
            (5000, "JPY", "en", "JP¥5,000"),
            (1234500, "KWD", "fr", f"1{NARROW}234,500{WIDE}KWD"),
        ],
    )
    def test_writes_money_as_the_reader_does(self, minor, currency, language, expected):
        assert formats.money(minor, currency, language) == expected

    @pytest.mark.parametrize(
        ("day", "language", "short", "long"),
        [
            (dt.date(2026, 12, 1), "fr", "01/12/2026", f"1er{WIDE}décembre 2026"),
            (dt.date(2026, 11, 3), "fr", "03/11/2026", f"3{WIDE}novembre 2026"),
            (dt.date(2026, 12, 1), "en", "1 Dec 2026", f"1{WIDE}December 2026"),
        ],
    )
    def test_writes_days_as_the_reader_does(self, day, language, short, long):
        assert (formats.short_date(day, language), formats.long_date(day, language)) == (short, long)

    def test_counts_as_each_language_does(self):
        assert formats.plural(0, "facture", "factures", language="fr") == "facture"
        assert formats.plural(0, "invoice", "invoices", language="en") == "invoices"
        assert formats.in_words(3, "fr") == "trois"
        assert formats.in_words(1, "fr", feminine=True) == "une"
        assert formats.in_words(17, "fr") == "17"


class TestWording:
    @pytest.mark.parametrize("language", formats.LANGUAGES)
    @pytest.mark.parametrize("key", [default.key for default in defaults.DEFAULTS])
    def test_every_default_template_is_written_in_full(self, key, language):
        words = defaults.wording(key, language)
        assert "customer.reference_rf" in wording.variables(words) or key in {"thanks", "own_words", "sms_own_words"}
        letter = wording.render(words, sample.context(language=language))
        for part in (letter.subject, letter.html, letter.text):
            assert "{{" not in part
            assert "{%" not in part
            assert "None" not in part
        if words.channel == "email":
            assert "<mj-" not in letter.html
            assert f'lang="{language}"' in letter.html
        else:
            assert letter.html == ""
        if words.channel != "letter":  # whose legal line stands at the foot of its pages
            assert sample.context()["entity"]["legal_line"].split(",")[0] in letter.text
        assert "!" not in letter.text
        assert "veuillez" not in letter.text.lower()

    def test_the_first_reminder_is_cordial(self):
        letter = wording.render(defaults.wording("reminder_1", "fr"), sample.context())
        assert letter.subject == f"3 factures échues, 14{NARROW}088,40{WIDE}€"
        assert "Sauf erreur de notre part, trois factures restent à régler." in letter.text
        assert f"FR23{WIDE}9999{WIDE}9000" in letter.text
        assert f"RF91{WIDE}C103{WIDE}16K2{WIDE}611" in letter.text
        assert "Cet IBAN n’a pas changé." in letter.text
        assert f"FA-2026-4302 (3{NARROW}120,00{WIDE}€) n’est pas comptée" in letter.text
        for word in ("débiteur", "lettrage", "impayé"):
            assert word not in letter.html + letter.text

    def test_one_invoice_is_singular_and_several_currencies_have_a_total_each(self):
        context = sample.context()
        context["items"] = context["items"][:1]
        context["totals"] = [{"amount": "6408.40", "currency": "EUR"}, {"amount": "100.00", "currency": "USD"}]
        letter = wording.render(defaults.wording("reminder_1", "fr"), context)
        assert letter.subject == f"1 facture échue, 6{NARROW}408,40{WIDE}€ et 100,00{WIDE}$US"
        assert "une facture reste à régler" in letter.text

    def test_shows_no_account_when_none_is_set(self):
        context = sample.context()
        context["entity"]["iban"] = ""
        letter = wording.render(defaults.wording("reminder_1", "fr"), context)
        assert "IBAN FR" not in letter.text
        assert "n’a pas changé" not in letter.html

    def test_shows_buttons_only_with_links(self):
        context = sample.context()
        assert "Contester" not in wording.render(defaults.wording("reminder_1", "fr"), context).html
        context["links"] = {
            "pay": "https://pay.brevanne.example/a?b=1&c=2",
            "dispute": "https://b.example/d",
            "promise": "https://b.example/p",
        }
        letter = wording.render(defaults.wording("reminder_1", "fr"), context)
        assert "Contester" in letter.html
        assert 'href="https://pay.brevanne.example/a?b=1&amp;c=2"' in letter.html
        assert "https://pay.brevanne.example/a?b=1&c=2" in letter.text

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("{{ totals|amounts }}", f"14{NARROW}088,40{WIDE}€"),
            ("{{ new_deadline_date }} {{ new_deadline_date|long }}", f"01/12/2026 1er{WIDE}décembre 2026"),
            ("{{ items|numbers }}", "FA-2026-4290, FA-2026-4338 et FA-2026-4371"),
            ("{% for item in items %}{{ loop.index }}{{ item.days_late|days }} {% endfor %}", None),
            ('{{ previous_contacts|days_listed("du") }}', f"du 3{WIDE}novembre et du 12{WIDE}novembre 2026"),
            ("{% if links.pay %}a{% else %}b{% endif %}", "b"),
            ("Un point bloque ? Oui : deux ; trois", f"Un point bloque{NARROW}? Oui{NARROW}: deux{NARROW}; trois"),
        ],
    )
    def test_fills_variables(self, source, expected):
        filled = text_of(source)
        assert expected is None or filled == expected

    @pytest.mark.parametrize(
        ("source", "name"),
        [
            ("{{ links.pay }}", "links.pay"),
            ("{{ contact.greeting|capital }}", "contact.greeting"),
            ("{{ new_deadline_date|long }}", "new_deadline_date"),
            ("{% for item in items %}{{ item.case_number }}{% endfor %}", "items[].case_number"),
            ("{{ entity.iban if entity.name else entity.bic }}", "entity.iban"),
        ],
    )
    def test_refuses_what_is_not_known_and_names_it(self, source, name):
        context = sample.context()
        context["new_deadline_date"] = None
        context["contact"] = {}
        context["entity"]["iban"] = None
        with pytest.raises(VariableMissing) as refused:
            wording.render(words(source), context)
        assert refused.value.data["name"] == name

    @pytest.mark.parametrize("name", ["entity.name", "customer.number", "sender.name", "sent_on"])
    def test_refuses_a_context_without_what_every_letter_needs(self, name):
        context = sample.context()
        head, _, leaf = name.partition(".")
        del (context[head] if leaf else context)[leaf or head]
        with pytest.raises(VariableMissing) as refused:
            wording.render(words(), context)
        assert refused.value.data["name"] == name

    @pytest.mark.parametrize(
        ("source", "line"),
        [
            ("{{ custmer.name }}", 1),
            ("a\nb {{ customer.nmae }}", 2),
            ("{% for x in items %}\n{{ x.price }}{% endfor %}", 2),
            ("{{ item.number }}", 1),
        ],
    )
    def test_refuses_unknown_variables_when_saved(self, source, line):
        with pytest.raises(wording.VariableUnknown) as refused:
            wording.variables(words(source))
        assert refused.value.data["line"] == line

    @pytest.mark.parametrize(
        "source",
        [
            "{{ customer.__class__ }}",
            "{{ customer.name.__class__.__mro__ }}",
            "{{ items.append(1) }}",
            "{{ ''.join(items) }}",
            "{{ lipsum }}",
            "{{ self }}",
            "{{ cycler.__init__.__globals__.os }}",
            "{% include '/etc/passwd' %}",
            "{% import 'os' as os %}",
            "{% set x = 1 %}",
            "{% macro a() %}{% endmacro %}",
            "{{ 'a' * 100000000 }}",
            "{{ customer['name'] }}",
            "{{ customer.name|attr('upper') }}",
            "{{ range(1000000000) }}",
            "{% for x in items recursive %}{{ loop(x) }}{% endfor %}",
        ],
    )
    def test_is_a_closed_language(self, source):
        with pytest.raises((wording.TemplateForbids, wording.VariableUnknown)):
            wording.variables(words(source))
        with pytest.raises((wording.TemplateForbids, VariableMissing)):
            wording.render(words(source), sample.context())

    @pytest.mark.parametrize("source", ["{% if %}", "{{ a", "{% for x in %}{% endfor %}", "{% endif %}"])
    def test_refuses_what_it_cannot_read(self, source):
        with pytest.raises(wording.TemplateUnreadable):
            wording.variables(words(source))

    def test_refuses_bad_mjml_and_unknown_parts(self):
        with pytest.raises(layout.MjmlUnreadable):
            wording.variables(words(mjml="<mj-section><mj-text>"))
        with pytest.raises(layout.PartUnknown):
            wording.variables(words(mjml='<mj-include path="nothing" />'))
        with pytest.raises((layout.MjmlUnreadable, layout.PartUnknown)):
            wording.render(words(mjml='<mj-include path="../../../etc/passwd" />'), sample.context())

    def test_takes_a_whole_document_of_ones_own(self):
        section = "<mj-section><mj-column><mj-text>A {{ customer.name }}</mj-text></mj-column></mj-section>"
        source = f"<mjml><mj-body>{section}</mj-body></mjml>"
        assert "A Maison Delorme" in wording.render(words(mjml=source), sample.context()).html

    def test_escapes_names_in_html_and_leaves_them_in_text(self):
        context = sample.context()
        context["entity"]["name"] = '<script>alert("x")</script>'
        context["items"][0]["number"] = "<img src=x onerror=y>"
        letter = wording.render(defaults.wording("reminder_1", "fr"), context)
        assert "<script" not in letter.html
        assert "<img" not in letter.html
        assert "&lt;script&gt;" in letter.html
        assert "<img src=x onerror=y>" in letter.text

    @pytest.mark.parametrize("colour", ["red;} body{display:none", "url(x)", "#12345"])
    def test_takes_only_a_colour_for_a_colour(self, colour):
        context = sample.context()
        context["entity"]["colour"] = colour
        with pytest.raises(ContextUnreadable):
            typed(context)

    @pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://x" onclick="y', "//x"])
    def test_takes_only_web_addresses_for_links(self, link):
        with pytest.raises(ContextUnreadable):
            typed({**sample.context(), "links": {"pay": link}})

    def test_refuses_a_subject_that_breaks_its_line(self):
        context = sample.context()
        context["customer"]["name"] = "Acme\r\nBcc: all@acme.example"
        with pytest.raises(wording.SubjectUnusable):
            wording.render(words(subject="Pour {{ customer.name }}"), context)

    def test_prints_nothing_that_a_context_smuggles_in(self):
        context = {**sample.context(), "secret": "s", "entity": {**sample.context()["entity"], "password": "p"}}
        assert "secret" not in typed(context)
        assert "password" not in typed(context)["entity"]

    @given(some.text(max_size=60))
    def test_any_name_is_escaped(self, name):
        context = sample.context()
        context["customer"]["name"] = name
        source = "<mj-section><mj-column><mj-text>X{{ customer.name }}Y</mj-text></mj-column></mj-section>"
        try:
            html = wording.render(words(mjml=source), context).html
        except VariableMissing:
            # a name of private signs alone, which are marks of our own, is no name
            assert name.strip("\ue000") == ""
            return
        shown = html[html.rindex(">X") + 2 :].split("Y</div>")[0]
        assert "<" not in shown
        assert '"' not in shown


def envelope(**changes):
    return Envelope(
        **{
            "sender": Address("nadia@brevanne.example", "Nadia Ferrand"),
            "to": [Address("compta@acme.example", "Société Acmé, SA")],
            "message_id": "<abc@brevanne.example>",
            "date": NOW,
            **changes,
        }
    )


LETTER = Letter("3 factures échues, 14\u202f088,40\u00a0€", "<p>Été</p>\n" + "x" * 2000, "Bonjour,\n.\nfin \n")


class TestBuild:
    def test_is_read_back_as_it_was_written(self):
        raw = build(LETTER, envelope(cc=[Address("cfo@acme.example", 'A "B" \\ C')], reply_to="r@brevanne.example"))
        parsed = message_from_bytes(raw, policy=policy.default)
        assert parsed["Subject"] == LETTER.subject
        assert parsed["To"].addresses[0].display_name == "Société Acmé, SA"
        assert parsed["Cc"].addresses[0].display_name == 'A "B" \\ C'
        assert parsed["Date"].datetime == NOW
        assert parsed["Message-ID"] == "<abc@brevanne.example>"
        assert parsed.get_body(("plain",)).get_content().replace("\r\n", "\n") == LETTER.text
        assert parsed.get_body(("html",)).get_content().replace("\r\n", "\n") == LETTER.html
        assert not parsed.defects

    def test_is_ascii_in_short_lines_ended_by_crlf(self):
        raw = build(LETTER, envelope())
        raw.decode("ascii")
        lines = raw.split(b"\r\n")
        assert max(map(len, lines)) <= 78
        assert not any(b"\n" in line or b"\r" in line for line in lines)

    @pytest.mark.parametrize("name", ["Acme\r\nBcc: x@y.z", "Acme\nX: y", "Acme\x00", "Acme\u2028X"])
    def test_refuses_forged_headers(self, name):
        with pytest.raises(HeaderUnsafe):
            build(LETTER, envelope(to=[Address("a@acme.example", name)]))
        with pytest.raises(HeaderUnsafe):
            build(Letter(name, "", ""), envelope())

    @pytest.mark.parametrize("address", ["", "x", "a@b@c", "a b@c.example", "é@acme.example", "a@x\r\n.example"])
    def test_refuses_addresses_one_cannot_write_to(self, address):
        with pytest.raises((AddressUnusable, HeaderUnsafe)):
            build(LETTER, envelope(to=[Address(address)]))

    def test_writes_domains_in_ascii(self):
        assert wire_address("compta@brévanne.example") == "compta@xn--brvanne-cya.example"

    @given(some.text(max_size=80), some.text(max_size=200))
    def test_any_name_and_subject_is_refused_or_read_back(self, name, subject):
        try:
            raw = build(Letter(subject, "h", "t"), envelope(to=[Address("a@acme.example", name)]))
        except HeaderUnsafe:
            assert not (is_safe(name) and is_safe(subject))
            return
        except UnicodeEncodeError:  # a lone surrogate is no text
            return
        parsed = message_from_bytes(raw, policy=policy.default)
        assert set(parsed.keys()) == {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"} - (
            set() if subject else {"Subject"}
        )
        assert [address.addr_spec for address in parsed["To"].addresses] == ["a@acme.example"]


class TestAfter:
    @pytest.mark.parametrize(
        ("verdict", "attempt", "expected"),
        [
            ("sent", 1, Next("sent")),
            ("refused", 1, Next("refused")),
            ("in_doubt", 3, Next("in_doubt")),
            ("failed", 1, Next("failed", NOW + dt.timedelta(minutes=5))),
            ("failed", 7, Next("failed", NOW + dt.timedelta(days=1))),
            ("failed", 8, Next("refused")),
        ],
    )
    def test_decides_the_next_state(self, verdict, attempt, expected):
        assert after(HandedOver(verdict), attempt=attempt, now=NOW) == expected

    @pytest.mark.parametrize(
        ("code", "verdict"), [(250, "sent"), (451, "failed"), (550, "refused"), (354, "refused"), (421, "failed")]
    )
    def test_reads_replies(self, code, verdict):
        assert of_reply(code, "x").verdict == verdict

    @pytest.mark.parametrize(
        ("answer", "is_unknown"),
        [("550 5.1.1 no such user", True), ("550-5.1.1 gone", True), ("550 5.7.1 policy 5.1.1", False), ("450", False)],
    )
    def test_knows_a_mailbox_that_does_not_exist(self, answer, is_unknown):
        assert says_unknown_mailbox(answer) == is_unknown
