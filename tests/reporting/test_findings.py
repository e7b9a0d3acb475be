"""What the findings say agrees with the numbers beside them, whatever the scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from omstilling_psychometrics.core.registry import part
from omstilling_psychometrics.core.vocabulary import Language
from omstilling_psychometrics.present.released_rows import as_written
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns


def view(codes: list[list[int]], analysis: str, language: Language = "en", **numbers: Any) -> View:
    """The view of some answers; numbers: put in the place of those of the first row of the analysis that is judged."""
    items = tuple("abcdef"[: len(codes[0])])
    data = ResponsePatterns.count(plain_instrument((1, 2, 3), items), np.array(codes), {})
    done = validate(data, (analysis,), rng=1, disclosure=Disclosure.none())
    rows = [dict(row) for row in as_written(done.answers, done.rows)]
    for row in rows:
        if numbers and row["quantity"] == "h" and row["method"] == "listwise":
            row |= numbers
    return View(answers=done.answers, rows=rows, wording=Wording(language, data.instrument))


def finding(of: View, analysis: str) -> str:
    section = part(analysis, "section")
    assert section is not None
    (told,) = section.findings(of)
    return str(told.text)


PAIR = [[1, 1], [2, 2], [3, 3], [1, 2], [3, 2], [2, 1], [3, 3], [1, 1]]


def test_two_items_have_one_correlation() -> None:
    r = float(np.corrcoef(np.array(PAIR).T)[0, 1])
    mean = np.mean(PAIR)
    expected = f"The item-rest correlation of two items is their correlation: {r:.2f}; the mean scale score is {mean:.2f}."
    assert finding(view(PAIR, "items"), "items") == expected
    told = finding(view(PAIR, "correlation"), "correlation")
    assert told.startswith("The polychoric correlation of the two items is 0.")
    assert "from" not in told


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_strongest_correlation_is_the_largest_in_size(language: Language) -> None:
    """Two items that go together a little, and a third that goes strongly against the first."""
    random = np.random.default_rng(3)
    first = random.integers(1, 4, 200)
    second = np.where(random.random(200) < 0.3, first, random.integers(1, 4, 200))
    third = np.where(random.random(200) < 0.9, 4 - first, random.integers(1, 4, 200))
    told = finding(view(np.column_stack([first, second, third]).tolist(), "correlation", language), "correlation")
    assert {"en": "the strongest is “a ~ c”", "da": "den stærkeste er »a ~ c«"}[language] in told


@pytest.mark.parametrize(
    ("low", "h", "high", "told", "not_told"),
    [
        (-0.15, 0.12, 0.40, "At the upper end of the interval the scale is a medium one.", "are no scale. With"),
        (-0.05, 0.12, 0.29, "below Mokken's limit of .3, where items are no scale.", "end of the interval"),
        (0.20, 0.29, 0.55, "At the upper end of the interval the scale is a strong one.", "lower end"),
        (0.25, 0.45, 0.60, "The lower end of the interval is below Mokken's limit", "upper end"),
        (None, 0.12, None, "H is 0.12, below Mokken's limit", "["),
    ],
)
def test_both_ends_of_the_interval_of_h_are_read(
    low: float | None, h: float, high: float | None, told: str, not_told: str
) -> None:
    codes = [[1, 1, 2], [2, 2, 1], [3, 3, 2], [1, 2, 3], [3, 2, 1], [2, 3, 3]] * 4
    said = finding(view(codes, "mokken", estimate=h, conf_low=low, conf_high=high), "mokken")
    assert told in said
    assert not_told not in said


@pytest.mark.parametrize("language", ["da", "en"])
def test_complete_answers_are_counted_where_they_have_a_row_of_their_own(
    make_page: Callable[..., str], language: Language
) -> None:
    """Four answers to every item and eight with holes: joined with the rare patterns, or told."""
    codes = np.array([[1, 2, 3]] * 4 + [[1, BLANK, 2]] * 4 + [[2, 1, BLANK]] * 4)
    data = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c")), codes, {})
    joined = make_page(data, names=("missingness",), language=language)
    told = make_page(data, names=("missingness",), language=language, disclosure=Disclosure.none())
    words = {"da": "svarede på alle items", "en": "answered every item"}[language]
    assert f"(4 {words})" in told
    assert f"\N{EN DASH} {words}" not in joined
