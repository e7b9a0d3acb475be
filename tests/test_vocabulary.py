"""One vocabulary in two languages, and no result that uses a word outside it."""

from __future__ import annotations

import re

import pytest

from omstilling_psychometrics.analyses import ANALYSES
from omstilling_psychometrics.analyses.running import run
from omstilling_psychometrics.errors import OmstillingError
from omstilling_psychometrics.reference import load_case
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


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize("name", sorted(ANALYSES))
def test_results_use_no_word_outside_the_vocabulary(name: str) -> None:
    words = vocabulary("en")
    assert name in words.analyses
    for case in ("datCat_mis", "sim_small"):
        answers = load_case(case)
        # Parts of a method that are data: reasons, columns, and pairs of groups.
        groups = {level for key in answers.keys.values() for level in key.levels}
        data = {*answers.instrument.reason_keys, *answers.keys, *groups, *(f"{a}~{b}" for a in groups for b in groups)}
        for analysed in run(answers, [name], seed=1, by="group" if ANALYSES[name].compares else None):
            for one in analysed.result.statistics:
                assert one.quantity in words.quantities, one
                if one.note:
                    assert words.note(one.note)
                for part in re.split("[/=]", one.method or ""):
                    assert not part or part in words.methods or part in data, one


def test_an_unknown_note_is_refused() -> None:
    with pytest.raises(OmstillingError, match="no note 'nonsense'"):
        vocabulary("en").note("nonsense: n = 3")
    assert vocabulary("en").note("too_few_complete: n = 1; no_variance") == "too few complete answers: n = 1; no variance"
