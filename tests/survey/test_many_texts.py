"""Columns of very many texts: sifted by the engine, and read as if each had been looked at by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.survey import text
from omstilling_psychometrics.survey.identifiers import kind_of_values
from omstilling_psychometrics.survey.keys import Key, key_of_many
from omstilling_psychometrics.survey.text import canonical, perhaps_among, raw_text, raw_texts

PIECES = st.sampled_from(
    ["a", "Ø", "e\u0301", "0", "00", "7", "9", " ", "\u00a0", "-", "_", ".", ",", "'", "=", "\n", "NA", "none", "1E5", "@b.dk",
     "010203", "0102031234", "1234", "abcdef0123456789"]
)  # fmt: skip
VALUES = st.lists(st.none() | st.lists(PIECES, max_size=4).map("".join), max_size=12)


@pytest.fixture(autouse=True)
def everything_is_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_MANY", 0)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_texts_are_those_of_the_values_one_by_one(values: list[str | None]) -> None:
    assert raw_texts(values) == [raw_text(value) for value in values]


@pytest.mark.parametrize("values", [[1, None, -3], [1.0, 2.5, None, float("nan")], [True, 1, "a "], [None, None]])
def test_values_of_other_types_are_texts_too(values: list[object]) -> None:
    assert raw_texts(values) == [raw_text(value) for value in values]


@settings(max_examples=150, deadline=None)
@given(VALUES, st.lists(st.sampled_from(["none", "na", "0", "7", "99", "0a", "ø", "-", "a 7"]), max_size=4))
@example(["007", "7", "0", "000", "0A", "a"], ["7", "0", "0a"])
def test_every_text_that_is_compared_as_a_word_is_found(values: list[str | None], words: list[str]) -> None:
    texts = raw_texts(values)
    found = set(perhaps_among(texts, words))
    assert found >= {place for place, one in enumerate(texts) if one is None or canonical(one) in words}


def test_plain_words_are_passed_over() -> None:
    assert list(perhaps_among(["med1", "x-7_b", "12", "Ø", None, "ukendt"], ["ukendt"])) == [3, 4, 5]


@settings(max_examples=150, deadline=None)
@given(VALUES)
@example(["a", "010203/abcdef0123456789 1234", "x"])
@example(["x", "010203 \u2013 1234"])
@example(["10203123,0", "102031234.0"])
def test_what_identifies_people_is_found_among_many(values: list[str | None]) -> None:
    many = kind_of_values(values)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text, "_MANY", 1000)
        assert many == kind_of_values(values)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_keys_of_many_are_those_of_few(values: list[str | None]) -> None:
    one, other = key_of_many(values), Key.of(values)
    assert one.levels == other.levels
    assert np.array_equal(one.codes, other.codes)
