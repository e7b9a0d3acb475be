"""One vocabulary in two languages. That no result uses a word outside it, `test_results_json.py` holds."""

from __future__ import annotations

import pytest

from omstilling_psychometrics.errors import OmstillingError
from omstilling_psychometrics.results import COLUMNS
from omstilling_psychometrics.vocabulary import vocabulary


def test_both_languages_have_the_same_words() -> None:
    danish, english = vocabulary("da"), vocabulary("en")
    for section in danish.__struct_fields__:
        assert sorted(getattr(danish, section)) == sorted(getattr(english, section)), section


def test_every_term_is_named_and_defined() -> None:
    for language in ("da", "en"):
        words = vocabulary(language)
        for terms in (words.columns, words.analyses, words.quantities):
            for key, term in terms.items():
                assert term.name.strip(), key
                assert term.definition.strip(), key


def test_columns_are_the_columns_of_results() -> None:
    assert set(vocabulary("en").columns) == set(COLUMNS)


def test_an_unknown_note_is_refused() -> None:
    with pytest.raises(OmstillingError, match="no note 'nonsense'"):
        vocabulary("en").note("nonsense: n = 3")
    assert vocabulary("en").note("too_few_complete: n = 1; no_variance") == "too few complete answers: n = 1; no variance"
