"""What the ladder of invariance allows as a whole: no step counts where an earlier one fails."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.topics.invariance.comparability import MEANS, RELATIONS, ComparisonVerdict, judged

STEPS = ("thresholds", "loadings", "intercepts", "residuals")
GOOD, FAILING, UNSETTLED = (-0.001, 0.001, 0.001), (-0.05, 0.05, 0.05), (-0.02, 0.0, 0.0)
FITS, MISFITS = (0.99, 0.03, 0.02), (0.71, 0.40, 0.17)


def ladder(
    fit: tuple[float, float, float] | str = FITS, **steps: tuple[float, float, float] | str | None
) -> Iterator[Statistic]:
    """Rows of a ladder; a text instead of figures is the note why there are none, None a step that restricts nothing."""
    yield from rows("configural", ("cfi_robust", "rmsea_robust", "srmr"), fit)
    for step in STEPS:
        figures = steps.get(step, GOOD)
        names = ("cfi_scaled_change", "rmsea_scaled_change", "srmr_change")
        if figures is None:
            yield from rows(step, names, "step_restricts_nothing")
            yield Statistic(quantity="difference", method=step, estimate=math.nan, note="step_restricts_nothing")
        else:
            yield from rows(step, names, figures)


def rows(step: str, names: tuple[str, ...], figures: tuple[float, float, float] | str) -> Iterator[Statistic]:
    for place, name in enumerate(names):
        if isinstance(figures, str):
            yield Statistic(quantity=name, method=step, estimate=math.nan, n=500, note=figures)
        else:
            yield Statistic(quantity=name, method=step, estimate=figures[place], n=500)


def told(statistics: Iterator[Statistic]) -> dict[str, tuple[str, str]]:
    return {one.criterion.key: (one.state, one.deciding.step) for one in judged(statistics)}


@pytest.mark.parametrize(
    ("rows", "relations", "means"),
    [
        (ladder(), ("met", "loadings"), ("met", "intercepts")),
        (ladder(MISFITS), ("not_met", "configural"), ("not_met", "configural")),
        (ladder(thresholds=FAILING), ("not_met", "thresholds"), ("not_met", "thresholds")),
        (ladder(loadings=FAILING), ("not_met", "loadings"), ("not_met", "loadings")),
        (ladder(intercepts=FAILING), ("met", "loadings"), ("not_met", "intercepts")),
        (ladder(residuals=FAILING), ("met", "loadings"), ("met", "intercepts")),
        (ladder(thresholds=UNSETTLED), ("inconclusive", "thresholds"), ("inconclusive", "thresholds")),
        # A step that fails is enough, whatever is not settled before it; what has no value leaves the whole open.
        (ladder(thresholds=UNSETTLED, intercepts=FAILING), ("inconclusive", "thresholds"), ("not_met", "intercepts")),
        (ladder(loadings="not_converged"), ("not_evaluated", "loadings"), ("not_evaluated", "loadings")),
        (ladder(thresholds=UNSETTLED, loadings="not_converged"), ("not_evaluated", "loadings"), ("not_evaluated", "loadings")),
        (ladder(MISFITS, loadings="not_converged"), ("not_met", "configural"), ("not_met", "configural")),
        (ladder("group_too_small: b 40 < 100"), ("not_evaluated", "configural"), ("not_evaluated", "configural")),
        # Three categories: equal thresholds say nothing, and stand in nobody's way.
        (ladder(thresholds=None), ("met", "loadings"), ("met", "intercepts")),
        # CFI .97 with RMSEA .09: enough for COSMIN, not acceptable by Schermelleh-Engel et al.
        (ladder((0.97, 0.09, 0.03)), ("inconclusive", "configural"), ("inconclusive", "configural")),
    ],
)
def test_every_step_before_must_hold(rows: Iterator[Statistic], relations: tuple[str, str], means: tuple[str, str]) -> None:
    assert told(rows) == {"invariance_relations": relations, "invariance_means": means}


def test_the_deciding_step_says_by_how_much() -> None:
    relations, means = judged(ladder(loadings=FAILING))
    assert (relations.criterion, means.criterion) == (RELATIONS, MEANS)
    assert means.statistic.quantity == "cfi_scaled_change"
    assert (means.statistic.estimate, means.statistic.n) == (-0.05, 500)
    assert means.deciding.values == {"cfi": -0.05, "rmsea": 0.05, "srmr": 0.05}
    assert dict(means.deciding.rules) == dict.fromkeys(
        ("Chen (2007)", "Cheung & Rensvold (2002)", "Rutkowski & Svetina (2017)"), "not_met"
    )


def reason(verdict: ComparisonVerdict) -> tuple[str | None, str | None]:
    return verdict.reason, verdict.beside


def test_what_has_no_value_has_its_reason_and_a_verdict_what_must_be_known_with_it() -> None:
    refused = judged(ladder("group_too_small: b 40 < 100"))
    assert [reason(one) for one in refused] == [("group_too_small: b 40 < 100", None)] * 2
    given = [
        Statistic(quantity=one.quantity, method=one.method, estimate=one.estimate, n=one.n, note="few_clusters")
        for one in ladder()
    ]
    assert [reason(one) for one in judged(given)] == [(None, "judged_by_estimate; few_clusters")] * 2


def test_the_reason_of_a_step_that_was_not_fitted_stands_with_its_test() -> None:
    fitted = [one for one in ladder() if one.method != "loadings"]
    unfitted = Statistic(quantity="difference", method="loadings", estimate=math.nan, n=500, note="not_converged")
    relations, _ = judged([*fitted, unfitted])
    assert (relations.state, relations.reason, relations.statistic.n) == ("not_evaluated", "not_converged", 500)


def test_a_saturated_first_step_shows_nothing() -> None:
    """Three items: SRMR is 0 whatever the answers are."""
    saturated = [
        Statistic(quantity="srmr", method="configural", estimate=0.0, n=500),
        *(rows("configural", ("cfi_scaled", "rmsea_scaled"), "no_degrees_of_freedom")),
    ]
    relations, _ = judged([*saturated, *(one for one in ladder() if one.method != "configural")])
    assert (relations.state, relations.deciding.step, relations.reason) == (
        "not_evaluated",
        "configural",
        "no_degrees_of_freedom",
    )


def test_no_ladder_for_ordered_answers_no_verdict() -> None:
    assert judged(rows("continuous/configural", ("cfi_robust",), (0.99, 0.0, 0.0))) == ()
