"""What every analysis shares."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from omstilling_psychometrics.analysis.by_role import by_role, fitted_by_role, rates_several
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns


def test_linear_algebra_has_one_thread_while_a_role_is_analysed_and_then_those_it_had():
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), np.array([[1, 2], [3, 3]]))

    def threads():
        return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

    seen = []

    def compute(answers, clustering):
        seen.append(threads())
        return []

    with threadpool_limits(limits=2, user_api="blas"):
        assert by_role(patterns, compute) == ()
        assert seen == [{1}]
        assert threads() == {2}


@pytest.mark.parametrize(
    ("leaders", "several"),
    [("aabb", False), ("abbb", True), ("a-ab", True), ("a-bb", False), ("ab--", True), ("abaa", True), ("----", False)],
)
def test_does_anybody_rate_several_leaders(leaders, several):
    """Two respondents, u and v; the leader of an answer may not be known."""
    keys = {
        "respondent": Key.of(["u", "u", "v", "v"]),
        "leader": Key.of([None if leader == "-" else leader for leader in leaders]),
    }
    answers = np.array([[1, 2], [3, 3], [2, 2], [1, 1]])
    assert rates_several(ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b")), answers, keys)) is several


def test_a_role_keeps_its_model_or_says_why_it_has_none():
    """Fitted is the mean of the first item, of roles in which it varies."""
    rows = np.array([[1, 1], [3, 1], [2, 2], [2, 3]])
    instrument = plain_instrument((1, 2, 3), ("a", "b"), roles=("varied", "constant"))
    patterns = ResponsePatterns.count(instrument, rows, {"role": Key.of(["varied", "varied", "constant", "constant"])})

    def fit(answers, clustering):
        (codes, counts) = answers.table()
        if np.ptp(codes[:, 0]) == 0:
            np.linalg.solve(np.zeros((1, 1)), np.zeros(1))
        return float(counts @ codes[:, 0] / counts.sum())

    def fitted(*declared):
        return fitted_by_role(patterns, fit, lambda mean: [Statistic(quantity="mean", estimate=mean)], *declared)

    statistics, models = fitted(lambda answers: [Statistic(quantity="mean", n=answers.n)])
    assert models == {"varied": 2.0}
    assert [(one.role, one.note, one.n) for one in statistics] == [("varied", None, None), ("constant", "matrix_singular", 2)]
    with pytest.raises(EstimationError, match="matrix_singular"):
        fitted()
