"""Terms: what people write, the one code kept, and the day it gives."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.core.terms import MonthEnd, Terms, TermsUnreadable

JANUARY_31 = date(2027, 1, 31)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("30", "30"),
        ("30 jours", "30"),
        ("30 jours nets", "30"),
        ("30 j net", "30"),
        ("30 jours date de facture", "30"),
        ("60 jours à compter de la date de facture", "60"),
        ("Virement 60 jours", "60"),
        ("net 30", "30"),
        ("30 days from invoice date", "30"),
        ("30EOM", "30EOM"),
        ("30 jours fin de mois", "30EOM"),
        ("45 j FDM", "45EOM"),
        ("30 days EOM", "30EOM"),
        ("EOM45", "EOM45"),
        ("fin de mois 45 jours", "EOM45"),
        ("FDM + 45", "EOM45"),
        ("30EOM10", "30EOM10"),
        ("30 jours fin de mois le 10", "30EOM10"),
        ("30 jours fin de mois, le 15 du mois suivant", "30EOM15"),
        ("fin de mois", "0EOM"),
        ("comptant", "0"),
        ("Paiement comptant", "0"),
        ("à réception", "0"),
        ("À réception de facture", "0"),
        ("due on receipt", "0"),
    ],
)
def test_what_people_write_is_kept_as_one_code(text: str, code: str) -> None:
    assert Terms.parse(text).code == code


@pytest.mark.parametrize(
    "text", ["", "abc", "-30", "400", "2 mois", "30 ou 60", "30EOM40", "30 jours fin de mois le 0"]
)
def test_uncertain_terms_are_refused(text: str) -> None:
    with pytest.raises(TermsUnreadable):
        Terms.parse(text)


@pytest.mark.parametrize(
    ("code", "issued", "due"),
    [
        ("0", JANUARY_31, date(2027, 1, 31)),
        ("30", JANUARY_31, date(2027, 3, 2)),
        ("30EOM", JANUARY_31, date(2027, 3, 31)),
        ("EOM30", JANUARY_31, date(2027, 3, 2)),
        ("30EOM10", JANUARY_31, date(2027, 4, 10)),
        ("0EOM", JANUARY_31, date(2027, 1, 31)),
        ("30EOM31", JANUARY_31, date(2027, 4, 30)),
        # The two lawful readings of 45 days end of month part on most days.
        ("45EOM", date(2026, 3, 10), date(2026, 4, 30)),
        ("EOM45", date(2026, 3, 10), date(2026, 5, 15)),
        ("30EOM", date(2027, 12, 15), date(2028, 1, 31)),
        ("30EOM10", date(2027, 11, 15), date(2028, 1, 10)),
        ("30", date(2028, 1, 30), date(2028, 2, 29)),
    ],
)
def test_the_due_date_follows_the_terms(code: str, issued: date, due: date) -> None:
    assert Terms.parse(code).due_date(issued) == due


@given(
    st.integers(min_value=0, max_value=365),
    st.sampled_from(MonthEnd),
    st.none() | st.integers(min_value=1, max_value=31),
    st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)),
)
def test_a_code_reads_back_and_never_falls_due_before_issue(
    days: int, place: MonthEnd, day: int | None, issued: date
) -> None:
    terms = Terms(days, place, day if place is MonthEnd.AFTER_DAYS else None)
    assert Terms.parse(terms.code) == terms
    assert terms.due_date(issued) >= issued
