"""Identifiers of companies, accounts and people: checked, normalised, grouped for reading, masked for showing."""

import hashlib
import re
import unicodedata
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass

import schwifty
from schwifty import exceptions as schwifty_errors
from stdnum import exceptions as stdnum_errors
from stdnum import iso11649
from stdnum.eu import vat as eu_vat
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret
from stdnum.iso7064 import mod_97_10
from stdnum.util import get_cc_module

from encours.core.errors import Refused, gettext_noop

WRONG_LENGTH = gettext_noop("“{value}” does not have the right length: {label}.")
WRONG_CHARACTERS = gettext_noop("“{value}” is not written as it should be: {label}.")
WRONG_CHECK_DIGITS = gettext_noop("“{value}” does not pass its check digits, a typing error is likely: {label}.")
UNKNOWN_COUNTRY = gettext_noop("“{value}” begins with a country that cannot be checked: {label}.")

SIREN = gettext_noop("SIREN")
SIRET = gettext_noop("SIRET")
VAT_NUMBER = gettext_noop("VAT number")
IBAN = gettext_noop("IBAN")
BIC = gettext_noop("BIC")
EMAIL = gettext_noop("e-mail address")
CREDITOR_REFERENCE = gettext_noop("creditor reference")


class IdentifierWrong(Refused):
    """An identifier fails its check; batch work lists these instead of stopping."""

    message = gettext_noop("“{value}” cannot be right: {label}.")

    def translated(self, translate: Callable[[str], str]) -> str:
        """The sentence, the name of the identifier in the reader's language too."""
        return translate(self.message).format(value=self.data["value"], label=translate(self.data["label"]))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an identifier cannot be right: a machine code, and a sentence as template, label and value."""

    code: str
    message: str
    label: str
    value: str

    def translated(self, translate: Callable[[str], str]) -> str:
        """The reason in the reader's language."""
        return translate(self.message).format(value=self.value, label=translate(self.label))

    @property
    def sentence(self) -> str:
        """The reason in English."""
        return self.translated(gettext_noop)


@dataclass(frozen=True, slots=True)
class Checked:
    """An identifier in its one normal form and, where it cannot be right, the reason."""

    value: str
    fault: Fault | None = None

    @property
    def is_right(self) -> bool:
        """Whether the identifier passed all that can be checked offline."""
        return self.fault is None

    def required(self) -> str:
        """The normal form, or a refusal."""
        if self.fault is not None:
            raise IdentifierWrong(value=self.fault.value, label=self.fault.label, reason=self.fault.code)
        return self.value


_CODES = {
    WRONG_LENGTH: "wrong_length",
    WRONG_CHARACTERS: "wrong_characters",
    WRONG_CHECK_DIGITS: "wrong_check_digits",
    UNKNOWN_COUNTRY: "unknown_country",
}


def _faulty(value: str, label: str, message: str) -> Checked:
    return Checked(value, Fault(_CODES[message], message, label, value))


def _compact(text: str) -> str:
    return re.sub(r"[\s.\-\u00a0\u202f]", "", text).upper()


def _by_stdnum(validate: Callable[[str], str], value: str, label: str) -> Checked:
    try:
        return Checked(validate(value))
    except stdnum_errors.InvalidLength:
        return _faulty(value, label, WRONG_LENGTH)
    except stdnum_errors.InvalidChecksum:
        return _faulty(value, label, WRONG_CHECK_DIGITS)
    except stdnum_errors.ValidationError:
        return _faulty(value, label, WRONG_CHARACTERS)


def check_siren(text: str) -> Checked:
    """The nine digits of a French company, by Luhn: "732 829 320" -> 732829320."""
    return _by_stdnum(fr_siren.validate, _compact(text), SIREN)


def check_siret(text: str) -> Checked:
    """The fourteen digits of an establishment, by Luhn, or by La Poste's own sum for its offices."""
    return _by_stdnum(fr_siret.validate, _compact(text), SIRET)


def check_vat_number(text: str) -> Checked:
    """A VAT number with its country, by that country's own key: "FR 44 732829320" -> FR44732829320."""
    value = _compact(text)
    country = value[:2]
    is_union = country.lower() in eu_vat.MEMBER_STATES or country in {"EL", "EU", "IM"}
    if is_union:
        return _by_stdnum(eu_vat.validate, value, VAT_NUMBER)
    module = get_cc_module(country.lower(), "vat") if country.isalpha() else None
    if module is None:
        return _faulty(value, VAT_NUMBER, UNKNOWN_COUNTRY)
    checked = _by_stdnum(module.validate, value, VAT_NUMBER)
    return checked if checked.fault else Checked(value)


def vat_number_of_siren(siren: str) -> str:
    """The French VAT number, its key computed: 732829320 -> FR44732829320."""
    return "FR" + re.sub(r"\s", "", fr_siren.to_tva(siren))


def check_iban(text: str) -> Checked:
    """An account number of any country of the IBAN registry, by length, shape and mod 97."""
    value = _compact(text)
    try:
        return Checked(str(schwifty.IBAN(value)))
    except schwifty_errors.InvalidLength:
        return _faulty(value, IBAN, WRONG_LENGTH)
    except schwifty_errors.InvalidChecksumDigits:
        return _faulty(value, IBAN, WRONG_CHECK_DIGITS)
    except schwifty_errors.InvalidCountryCode:
        return _faulty(value, IBAN, UNKNOWN_COUNTRY)
    except schwifty_errors.SchwiftyException:
        return _faulty(value, IBAN, WRONG_CHARACTERS)


def check_bic(text: str) -> Checked:
    """A bank's identifier of 8 or 11 characters, of a country that exists."""
    value = _compact(text)
    try:
        return Checked(str(schwifty.BIC(value)))
    except schwifty_errors.InvalidLength:
        return _faulty(value, BIC, WRONG_LENGTH)
    except schwifty_errors.InvalidCountryCode:
        return _faulty(value, BIC, UNKNOWN_COUNTRY)
    except schwifty_errors.SchwiftyException:
        return _faulty(value, BIC, WRONG_CHARACTERS)


_LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_DOMAIN = re.compile(r"([^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")


def check_email(text: str) -> Checked:
    """An address that a mail server could accept: "  Compta@Dupre.FR " -> Compta@dupre.fr."""
    value = text.strip()
    local, at, domain = value.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return _faulty(value, EMAIL, WRONG_CHARACTERS)
    if len(local) > 64 or len(value) > 254:
        return _faulty(value, EMAIL, WRONG_LENGTH)
    return Checked(f"{local}@{domain.lower()}")


_BODY_MAX = 21
_TAIL_KEPT = 13


def creditor_reference(number: str, *, prefix: str = "") -> str:
    """The ISO 11649 reference of a number, always the same one: "F-2026-0042" -> RF69F20260042.

    `prefix` keeps two series apart on one account. A number that does not fit in 21 characters keeps its end,
    where numbers differ, after eight characters of its hash, so that two of them never share a reference by cutting.
    """
    decomposed = unicodedata.normalize("NFKD", prefix + number).upper()
    body = re.sub(r"[^0-9A-Z]", "", decomposed)
    if not body or len(body) > _BODY_MAX:
        digest = b32encode(hashlib.sha256((prefix + number).encode()).digest()).decode()[:8]
        body = digest + body[-_TAIL_KEPT:]
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def check_creditor_reference(text: str) -> Checked:
    """A reference as quoted by a customer or a bank, with or without spaces, by mod 97."""
    value = _compact(text)
    if not re.fullmatch(r"RF[0-9]{2}[0-9A-Z]+", value):
        return _faulty(value, CREDITOR_REFERENCE, WRONG_CHARACTERS)
    return _by_stdnum(iso11649.validate, value, CREDITOR_REFERENCE)


def grouped(value: str, *, size: int = 4) -> str:
    """An IBAN or a reference as people read it out: FR76 3000 6000 0112 3456 7890 189."""
    return " ".join(value[start : start + size] for start in range(0, len(value), size))


def grouped_siren(value: str) -> str:
    """A SIREN or SIRET as France writes it: 732 829 320 00074."""
    return " ".join(part for part in (value[:3], value[3:6], value[6:9], value[9:]) if part)


def masked_iban(value: str) -> str:
    """Enough to recognise an account, not enough to debit it: FR76 •••• 0189."""
    return f"{value[:4]} •••• {value[-4:]}" if len(value) > 8 else "••••"
