"""What the report says of leaders: the number of answers is named, and a person who comes back is no second rater."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns


def sentences(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ")


def in_two_waves(answers: ResponsePatterns) -> ResponsePatterns:
    """Everybody answers again, and just as before."""
    codes = answers.patterns[answers.pattern]
    keys = {name: Key(np.tile(key.codes, 2), key.levels) for name, key in answers.keys.items()}
    keys["wave"] = Key(np.repeat([0, 1], len(answers.counts)), ("1", "2"))
    return ResponsePatterns.count(answers.instrument, np.tile(codes, (2, 1)), keys, np.tile(answers.counts, 2))


@pytest.mark.parametrize(
    ("language", "words", "again"),
    [
        (
            "en",
            "the mean of 6.0 answers, as many as a leader has",
            "the mean of 6.0 answers, as many as a leader in a wave has",
        ),
        ("da", "gennemsnittet af 6,0 svar, som en leder har", "gennemsnittet af 6,0 svar, som en leder i en runde har"),
    ],
)
def test_a_second_wave_of_the_same_people_makes_no_mean_more_reliable(
    language: str, words: str, again: str, answers: ResponsePatterns, make_page: Callable[..., str]
) -> None:
    once = sentences(make_page(answers, language=language))
    twice = sentences(make_page(in_two_waves(answers), language=language))
    assert words in once
    assert again in twice
    # The whole sentence but for that word and the interval: reliability, answers needed, median.
    pattern = r"(?:average|gennemsnit) \(median (\d+)\), [^;.]*?(\d?[.,]\d\d)[^.]*?(\d+) (?:answers are|svar til)"
    assert re.findall(pattern, once) == re.findall(pattern, twice) != []
    assert re.findall(pattern, once)[0][0] == "6"
