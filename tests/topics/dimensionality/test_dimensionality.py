"""Dimensionality: the contract's rows, planted structure, starved data and repeatability."""

from functools import partial

import numpy as np
import pytest

import made_up
from declared import refuse_other_rows, refuse_rows_without_words
from made_up import likert
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case, manifest
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.dimensionality.analysis import dimensionality
from omstilling_psychometrics.topics.dimensionality.analysis_dimensions import declared

answers = partial(made_up.answers, items="q")


@pytest.mark.parametrize("name", sorted(manifest()))
def test_scales_of_one_factor_are_counted_as_one(name):
    """What R computes of the same answers, `verification/` compares."""
    result = dimensionality(load_case(name), rng=1, correlations=["pearson"])
    for quantity in ("eigenvalue", "parallel_threshold"):
        assert [one.category for one in result.find(quantity, method=None)] == [1, 2, 3, 4, 5]
    for rule in ("parallel", "map", "ekc"):
        assert result.value("n_factors", method=rule) == 1


@pytest.mark.parametrize("name", ["sim_small", "bfi_A", "lq2002_lead"])
def test_rows_are_unique_and_in_the_vocabulary(name):
    result = dimensionality(load_case(name), rng=1)
    refuse_rows_without_words(result.statistics)


def test_the_same_seed_gives_the_same_rows_and_another_nearly_the_same():
    case = load_case("datCat")
    first, again, other = (dimensionality(case, rng=seed).to_frame() for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    rows = first["quantity"] == "parallel_threshold"
    gap = (first[rows]["estimate"] - other[rows]["estimate"]).abs()
    assert (gap < 4 * np.hypot(first[rows]["std_error"], other[rows]["std_error"])).all()


def test_two_planted_factors_are_counted_by_every_rule():
    rng = np.random.default_rng(3)
    factor = rng.standard_normal((1500, 2))
    latent = 0.8 * factor[:, [0, 0, 0, 0, 1, 1, 1, 1]] + 0.6 * rng.standard_normal((1500, 8))
    result = dimensionality(answers(likert(latent)), rng=1, correlations=["pearson"])
    for rule in ("parallel", "parallel/mean", "parallel/crawford", "map", "map_revised", "ekc"):
        assert result.value("n_factors", method=rule) == 2
    assert result.value("explained_common_variance") < 0.6


def test_a_planted_residual_correlation_is_the_largest_residual():
    rng = np.random.default_rng(4)
    theta, extra = rng.standard_normal((3000, 1)), rng.standard_normal((3000, 1))
    latent = 0.7 * theta + 0.7 * rng.standard_normal((3000, 5))
    latent[:, [1, 3]] = 0.7 * theta + np.sqrt(0.15) * extra + np.sqrt(0.36) * rng.standard_normal((3000, 2))
    result = dimensionality(answers(likert(latent)), rng=1)
    for method in (None, "polychoric"):
        assert result.get("largest_residual", category=1, method=method).item == "q2~q4"
    assert 0.75 < result.value("explained_common_variance") < 0.95


def test_unrelated_items_have_no_factor():
    rows = np.random.default_rng(5).integers(1, 6, (800, 5))
    result = dimensionality(answers(rows), rng=1)
    assert result.value("n_factors", method="parallel") == 0
    assert result.get("n_factors", method="map").note == "no_component_lowers_the_partials"
    assert result.get("bartlett").p_value > 0.001


def test_known_leaders_are_said_to_be_ignored():
    result = dimensionality(load_case("sim1_complete"), rng=1)
    assert result.get("bartlett").note == "clusters_ignored"
    assert result.get("n_factors", method="parallel").note == "clusters_ignored"


@pytest.mark.parametrize(
    "rows",
    [
        np.empty((0, 4), dtype=int),
        [[3, 3, 3, 3]],
        [[1, 2, 3, 4], [3, 2, 1, 5]],
        [[1, 1, 2], [2, 2, 3], [4, 4, 1], [5, 5, 2]],
        [[BLANK, BLANK], [BLANK, 2]],
        [[2, 2], [4, 5], [1, 1], [3, 1]],
        [[1, 5, 1], [1, 5, 2], [1, 4, 3], [1, 3, 3]],
    ],
)
def test_starved_data_give_null_rows_with_reasons(rows):
    result = dimensionality(answers(rows), rng=1)
    words = vocabulary("da")
    assert result.find("kmo")
    for one in result.statistics:
        assert one.note is None or words.note(one.note)
        if one.estimate is not None and np.isnan(one.estimate):
            assert one.note


@pytest.mark.parametrize(("kind", "suffix"), [("pearson", ""), ("polychoric", "/polychoric")])
def test_the_rows_of_a_matrix_are_the_declared_ones(kind, suffix):
    """What is found beside them has no row where there is no matrix."""
    result = dimensionality(answers(made_up.codes(200, 5)), rng=1, correlations=[kind])
    quantities = ("average_squared_partial", "ekc_threshold", "eigenvalue_ratio", "largest_residual")
    further = [(quantity, suffix[1:] or None) for quantity in quantities]
    further += [("parallel_threshold", f"{rule}{suffix}") for rule in ("mean", "crawford")]
    further += [("n_factors", f"{rule}{suffix}") for rule in ("parallel/mean", "parallel/crawford", "map_revised")]
    refuse_other_rows(result.statistics, declared(result.models["all"].answers, kind), further)


def test_roles_stay_apart():
    rng = np.random.default_rng(6)
    instrument = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c", "d"), roles=("x", "y"))
    rows = likert(rng.standard_normal((400, 1)) + rng.standard_normal((400, 4)))
    both = ResponsePatterns.count(instrument, rows, {"role": Key.of(["x"] * 150 + ["y"] * 250)})
    result = dimensionality(both, rng=1, correlations=["pearson"])
    alone = dimensionality(both.select(role="y"), rng=1, correlations=["pearson"])
    assert result.value("kmo", role="y") == alone.value("kmo")
    assert result.get("kmo", role="x").n == 150


def test_options_are_refused_when_they_make_no_sense():
    case = load_case("datCat")
    with pytest.raises(UsageError, match="correlations"):
        dimensionality(case, rng=1, correlations=["tetrachoric"])
    with pytest.raises(UsageError, match="quantile"):
        dimensionality(case, rng=1, quantile=1.0)
