"""How a result shows itself."""

from __future__ import annotations

import math

from omstilling_psychometrics.core.results import Result, Statistic


class Shown(Result):
    analysis = "items"


def test_text_and_html_show_the_same_table() -> None:
    hostile = Statistic(quantity="mean", item="<b>a</b>", estimate=1 / 3, n=9)
    result = Shown(statistics=(hostile, Statistic(quantity="sd", estimate=math.nan, note="no_variance")), notes=("5 < 9",))
    text, page = repr(result), result._repr_html_()
    assert text.splitlines()[:2] == ["Shown: 2 statistics", "note: 5 < 9"]
    for words in ("0.333", "no_variance", "quantity"):
        assert words in text
        assert words in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "note: 5 &lt; 9" in page
    assert "method" not in text  # columns without any value are left out
