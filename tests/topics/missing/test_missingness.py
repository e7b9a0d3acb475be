"""Rates and patterns of non-answers: hand values and identities."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from declared import refuse_other_rows
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK, FIRST_REASON, NOT_SHOWN
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.missing import analysis_little, analysis_reasons, analysis_structure
from omstilling_psychometrics.topics.missing.analysis import missingness


def small() -> ResponsePatterns:
    instrument = plain_instrument((1, 2, 3), ("a", "b"), non_answers=("dont_know", "refuse"))
    dont_know, refuse = FIRST_REASON, FIRST_REASON - 1
    rows = [[1, 2]] * 4 + [[dont_know, 3]] * 3 + [[refuse, BLANK]] * 2 + [[NOT_SHOWN, 1]]
    return ResponsePatterns.count(instrument, np.array(rows))


@pytest.mark.proves("rate")
def test_not_shown_is_not_in_the_denominator() -> None:
    result = missingness(small())
    rates = {one.method: (one.estimate, one.n) for one in result.find("rate", item="a")}
    assert rates == {
        "dont_know": (pytest.approx(3 / 9), 9),
        "refuse": (pytest.approx(2 / 9), 9),
        "blank": (0.0, 9),
        "any": (pytest.approx(5 / 9), 9),
    }
    assert result.get("rate", item="b", method="blank").estimate == pytest.approx(0.2)


def test_wilson_interval_has_a_second_opinion() -> None:
    result = missingness(small())
    for rate in result.find("rate", item="a"):
        expected = proportion_confint(round(rate.estimate * rate.n), rate.n, method="wilson")
        assert rate.confidence_interval() == pytest.approx(expected, rel=1e-12)


def test_a_reason_nobody_gave_may_not_have_been_offered() -> None:
    instrument = plain_instrument((1, 2), ("a", "b"), non_answers=("dont_know",))
    result = missingness(ResponsePatterns.count(instrument, np.array([[1, 2], [2, 2]])))
    assert result.get("rate", item="a", method="dont_know").note == "perhaps_not_offered"
    assert result.get("rate", item="a", method="blank").note is None


def test_whole_teams_that_do_not_answer_widen_the_interval() -> None:
    instrument = plain_instrument((1, 2), ("a", "b"))
    rows = np.array([[1, 2]] * 90 + [[BLANK, 1]] * 10)
    spread = Key.of([f"{row % 10}" for row in range(100)])
    together = Key.of([f"{row // 10}" for row in range(100)])
    independent = missingness(ResponsePatterns.count(instrument, rows)).get("rate", item="a", method="any")
    apart = missingness(ResponsePatterns.count(instrument, rows, {"leader": spread})).get("rate", item="a", method="any")
    whole = missingness(ResponsePatterns.count(instrument, rows, {"leader": together})).get("rate", item="a", method="any")
    assert apart.std_error == pytest.approx(0, abs=1e-12)
    # One team of ten without answers: between-team variance .09, so .09/(10 − 1) for the mean of ten teams.
    assert whole.std_error == pytest.approx(np.sqrt(0.09 / 9), rel=1e-12)
    assert whole.confidence_interval()[1] > independent.confidence_interval()[1]


def test_what_the_complete_rows_lack_is_said_of_them() -> None:
    rows = np.array([[1, BLANK], [2, BLANK], [3, BLANK]])
    result = missingness(ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), rows))
    assert result.get("little_mcar").note == "item_without_answers: b"
    for quantity in ("complete_case_mean", "complete_case_difference"):
        assert result.get(quantity).note == "too_few_complete: n = 0"


def test_pattern_counts_add_up_to_the_respondents() -> None:
    counts = [(one.item, one.estimate) for one in missingness(small()).find("pattern_count")]
    assert counts == [("01", 4.0), ("11", 4.0), ("00", 2.0)]


def test_patterns_and_moments_are_kept() -> None:
    """Of two items, the second not always answered, the moments have a closed form: its mean and variance follow from the
    regression on the first (Anderson 1957)."""
    pairs = np.array([[1, 1], [1, 2], [2, 2], [3, 3], [3, 2]] * 4)
    first_only = np.array([[1, BLANK], [3, BLANK], [3, BLANK]] * 4)
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), np.concatenate([pairs, first_only]))
    result = missingness(answers)
    table = result.by_pattern()
    assert table.to_dict("list") == {"a": [True, True], "b": [True, False], "count": [20, 12]}
    assert result.model().moments.n == 32
    x, y = pairs.T
    everyone = np.concatenate([x, first_only[:, 0]])
    slope = np.cov(x, y)[0, 1] / x.var(ddof=1)
    mean = y.mean() + slope * (everyone.mean() - x.mean())
    variance = y.var() + slope**2 * (everyone.var() - x.var())
    moments = result.model().moments
    np.testing.assert_allclose(moments.mean, [everyone.mean(), mean], rtol=1e-9)
    np.testing.assert_allclose(np.diag(moments.covariance), [everyone.var(), variance], rtol=1e-9)
    (seen,) = result.glance().to_dict("records")
    assert seen["complete_case_mean"] == pytest.approx(pairs.mean())
    assert seen["little_mcar"] == result.get("little_mcar").p_value == pytest.approx(result.model().little.p_value)
    with pytest.raises(EstimationError, match="nothing_missing"):
        _ = missingness(ResponsePatterns.count(answers.instrument, pairs)).model().little


def test_the_rows_of_non_answers_are_the_declared_ones() -> None:
    """Further ones only of what can always be counted, and the odds ratios of models that were fitted."""
    case, kinds = load_case("datCat_mis"), ("any", "blank")
    result = missingness(case)
    sample, n = result.model().sample, {row.quantity: row.n for row in result.statistics}
    declared = [
        *analysis_little.declared_little(sample),
        *analysis_structure.declared_of_complete(n["complete_case_mean"], n["complete_case_difference"]),
        *(row for kind in kinds for row in analysis_structure.declared_co_occurrence(sample, kind)),
        *(row for kind in kinds for row in analysis_reasons.declared_tests(kind, ["group", "other_answers"], case.n)),
    ]
    further = [(quantity, kind) for quantity in ("rate", "never_answers") for kind in kinds]
    further += [("mean_bound", "lowest"), ("mean_bound", "highest"), ("break_off", None), ("pattern_count", None)]
    further += [("reason_odds_ratio", f"{kind}/{name}") for kind in kinds for name in ("group=male", "other_answers")]
    refuse_other_rows(result.statistics, declared, further)
