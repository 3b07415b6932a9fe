"""Texts compared without accents, case or stray spaces."""

import pytest

from encours.core.text import fold, fold_words


@pytest.mark.parametrize(
    ("text", "folded", "words"),
    [
        ("  Éts. DUPRÉ & Cœur ", "ets. dupre & coeur", "ets dupre coeur"),
        ("S.A.R.L. L\u2019Été-Neuf", "s.a.r.l. l'ete-neuf", "s a r l l ete neuf"),
        ("Straße\u00a07", "strasse 7", "strasse 7"),
    ],
)
def test_folds_as_a_person_compares(text: str, folded: str, words: str) -> None:
    assert fold(text) == folded
    assert fold_words(text) == words
