"""Of many leaders every coefficient of a role is computed from the same draws, which are those that it would have made."""

import numpy as np
import pytest

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.numerics import bootstrap
from omstilling_psychometrics.core.numerics.bootstrap import SharedDraws, drawn_counts
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis_fit import fit_model
from omstilling_psychometrics.topics.factor.analysis_specification import specification
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population
from omstilling_psychometrics.topics.reliability.analysis import DRAWS, reliability
from omstilling_psychometrics.topics.reliability.numerics.alpha import alpha_draws
from omstilling_psychometrics.topics.reliability.numerics.omega_draws import normal_omega_draws, ordinal_omega_draws

POPULATION = Population(
    loadings=np.array([0.6, 0.7, 0.8, 0.7]),
    thresholds=np.tile([-1.0, 0.5], (4, 1)),
    leader_share=0.2,
    leader_variances=np.zeros(4),
)


def answers(leader):
    rng = np.random.default_rng(1)
    codes = POPULATION.draw((), leader, rng)
    codes[rng.random(codes.shape) < 0.03] = BLANK
    key = Key(leader, tuple(f"l{one:04d}" for one in range(leader.max() + 1)))
    return ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c", "d")), codes, {"leader": key})


def std_error(result, quantity, method):
    return result.get(quantity, method=method).std_error


def test_every_coefficient_has_the_draws_of_one_stream(monkeypatch):
    monkeypatch.setattr(bootstrap, "MANY", 100)
    patterns = answers(np.repeat(np.arange(200), 3))
    found = reliability(patterns, rng=5)
    values, counts, clusters = patterns.values(), patterns.table()[1], patterns.clusters("leader")
    rng = np.random.default_rng(5)
    alone = alpha_draws(values, counts, None, DRAWS, rng)
    assert std_error(found, "alpha", "listwise/bootstrap") == np.std(alone, ddof=1)
    # What follows was drawn leader by leader, once, whatever is computed of it.
    (drawn,) = drawn_counts(counts, clusters, DRAWS, rng, together=DRAWS)
    complete = ~np.isnan(values).any(axis=1)
    plain = np.array([alpha_draws(values, one, None, 1, rng, Given(one[None, complete]))[0] for one in drawn.astype(float)])
    assert std_error(found, "alpha", "listwise/cluster_bootstrap") == pytest.approx(np.std(plain, ddof=1), rel=1e-10)
    for estimator, rows, of, quantity, methods in (
        ("MLR", complete, normal_omega_draws, "omega_total", ("ML-implied", "ML-observed")),
        ("FIML", slice(None), normal_omega_draws, "omega_total", ("FIML-implied",)),
        ("WLSMV", slice(None), ordinal_omega_draws, "omega_categorical", ("implied", "observed")),
    ):
        model = fit_model(patterns, Clustering(key="leader"), specification(patterns, estimator))
        both = of(model.fit, model.clusters, 1000, rng, drawn[:, rows])
        for method, one in zip(methods, both, strict=False):
            expected = pytest.approx(np.std(one, ddof=1), rel=1e-10)
            assert std_error(found, quantity, f"{method}/cluster_bootstrap") == expected, method


class Given:
    """Counts that are given as the draws."""

    def __init__(self, counts):
        self._counts = counts

    def of(self, used):
        return self._counts


def test_shared_draws_are_those_of_the_stream_and_of_a_coefficient_without_the_rest(monkeypatch):
    monkeypatch.setattr(bootstrap, "MANY", 100)
    patterns = answers(np.repeat(np.arange(200), 3))
    counts, clusters = patterns.table()[1], patterns.clusters("leader")
    used = (patterns.patterns > 0).all(axis=1)
    for units in (clusters, None):
        shared = SharedDraws(counts, units, 50, np.random.default_rng(2))
        (plain,) = drawn_counts(counts, units, 50, np.random.default_rng(2), together=50)
        np.testing.assert_array_equal(shared.of(np.ones(len(counts), dtype=bool)), plain)
        np.testing.assert_array_equal(shared.of(used), plain[:, used])


def test_few_units_and_too_many_numbers_are_not_shared(monkeypatch):
    patterns = answers(np.repeat(np.arange(200), 3))
    counts, clusters = patterns.table()[1], patterns.clusters("leader")
    every = np.ones(len(counts), dtype=bool)
    assert SharedDraws(counts, clusters, 50, np.random.default_rng(2)).of(every) is None
    monkeypatch.setattr(bootstrap, "MANY", 100)
    shared = SharedDraws(counts, clusters, 50, np.random.default_rng(2))
    assert shared.of(every) is not None
    few = np.zeros(len(counts), dtype=bool)
    few[np.argmin(counts)] = True  # hardly any leader has this answer
    assert shared.of(few) is None
    monkeypatch.setattr(bootstrap, "_KEPT", 50 * len(counts) - 1)
    assert SharedDraws(counts, clusters, 50, np.random.default_rng(2)).of(every) is None


def test_answers_are_drawn_like_leaders_of_whom_there_is_one_each(monkeypatch):
    monkeypatch.setattr(bootstrap, "MANY", 100)
    found = reliability(answers(np.arange(500)), rng=1)
    by_answer, by_leader = (found.get("alpha", method=f"listwise/{kind}bootstrap") for kind in ("", "cluster_"))
    assert by_answer.std_error == by_leader.std_error
    assert by_answer.interval(0.95) == by_leader.interval(0.95)


def test_few_leaders_have_draws_of_their_own():
    """The streams of ordinary surveys stay what they were."""
    patterns = answers(np.repeat(np.arange(200), 3))
    found = reliability(patterns, rng=5)
    values, counts, clusters = patterns.values(), patterns.table()[1], patterns.clusters("leader")
    rng = np.random.default_rng(5)
    alpha_draws(values, counts, None, DRAWS, rng)
    assert std_error(found, "alpha", "listwise/cluster_bootstrap") == np.std(
        alpha_draws(values, counts, clusters, DRAWS, rng), ddof=1
    )
    ml = fit_model(patterns, Clustering(key="leader"), specification(patterns, "MLR"))
    implied, _ = normal_omega_draws(ml.fit, ml.clusters, 1000, rng)
    assert std_error(found, "omega_total", "ML-implied/cluster_bootstrap") == pytest.approx(np.std(implied, ddof=1), rel=1e-12)
