"""Texts of banks and payers in one form: same length for highlights, look-alikes folded, legal forms dropped."""

import re
import unicodedata

LOOKALIKES = {"O": "0", "Q": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2"}


def _plain_table() -> dict[int, str]:
    """Each letter to its bare upper-case form of one character; what has no such form becomes a blank."""
    special = {
        "ß": "S",
        "Æ": "A",
        "æ": "A",
        "Œ": "O",
        "œ": "O",
        "Ø": "O",
        "ø": "O",
        "Ł": "L",
        "ł": "L",
        "Đ": "D",
        "đ": "D",
    }
    table: dict[int, str] = {ord(character): bare for character, bare in special.items()}
    for code in range(0x250):
        character = chr(code)
        if character in special:
            continue
        bare = unicodedata.normalize("NFKD", character)[:1].upper()
        table[code] = bare if len(bare) == 1 and ord(bare) < 128 and bare.isprintable() else " "
    return table


PLAIN = _plain_table()
_UPPER = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_COMPACT = bytes(
    ord(LOOKALIKES.get(chr(code).upper(), chr(code).upper())) if code < 128 else code for code in range(256)
)
_NOT_ALPHANUMERIC = bytes(code for code in range(256) if not chr(code).isalnum() or code > 127)
_NOT_DIGIT = bytes(code for code in range(256) if not 48 <= code <= 57)
DIGITS_FOLDED = {ord(letter): digit for letter, digit in LOOKALIKES.items()}
# German and Nordic payers write ä as ae: both spellings are one name
_OF_NAMES = PLAIN | str.maketrans(
    {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ä": "AE", "ö": "OE", "ü": "UE", "ß": "SS", "ø": "OE", "å": "AA"}
)
_WORD = re.compile(r"[A-Z0-9]+")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}(?:[A-Z]\b)?")
LEGAL_FORMS = frozenset(
    [
        "SA",
        "SAS",
        "SASU",
        "SARL",
        "EURL",
        "SNC",
        "SCI",
        "SCOP",
        "SCA",
        "SCM",
        "SCP",
        "SELARL",
        "SELAS",
        "GIE",
        "EI",
        "EIRL",
        "EARL",
        "GAEC",
        "ASS",
        "ASSOC",
        "ASSOCIATION",
        "STE",
        "SOC",
        "SOCIETE",
        "ETS",
        "ETABLISSEMENTS",
        "ETABLISSEMENT",
        "CIE",
        "COMPAGNIE",
        "GROUPE",
        "GROUP",
        "HOLDING",
        "HLD",
        "GMBH",
        "MBH",
        "AG",
        "KG",
        "KGAA",
        "OHG",
        "UG",
        "EK",
        "EV",
        "GBR",
        "CO",
        "COMPANY",
        "SE",
        "EG",
        "LTD",
        "LIMITED",
        "LLC",
        "LLP",
        "LP",
        "PLC",
        "INC",
        "CORP",
        "CORPORATION",
        "PTY",
        "BV",
        "NV",
        "VOF",
        "CV",
        "BVBA",
        "SPRL",
        "SRL",
        "SPA",
        "SAPA",
        "SNCSAS",
        "SL",
        "SLU",
        "SAU",
        "SLL",
        "SRO",
        "AS",
        "OY",
        "AB",
        "APS",
        "ASA",
        "DOO",
        "ZRT",
        "KFT",
        "SP",
        "ZOO",
        "OO",
        "RL",
        "ET",
        "AND",
        "UND",
        "EN",
        "Y",
        "MONSIEUR",
        "MADAME",
        "MR",
        "MME",
        "M",
        "MRS",
        "MS",
        "HERR",
        "FRAU",
        "FIRMA",
        "FA",
    ]
)


def plain(text: str) -> str:
    """Upper case without accents, each character in its place: "Réglt n°4" -> "REGLT N 4"."""
    return text.upper() if text.isascii() and text.isprintable() else text.translate(PLAIN)


def unwrapped(text: str) -> tuple[str, list[int]]:
    """A label whose lines the bank broke at a fixed width, in one; and where characters were taken out.

    "VIR SEPA /MOTIF FA-20\n26-0412" of 21 characters a line -> "VIR SEPA /MOTIF FA-2026-0412". A line shorter than the
    widest ended with a blank.
    """
    if "\n" not in text:
        return text, []
    lines = text.split("\n")
    width = max(len(line) for line in lines[:-1])
    if width < 20:
        return text.replace("\n", " "), []
    pieces, removed, at = [], [], 0
    for line in lines[:-1]:
        at += len(line)
        pieces.append(line)
        if len(line) == width:
            removed.append(at)
        else:
            pieces.append(" ")
        at += 1
    return "".join([*pieces, lines[-1]]), removed


def compact(text: str) -> bytes:
    """A number without separators and with look-alikes folded: "inv-2O26-OOl2" -> b"1NV20260012"."""
    return text.encode("latin-1", "replace").translate(_COMPACT, _NOT_ALPHANUMERIC)


def unseparated(text: str) -> bytes:
    """A reference without separators: "rf18 5390 0754" -> b"RF1853900754"."""
    return text.encode("latin-1", "replace").translate(_UPPER, _NOT_ALPHANUMERIC)


def digits(text: str) -> bytes:
    """Only the digits: "FA-2026-0412" -> b"20260412"."""
    return text.encode("latin-1", "replace").translate(None, _NOT_DIGIT)


def words(name: str) -> list[str]:
    """The words of a name: "S.à r.l. Müller & Söhne" -> ["SARL", "MUELLER", "SOEHNE"]."""
    bare = name.upper() if name.isascii() and name.isprintable() else name.translate(_OF_NAMES)
    if "." in bare:
        bare = bare.replace("S.A R.L.", "SARL").replace("S.A.R.L.", "SARL")
        bare = _DOTTED.sub(lambda found: found[0].replace(".", ""), bare)
    return _WORD.findall(bare)


def core(name: str) -> str:
    """A name as payers are compared: legal forms dropped, words in order: "SAS Dupré et Cie" -> "DUPRE"."""
    found = words(name)
    kept = [word for word in found if word not in LEGAL_FORMS]
    return " ".join(kept or found)


def without_cut_form(core: str) -> str:
    """A name whose legal form the bank cut, without it: "BOULANGERIE MARCHETTI SA" of "... SARL" -> without "SA".

    Blank where the last word begins no legal form.
    """
    rest, _, last = core.rpartition(" ")
    return rest if any(form.startswith(last) for form in LEGAL_FORMS) else ""


def is_creditor_reference(reference: str) -> bool:
    """Whether the check digits of an ISO 11649 reference agree: "RF18539007547034" -> True."""
    if not (
        5 <= len(reference) <= 25 and reference.startswith("RF") and reference.isalnum() and reference[2:4].isdigit()
    ):
        return False
    turned = reference[4:] + reference[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
