"""Telephone numbers as providers want them: E.164, and only those that can take a short message."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from encours.core.errors import Refused, gettext_noop

# kept for films and examples by the French regulator (ARCEP, decision 2018-0881): no network has them
_OF_FICTION = re.compile(r"\+3363998\d{4}")
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class PhoneUnusable(Refused):
    """A telephone number does not exist as written, or cannot take an SMS."""

    message = gettext_noop("“{phone}” is not a mobile number an SMS can be sent to.")


@lru_cache(maxsize=20_000)
def e164(phone: str, country: str = "FR") -> str:
    """A mobile number as +33612345678, however it is written; "01 99 00 41 20" (a fixed line) is refused.

    "06 39 98 12 34" in France, "+33 (0)6 39 98 12 34" and "0033639981234" are one number: +33639981234.
    """
    try:
        number = phonenumbers.parse(phone.replace("(0)", ""), (country or "FR").upper())
    except phonenumbers.NumberParseException:
        raise PhoneUnusable(phone=phone) from None
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if _OF_FICTION.fullmatch(found):
        return found
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        raise PhoneUnusable(phone=phone)
    return found


def is_mobile(phone: str, country: str = "FR") -> bool:
    """Whether an SMS can be sent to the number."""
    try:
        e164(phone, country)
    except PhoneUnusable:
        return False
    return True
