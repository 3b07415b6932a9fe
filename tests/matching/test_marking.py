"""Recognised words marked in a line, and told beside their documents."""

from encours.matching.rules.facts import Highlight, Proposal, Reason
from encours.matching.rules.marking import Piece, pieces, words_read

TEXT = "VIR ACME FACT 4177 4209"
ACME = Highlight("text", 4, 8, "name")
FIRST, SECOND = Highlight("text", 14, 18, "digits"), Highlight("text", 19, 23, "digits")


class TestALine:
    def test_is_cut_at_what_was_recognised(self):
        assert pieces(TEXT, [SECOND, ACME, FIRST]) == [
            Piece("VIR "), Piece("ACME", "payer"), Piece(" FACT "), Piece("4177", "document"), Piece(" "),
            Piece("4209", "document"),
        ]  # fmt: skip

    def test_says_the_same_with_and_without_marks(self):
        odd = [ACME, Highlight("text", 5, 30, "digits"), Highlight("text", 9, 9, "name"), Highlight("name", 0, 3, "x")]
        assert "".join(piece.text for piece in pieces(TEXT, odd)) == TEXT
        assert pieces("", [ACME]) == []


class TestTheWordsRead:
    def test_stand_beside_their_documents(self):
        reasons = (
            Reason("quote_advice", 90, {"document_number": "FA-9"}),
            Reason("quote_digits", 90, {"document_number": "FA-4177"}),
            Reason("amount_equal", 90, {}),
            Reason("quote_digits", 90, {"document_number": "FA-4209"}),
        )
        proposal = Proposal(1, (), (), 0, 0, reasons, (FIRST, SECOND, ACME))
        assert words_read(proposal, {"text": TEXT}) == {"FA-4177": "4177", "FA-4209": "4209"}
