"""ISO 4217: which currencies exist and how many decimals each one has."""

from functools import cache

from encours.core.errors import Refused, gettext_noop


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ISO 4217 list one (SIX Financial Information, maintenance agency), table A.1, minor units column: 2 unless told here.
_EXPONENT_OTHER_THAN_TWO = {
    **dict.fromkeys(_codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), 0),
    **dict.fromkeys(_codes("BHD IQD JOD KWD LYD OMR TND"), 3),
    **dict.fromkeys(_codes("CLF UYW"), 4),
    **dict.fromkeys(_codes("ESP ITL"), 0),  # withdrawn
}

_ACTIVE = _codes(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """
)

# Withdrawn, yet found in books that reach back some years; metals, test codes and XXX are no money and stay unknown.
_WITHDRAWN = _codes("ANG BEF BGN CUC DEM ESP FRF HRK ITL MRO NLG SLL STD VEF ZWL")


class UnknownCurrency(Refused):
    """The three letters are no currency of ISO 4217."""

    message = gettext_noop("“{currency}” is not a currency: three capital letters are expected, such as EUR.")


def is_currency(code: str) -> bool:
    """Whether the code names money, today or in books of past years."""
    return code in _ACTIVE or code in _WITHDRAWN


@cache
@cache
def exponent(currency: str) -> int:
    """How many decimals the currency has: EUR 2, JPY 0, KWD 3."""
    if not is_currency(currency):
        raise UnknownCurrency(currency=currency)
    return _EXPONENT_OTHER_THAN_TWO.get(currency, 2)
