"""Inbound mail is read within limits, whatever its charset or form; quotations and signatures are folded."""

import pytest

from encours.core.errors import EncoursError
from encours.messaging.rules.inbound import hypertext, mail, quoting

PLAIN = "From: Lise <Lise@Client.example>\nSubject: {subject}\nContent-Type: text/plain; charset={charset}\n\n"


def raw(text: str, *, subject: str = "Re: Relance", charset: str = "utf-8", stored: str = "utf-8") -> bytes:
    return PLAIN.format(subject=subject, charset=charset).encode() + text.encode(stored)


class TestRead:
    @pytest.mark.parametrize(
        ("declared", "stored"),
        [
            ("utf-8", "utf-8"), ("iso-8859-1", "cp1252"), ("utf-8", "cp1252"), ("us-ascii", "utf-8"),
            ("nonsense", "utf-8"), ("", "cp1252"), ("windows-1252", "cp1252"), ("utf-16", "utf-8"),
        ],
    )  # fmt: skip
    def test_repairs_the_charset(self, declared, stored):
        assert mail.read(raw("Le règlement à l’échéance.", charset=declared, stored=stored)).text == (
            "Le règlement à l’échéance."
        )

    def test_undoes_what_was_decoded_twice(self):
        assert mail.read(raw("Le rÃ¨glement est effectuÃ©.")).text == "Le règlement est effectué."

    def test_decodes_subjects(self):
        read = mail.read(raw("x", subject="=?utf-8?q?R=C3=A9?=\n =?utf-8?q?glement?= du 12"))
        assert read.subject == "Réglement du 12"

    def test_names_who_it_answers(self):
        read = mail.read(b"In-Reply-To: <b@x>\nReferences: <a@x> <b@x>\nFrom: L <L@C.example>\n\nx")
        assert read.answers == ("<b@x>", "<a@x>")
        assert read.from_email == "l@c.example"

    def test_counts_attachments_without_opening_them(self):
        body = (
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nCi-joint.\n"
            b"--b\nContent-Type: application/x-msdownload\nContent-Disposition: attachment; "
            b'filename="avis.exe"\n\nMZ\n--b--\n'
        )
        read = mail.read(body)
        assert read.text == "Ci-joint."
        assert [(one.name, one.size_bytes) for one in read.attachments] == [("avis.exe", 2)]

    def test_reads_old_line_ends(self):
        assert mail.read(raw("Bonjour\nPayé").replace(b"\n", b"\r")).text == "Bonjour\nPayé"

    def test_refuses_what_is_too_large(self):
        with pytest.raises(mail.MailTooLarge):
            mail.read(raw("x" * 100), limits=mail.Limits(size_bytes=50))

    def test_stops_at_what_is_nested_too_deep(self):
        nested = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(3000))
        with pytest.raises(EncoursError):
            mail.read(f"Content-Type: multipart/mixed; boundary=b0\n\n{nested}".encode())

    def test_looks_at_so_many_parts_only(self):
        parts = "".join(f"--b\nContent-Type: text/plain\n\npart {n}\n" for n in range(500))
        read = mail.read(f"Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--".encode())
        assert not read.is_whole
        assert len(read.parts) == 200

    @pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe" * 100, b"no header at all", b"Subject"])
    def test_reads_anything(self, content):
        mail.read(content)


class TestTextOfHtml:
    def test_leaves_out_what_a_reader_does_not_see(self):
        html = (
            "<style>p{}</style><script>alert(1)</script><p>Bonjour,</p><div style='display:none'>litige</div>"
            "<img src='http://tracker.example/x.png'><p>Payé <b>hier</b>.</p>"
        )
        assert hypertext.text_of(html) == "Bonjour,\nPayé hier."

    def test_marks_quotations(self):
        html = "<div>Payé.</div><blockquote><p>Relance</p></blockquote>"
        assert quoting.fold(hypertext.text_of(html)).text == "Payé."

    def test_reads_deep_nesting_without_recursion(self):
        hypertext.text_of("<div>" * 20_000 + "x")


QUOTES = [
    "Le jeu. 19 nov. 2026 à 10:12, Walnut Compta <compta@walnut.example> a écrit :\n> Relance",
    "Le 19/11/2026 à 10:12, compta@walnut.example a écrit :\nRelance",
    "On Thu, Nov 19, 2026 at 10:12 AM Walnut\n<compta@walnut.example> wrote:\n> Reminder",
    "Am 19.11.2026 um 10:12 schrieb Walnut:\n> Mahnung",
    "-----Message d'origine-----\nDe : Walnut\nObjet : Relance",
    "-----Original Message-----\nFrom: Walnut\n\nReminder",
    "________________________________\nDe : compta@walnut.example\nEnvoyé : jeudi 19 novembre 2026 10:00\nÀ : Lise\n"
    "Objet : Relance\n\nVotre facture",
    "*From:* compta@walnut.example\n*Sent:* Thursday\n*To:* Lise\n*Subject:* Reminder\n\nYour invoice",
    "Von: Walnut\nGesendet: Donnerstag\nAn: Lise\nBetreff: Mahnung",
    "> Votre facture\n> est échue",
]


class TestFold:
    @pytest.mark.parametrize("quote", QUOTES)
    def test_takes_the_quotation_apart(self, quote):
        folded = quoting.fold(f"Le virement part demain.\n\n{quote}\n")
        assert folded.text == "Le virement part demain."
        assert folded.quoted

    @pytest.mark.parametrize(
        "signature",
        [
            "Cordialement,\nLise Marchal\nComptabilité fournisseurs\n04 78 12 34 56",
            "-- \nLise",
            "Best regards,\n\nLise Marchal\nAccounts payable",
            "Envoyé de mon iPhone",
            "Sent from my Samsung",
            "Bien à vous\nLise",
            "Mit freundlichen Grüßen\nLise",
            "Ce message et ses pièces jointes sont confidentiels et établis à l'intention de ses destinataires.",
        ],
    )
    def test_takes_the_signature_apart(self, signature):
        folded = quoting.fold(f"Le virement part demain.\n\n{signature}")
        assert folded.text == "Le virement part demain."
        assert folded.signature == signature

    def test_a_mail_passed_on_without_a_word_says_what_it_passes_on(self):
        passed_on = (
            "---------- Forwarded message ---------\nDe : Lise <lise@client.example>\nDate: jeu. 19 nov. 2026 à 10:12\n"
            "Objet : Relance\nÀ : Marc <marc@brevanne.example>\n\nLe virement part demain.\n\nCordialement,\nLise"
        )
        assert quoting.fold(passed_on).text == "Le virement part demain."

    def test_keeps_answers_between_quoted_lines(self):
        folded = quoting.fold("> Quand payez-vous ?\nVendredi.\n> Merci de confirmer.\nJe confirme.")
        assert folded.text == "Vendredi.\nJe confirme."

    @pytest.mark.parametrize(
        "text",
        [
            "Merci de me rappeler.\nNous réglerons le 15.",
            "From our side all is paid.\nTo be sure, check your bank.",
            "Le 15 novembre, votre livreur a écrit : absent.\nC'est faux.",
        ],
    )
    def test_leaves_ordinary_sentences(self, text):
        assert quoting.fold(text).text == text
