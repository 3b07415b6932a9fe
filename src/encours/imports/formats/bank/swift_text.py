"""The text field of MT940 (:86:) in its dialects: ?20 subfields, /KEY/ words, SEPA marks, or plain lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from encours.imports.formats.bank.model import joined

_SUBFIELDS = re.compile(r"(\d{3})?([?<>~@+^|])\d{2}")
_KEYS = (
    "ABWA|ABWE|ACCW|ADDR|AGT|BALANCE|BENM|BI|BIC|BO|BUSP|CDTRREF|CHGS|CNTP|CREF|CSID|CTP|CTRY|CUR|EREF|EXCH|IBAN|ID|"
    "IDCR|INIT|ISDT|KREF|MARF|NAME|NRTX|OCMT|OMRT|ORDP|PREF|PURP|RATE|REASON|REF|REMI|RTRN|RTYP|SVCL|SVWZ|TRCD|TRTP|"
    "ULTB|ULTC|ULTD|USTD|STRD|VDTM"
)
_SLASHED = re.compile(rf"/({_KEYS})(?=/)")
_MARK = re.compile(r"\b(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|RREF|SQTP|PURP|ANAM)\s?[+:]")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}\b")
_LABELLED = re.compile(r"\b(REK|IBAN|NAAM|NAME|NOM)\s?: ?([^/\n]{2,70})")
_SUBFIELD_WIDTH = 27


@dataclass(slots=True)
class Words:
    """What a text field says."""

    text: str = ""
    name: str = ""
    account: str = ""
    ultimate: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    structured: str = ""
    code: str = ""
    return_reason: str = ""
    marks: dict[str, str] = field(default_factory=dict)


def read(lines: Sequence[str], *, width: int) -> Words:
    """Read the lines of a text field: "166?00GUTSCHRIFT?20EREF+A1?21SVWZ+INV 7?32ACME" -> A1, INV 7, ACME."""
    if not lines:
        return Words()
    whole = "".join(lines)
    shape = _SUBFIELDS.match(whole)
    if shape:
        return _subfields(whole, separator=shape[2], code=shape[1] or "")
    if _SLASHED.search(whole):
        return _slashed(whole)
    text = joined([line.rstrip() for line in lines], width=width)
    if len(_MARK.findall(text)) > 1 or text.startswith(("EREF", "SVWZ")):
        return _marked(Words(), text)
    words = Words(text=text)
    for label, value in _LABELLED.findall("\n".join(lines)):
        if label in {"NAAM", "NAME", "NOM"}:
            words.name = words.name or value.strip()
        else:
            words.account = words.account or "".join(value.split())[:34]
    return words


def own_lines(lines: Sequence[str]) -> list[str]:
    """The bank's own :NS: lines, two digits and a text each."""
    return [line[2:] if line[:2].isdecimal() else line for line in lines]


def _subfields(whole: str, *, separator: str, code: str) -> Words:
    parts = re.split(rf"{re.escape(separator)}(\d{{2}})", whole)
    fields: dict[str, str] = {}
    purpose: list[str] = []
    words = Words(code=code)
    for name, value in zip(parts[1::2], parts[2::2], strict=False):
        if "20" <= name <= "29" or "60" <= name <= "63":
            purpose.append(value)
        else:
            fields[name] = fields.get(name, "") + value
    words.name = joined([fields.get("32", ""), fields.get("33", "")], width=_SUBFIELD_WIDTH)
    words.account = "".join(fields.get("31", "").split())
    text = joined(purpose, width=_SUBFIELD_WIDTH)
    if not text:
        text = fields.get("00", "").strip()
    return _marked(words, text)


def _marked(words: Words, text: str) -> Words:
    """Take EREF+, MREF+, SVWZ+ ... out of a text; what follows SVWZ+ is what the payer wrote."""
    parts = _MARK.split(text)
    rest = parts[0].strip()
    for name, value in zip(parts[1::2], parts[2::2], strict=False):
        words.marks.setdefault(name, value.strip())
    marks = words.marks
    words.end_to_end_id = marks.get("EREF", "")
    words.mandate_id = marks.get("MREF", "")
    words.ultimate = marks.get("ABWA", "")
    words.account = words.account or "".join(marks.get("IBAN", "").split())
    words.name = words.name or marks.get("ANAM", "")
    words.return_reason = _reason(marks.get("RREF", ""))
    said = marks.get("SVWZ", "")
    words.text = " ".join(part for part in (rest, said) if part) or text
    return words


def _reason(text: str) -> str:
    found = re.match(r"[A-Z]{2}\d{2}", text)
    return found[0] if found else ""


def _slashed(whole: str) -> Words:
    """/EREF/ref//ORDP//NAME/ACME/REMI/invoice 7 -> its parts; keys without a value lead to the next."""
    parts = _SLASHED.split(whole)
    rest = parts[0].strip()
    words = Words()
    remitted: list[str] = []
    for name, value in zip(parts[1::2], parts[2::2], strict=False):
        bare = value.strip("/ ")
        if not bare:
            continue
        words.marks.setdefault(name, bare)
        if name in {"REMI", "USTD", "SVWZ"}:
            remitted.append(bare)
    marks = words.marks
    party = marks.get("CNTP", "").split("/")
    words.end_to_end_id = marks.get("EREF", "")
    words.mandate_id = marks.get("MARF", "")
    words.account = "".join(marks.get("IBAN", party[0]).split())
    words.name = marks.get("NAME", party[2] if len(party) > 2 else "")
    words.name = words.name or marks.get("ORDP", "") or marks.get("BENM", "")
    words.ultimate = marks.get("ULTD", marks.get("ULTB", ""))
    words.return_reason = _reason(marks.get("RTRN", ""))
    structured = marks.get("CDTRREF", marks.get("STRD", ""))
    words.structured = structured.rpartition("/")[2].strip()
    words.text = " ".join([*([rest] if rest else []), *remitted]) or whole.strip("/ ")
    return words
