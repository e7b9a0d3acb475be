"""What is drawn of many answers: a part that looks like them, as large for any number of them."""

import numpy as np
import pytest

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis_fit import fit_model
from omstilling_psychometrics.topics.factor.analysis_specification import specification
from omstilling_psychometrics.topics.factor.dynamic_samples import Design
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population

LOADINGS = np.array([0.6, 0.7, 0.8, 0.7])
POPULATION = Population(
    loadings=LOADINGS, thresholds=np.tile([-1.0, 0.5], (4, 1)), leader_share=0.0, leader_variances=np.zeros(4)
)


def design(leader, estimator="WLSMV"):
    """Of answers with a tenth of holes in the first item; leader below 0: not known."""
    rng = np.random.default_rng(1)
    leader = np.asarray(leader)
    codes = POPULATION.draw((), np.full(leader.size, -1), rng)
    codes[rng.random(leader.size) < 0.1, 0] = BLANK
    instrument = plain_instrument((1, 2, 3), ("a", "b", "c", "d"))
    key = Key(leader, tuple(f"l{one:06d}" for one in range(leader.max() + 1)))
    patterns = ResponsePatterns.count(instrument, codes, {"leader": key})
    clustering = Clustering(key="leader")
    return Design.of(patterns, clustering, fit_model(patterns, clustering, specification(patterns, estimator)), pair_free=False)


def sizes(one):
    return np.diff(one.units, append=one.n)


@pytest.mark.parametrize("n", [6_000, 60_000])
def test_a_part_is_as_large_for_any_number_of_answers_and_has_leaders_of_all_sizes(n):
    rng = np.random.default_rng(2)
    teams = rng.integers(1, 16, n)
    whole = design(np.repeat(np.arange(n), teams)[:n])
    part = whole.part
    assert part.n == pytest.approx(2_500, rel=0.05)
    assert part.units[0] == 0
    for power in (1, 2):
        assert (sizes(part) ** power).mean() == pytest.approx((sizes(whole) ** power).mean(), rel=0.02)
    assert (part.holes[:, 0] < 0).mean() == pytest.approx(0.1, abs=0.02)
    assert not (part.holes[:, 1:] < 0).any()


def test_answers_without_a_leader_are_units_of_their_own_in_the_part_too():
    whole = design(np.concatenate([np.repeat(np.arange(1000), 4), np.full(4000, -1)]))
    assert (whole.part.leader < 0).mean() == pytest.approx(0.5, abs=0.02)
    assert set(sizes(whole.part).tolist()) == {1, 4}


@pytest.mark.parametrize(
    "leader",
    [
        np.repeat(np.arange(500), 5),  # few answers
        np.repeat(np.arange(100), 60),  # few leaders
    ],
)
def test_few_answers_or_few_leaders_are_drawn_whole(leader):
    whole = design(leader)
    assert whole.part is whole


def test_other_estimators_draw_everybody():
    whole = design(np.repeat(np.arange(1000), 4), "ML")
    assert whole.part is whole


def test_a_leader_of_many_answers_stands_for_itself():
    whole = design(np.concatenate([np.full(1000, -1), np.repeat(np.arange(1000), 4), np.full(1000, 1000)]))
    part = whole.part
    assert sizes(part)[0] == 1000
    assert part.n == pytest.approx(1000 + 2500, rel=0.01)
    assert (part.leader[:1000] == 0).all()
    assert (part.leader[1000:] < 0).mean() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_array_equal(part.holes[:1000], whole.holes[-1000:])


def test_the_same_seed_draws_the_same_samples_from_a_part():
    whole = design(np.repeat(np.arange(1500), 4))
    seeds = np.random.SeedSequence(1).spawn(2)
    first, second = whole.indices((), seeds)
    assert first != second
    assert whole.indices((), seeds) == [first, second]
