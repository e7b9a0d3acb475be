"""Exploratory factor analysis: the contract's rows, intervals, rotation, Heywood cases and starved data."""

from functools import partial

import numpy as np
import pytest

import made_up
from declared import refuse_other_rows, refuse_rows_without_words
from made_up import likert
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.topics.dimensionality.analysis_efa import battery, declared, efa

answers = partial(made_up.answers, items="q")


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize("name", ["sim_small", "datCat_mis"])
def test_contract_rows(name):
    result = battery(load_case(name), rng=np.random.default_rng(1))
    for method in ("minres", "ml", "paf"):
        rows = result.find("loading", method=method)
        assert {row.category for row in rows} == {1}
        assert all(low < row.estimate < high for row in rows for low, high in [row.confidence_interval()])
        assert result.get("chi2", method=method).df == 5
    refuse_rows_without_words(result.statistics)


def test_polychoric_loadings_have_no_test_of_fit():
    assert not efa(load_case("datCat"), correlations="polychoric").find("chi2")


def test_bootstrap_error_of_a_loading_has_the_size_that_repeated_samples_have():
    rng = np.random.default_rng(2)
    estimates, errors = [], []
    for draw in range(50):
        latent = 0.7 * rng.standard_normal((400, 1)) + np.sqrt(0.51) * rng.standard_normal((400, 4))
        result = efa(answers(likert(latent)), draws=50 if draw < 12 else 0, rng=draw)
        one = result.get("loading", item="q1")
        estimates.append(one.estimate)
        errors += [] if one.std_error is None else [one.std_error]
    assert np.mean(errors) == pytest.approx(np.std(estimates, ddof=1), rel=0.3)


def test_leaders_are_resampled_where_they_are_known():
    result = efa(load_case("sim1_complete"), draws=100, rng=1)
    assert result.get("loading", item="i1").cluster == "leader"
    assert result.get("chi2").note == "clusters_ignored"
    alone = efa(load_case("sim1_complete"), draws=100, rng=1, cluster=None)
    assert alone.get("loading", item="i1").cluster is None
    assert alone.get("chi2").note is None


def test_two_factors_with_intervals_that_follow_their_factors():
    rng = np.random.default_rng(3)
    factor = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 800)
    latent = 0.8 * factor[:, [0, 0, 0, 1, 1, 1]] + 0.6 * rng.standard_normal((800, 6))
    for rotation in ("oblimin", "varimax"):
        result = efa(answers(likert(latent)), factors=2, rotation=rotation, draws=30, rng=1)
        large = [one for one in result.find("loading") if abs(one.estimate) > 0.5]
        assert len(large) == 6
        assert all(one.std_error < 0.1 for one in large)
        assert len({one.category for one in large[:3]}) == len({one.category for one in large[3:]}) == 1
    assert result.get("chi2").df == 4
    correlated = efa(answers(likert(latent)), factors=2, rng=1)
    assert correlated.value("factor_correlation") == pytest.approx(0.4, abs=0.1)
    assert correlated.loadings.shape == (6, 2)


def test_the_same_seed_gives_the_same_rows():
    case = load_case("datCat")
    assert efa(case, draws=20, rng=5).to_frame().equals(efa(case, draws=20, rng=5).to_frame())


def test_a_heywood_case_is_named():
    rng = np.random.default_rng(4)
    # r12 r13 / r23 > 1: the first item's communality would have to exceed 1.
    matrix = np.array([[1, 0.8, 0.75, 0.3], [0.8, 1, 0.4, 0.2], [0.75, 0.4, 1, 0.25], [0.3, 0.2, 0.25, 1]])
    case = answers(likert(rng.multivariate_normal(np.zeros(4), matrix, 1000)))
    for method in ("minres", "ml", "paf"):
        assert "heywood: q1" in efa(case, method=method).get("loading", item="q1").note


def test_three_items_are_just_identified_and_two_not_at_all():
    rng = np.random.default_rng(5)
    rows = likert(rng.standard_normal((300, 1)) + rng.standard_normal((300, 3)))
    three, two = efa(answers(rows)), efa(answers(rows[:, :2]))
    assert three.get("chi2").note == "no_degrees_of_freedom"
    assert three.value("root_mean_square_residual") == pytest.approx(0.0, abs=1e-6)
    assert two.get("loading", item="q1").note == "not_identified"
    assert efa(answers(rows), factors=2, rng=1).get("loading", item="q1", category=2).note == "not_identified"


@pytest.mark.parametrize(
    "rows",
    [
        np.empty((0, 4), dtype=int),
        [[3, 3, 3, 3]],
        [[1, 2, 3, 4], [3, 2, 1, 5]],
        [[1, 1, 2, 2], [2, 2, 3, 1], [4, 4, 1, 1], [5, 5, 2, 4], [2, 2, 5, 5]],
        [[BLANK, BLANK], [BLANK, 2]],
        [[1, 5, 1, 2], [1, 5, 2, 1], [1, 4, 3, 3], [1, 3, 3, 2]],
    ],
)
def test_starved_data_give_null_rows_with_reasons(rows):
    result = battery(answers(rows), rng=1)
    words = vocabulary("da")
    for one in result.statistics:
        assert one.note is None or words.note(one.note)
        if one.estimate is not None and np.isnan(one.estimate):
            assert one.note


def test_options_are_refused_when_they_make_no_sense():
    case = load_case("datCat")
    for options, message in (
        ({"method": "pca"}, "unknown method"),
        ({"correlations": "spearman"}, "unknown correlations"),
        ({"factors": 0}, "factors is 0"),
        ({"rotation": "promax", "factors": 2, "rng": 1}, "unknown rotation"),
        ({"rotation": "varimax"}, "cannot be rotated"),
        ({"draws": 1, "rng": 1}, "draws is 1"),
        ({"draws": 10}, "give rng"),
        ({"factors": 2}, "give rng"),
    ):
        with pytest.raises(UsageError, match=message):
            efa(case, **options)


@pytest.mark.parametrize("factors", [1, 2])
def test_the_rows_of_a_solution_are_the_declared_ones(factors):
    """What is found beside them has no row where there is no solution."""
    result = efa(answers(made_up.codes(200, 6)), factors=factors, rng=1)
    solution = result.models["all"].by_method["minres" if factors == 1 else "minres/oblimin"]
    further = ["variance_explained", "residual_correlation", "chi2", "rmsea", "tli", "cfi"]
    further += ["factor_correlation"] if factors > 1 else []
    rows = declared(solution.answers, solution.model)
    refuse_other_rows(result.statistics, rows, [(quantity, solution.model.name) for quantity in further])
