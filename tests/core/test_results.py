"""How a result shows itself."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import made_up
from omstilling_psychometrics.analysis.running import run
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.results import Result, Statistic
from test_docstrings import MODELS


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


@pytest.mark.usefixtures("few_draws")
def test_the_result_of_every_analysis_can_be_sent_to_another_process_and_copied() -> None:
    answers = made_up.answers(
        made_up.codes(40, 3, categories=3, missing=0.03, seed=5).repeat(2, axis=0),
        3,
        roles=("a", "b"),
        role=np.tile(["a", "a", "b", "b"], 20),
        leader=np.repeat(np.arange(10), 8),
        respondent=np.repeat(np.arange(40), 2),
        wave=np.tile(["1", "2"], 40),
    )
    results = [one.result for one in run(answers, seed=1)]
    assert {type(result).analysis for result in results if result.models} >= {"items", "cfa", "irt", "retest"}
    for result in results:
        for other in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            assert other.rows(0.9) == result.rows(0.9), result.analysis
            assert list(other.models) == list(result.models)
    kept = {type(result.model(one)) for result in results for one in result.models}
    assert not kept - set(MODELS), "models without a described class in tests/test_docstrings.py"


def test_models_are_asked_for_by_what_they_are_kept_by() -> None:
    class OfItems(Shown):
        models_by = ("item",)

    with pytest.raises(UsageError, match=r"^role is 'c'; roles with a model in this result: a, b\.$"):
        Shown(statistics=(), models={"a": 1, "b": 2}).model("c")
    with pytest.raises(UsageError, match=r"^item is None; items with a model in this result: a, b\.$"):
        OfItems(statistics=(), models={"a": 1, "b": 2}).model()
