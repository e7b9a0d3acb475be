"""The correlation analysis: identities, models that are kept, and data that have little to give."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from made_up import answers
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.correlation.analysis import battery, correlation
from omstilling_psychometrics.topics.correlation.numerics.polychoric import pairs
from omstilling_psychometrics.topics.dimensionality.analysis import dimensionality
from omstilling_psychometrics.topics.items.analysis import items
from omstilling_psychometrics.topics.missing.analysis import missingness

PAIRS = pairs(5)


def test_clustered_errors_are_larger_where_leaders_matter():
    patterns = load_case("lq2002_lead")
    clustered, independent = correlation(patterns), correlation(patterns, cluster=None)
    one, other = (result.get("threshold", item="i1", category=3) for result in (clustered, independent))
    assert one.cluster == "leader"
    assert other.cluster is None
    assert one.estimate == other.estimate
    assert one.std_error > 1.5 * other.std_error
    low, high = clustered.confidence_interval("polychoric", item="i1~i2")
    assert low < clustered.value("polychoric", item="i1~i2") < high


def test_singleton_clusters_are_independence_up_to_their_factor():
    patterns = load_case("datCat").pool("group")
    expanded = patterns.expand(coded=True)
    expanded["leader"] = [f"r{row}" for row in range(len(expanded))]
    alone = ResponsePatterns.from_frame(expanded, patterns.instrument)
    n = patterns.n
    for quantity in ("pearson", "spearman", "polychoric"):
        ours = correlation(alone, cluster="leader").get(quantity, item="i2~i4").std_error
        assert_allclose(ours, correlation(patterns).get(quantity, item="i2~i4").std_error * np.sqrt(n / (n - 1)), rtol=1e-12)


def test_every_row_of_the_contract_is_there_once():
    result = battery(load_case("lq2002_lead"), rng=np.random.default_rng(1))
    keys = [(one.quantity, one.item, one.category, one.method) for one in result.statistics]
    assert len(keys) == len(set(keys)) == 3 * 10 + 20
    assert result.get("polychoric", item="i1~i2").n == 2042


def test_starved_data_give_reasons():
    rng = np.random.default_rng(1)
    codes = rng.integers(1, 6, size=(50, 4))
    codes[:, 1] = 3
    codes[:, 3] = codes[:, 2]
    result = correlation(answers(codes), one_step=True)
    for quantity in ("pearson", "spearman", "polychoric"):
        constant = result.get(quantity, item="i1~i2", method=None)
        assert np.isnan(constant.estimate)
        assert constant.note == "no_variance"
    perfect = result.get("polychoric", item="i3~i4", method=None)
    assert (perfect.estimate, perfect.std_error, perfect.note) == (1.0, None, "perfect_correlation")
    assert result.get("polychoric", item="i3~i4", method="one_step").note == "perfect_correlation"
    assert result.get("threshold", item="i2", category=1).note == "category_not_chosen"
    for patterns in (answers(codes[:1]), answers(np.full((3, 4), -1))):
        for one in correlation(patterns).statistics:
            assert one.note is not None or np.isfinite(one.estimate)


def test_empty_cells_are_reported_with_what_the_model_expects():
    codes = np.array([[1, 1]] * 20 + [[2, 2]] * 20 + [[3, 3]] * 10 + [[1, 2]] * 5 + [[2, 1]] * 4)
    note = correlation(answers(codes, 3)).get("polychoric", item="i1~i2").note
    assert note.startswith("empty_cells: 4/9 (")


def test_categories_from_zero_and_two_categories():
    patterns = load_case("msq_pos")
    assert patterns.instrument.categories[0] == 0
    rng = np.random.default_rng(2)
    binary = answers(rng.integers(1, 3, size=(80, 2)), 2)
    result = correlation(binary)
    assert [one.category for one in result.find("threshold")] == [1, 1]
    assert_allclose(result.value("spearman", item="i1~i2"), result.value("pearson", item="i1~i2"), rtol=1e-12)


def test_what_rows_come_from_is_kept():
    result = correlation(load_case("lq2002_lead"))
    model = result.model()
    k, t = model.thresholds.shape
    errors = [one.std_error for quantity in ("threshold", "polychoric") for one in result.find(quantity)]
    assert_allclose(np.sqrt(np.diag(model.covariance())), errors, rtol=1e-10)
    assert_allclose(model.thresholds.ravel(), [one.estimate for one in result.find("threshold")])
    assert len(errors) == k * t + k * (k - 1) // 2
    for quantity in ("polychoric", "pearson", "spearman"):
        assert_allclose(result.matrix(quantity)[PAIRS], [one.estimate for one in result.find(quantity)])
    with pytest.raises(UsageError, match="there are: polychoric, pearson, spearman"):
        result.matrix("kendall")


def test_every_role_keeps_its_own():
    codes = np.array([[1, 1], [2, 2], [3, 3], [1, 2]] * 5 + [[1, 2], [2, 1], [1, 1], [2, 2]] * 5)
    result = correlation(answers(codes, categories=3, role=["a"] * 20 + ["b"] * 20))
    assert result.matrix("pearson", role="b")[0, 1] == pytest.approx(0, abs=1e-12)
    with pytest.raises(UsageError, match="roles with a model in this result: a, b"):
        result.matrix("pearson")
    seen = result.glance().set_index("role")
    assert seen.loc["b", ["n", "pairs"]].tolist() == [20, 1]
    assert seen.loc["b", ["lowest", "mean", "highest"]].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    assert seen.loc["a", "mean"] == result.value("polychoric", role="a")


def test_a_glance_at_correlations_has_their_range():
    codes = np.array([[1, 1, 2], [2, 2, 1], [1, 1, 1], [2, 2, 2], [1, 2, 2], [2, 1, 2]] * 20)
    result = correlation(answers(codes, categories=2))
    estimates = [one.estimate for one in result.find("polychoric")]
    (seen,) = result.glance().to_dict("records")
    assert (seen["n"], seen["pairs"]) == (120, 3)
    assert (seen["lowest"], seen["mean"], seen["highest"]) == (
        min(estimates),
        pytest.approx(np.mean(estimates)),
        max(estimates),
    )
    # Thresholds at 0 of halves: rho = sin(pi/2 (share alike - share not alike)).
    assert result.value("polychoric", item="i1~i2") == pytest.approx(np.sin(np.pi / 2 * (4 - 2) / 6), abs=1e-6)


def test_models_say_of_how_many_answers_they_are():
    """What is written of few answers has few digits, and models that cannot be rounded are left out."""
    codes = np.array([[1, 2], [2, 1], [2, 2], [1, -1], [-1, -1]] * 4)
    given = answers(codes, categories=2)
    for analysis, n in ((correlation, 20), (items, 20), (missingness, 20)):
        assert analysis(given).model().n == n
    assert dimensionality(given, rng=1, correlations=["pearson"]).models["all"].n == 12
