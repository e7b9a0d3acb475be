"""Values of the number of factors and of exploratory factors that are known in closed form."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.stats import t

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.dimensionality.analysis import DimensionalityResult, dimensionality
from omstilling_psychometrics.topics.dimensionality.analysis_efa import efa


@cache
def two_blocks(slips: tuple[int, int], together: int) -> ResponsePatterns:
    """Two blocks of three yes-no items whose Pearson correlations are known exactly.

    Behind each block is a class, 0 or 1, each of one half; the two classes correlate `together`/4. An item of block b says the
    class, but for `slips`[b] in ten answers, so that two items of the block correlate (1 - slips/5)², and two of different
    blocks the product of the roots of these times the correlation of the classes.
    """
    rows = np.array(list(product((0, 1), repeat=6)))
    counts = np.zeros(len(rows), dtype=np.int64)
    for classes in product((0, 1), repeat=2):
        says = np.repeat(classes, 3)
        slip = np.repeat(slips, 3)
        likely = np.where(rows == says, 10 - slip, slip).prod(axis=1)
        counts += likely * (4 + together if classes[0] == classes[1] else 4 - together)
    return ResponsePatterns.count(plain_instrument((0, 1), tuple("abcdef")), rows + 1, counts=counts)


@cache
def apart() -> DimensionalityResult:
    """Correlations of .64 in one block and .36 in the other, none between them."""
    return dimensionality(two_blocks((1, 2), 0), rng=1, correlations=["pearson"])


@pytest.mark.proves("explained_common_variance", "eigenvalue_ratio", "eigenvalue")
def test_two_blocks_that_have_nothing_in_common() -> None:
    # Eigenvalues 1 + 2r, and of the common part 3r.
    assert apart().value("eigenvalue", category=1) == pytest.approx(2.28, rel=1e-12)
    assert apart().value("eigenvalue_ratio") == pytest.approx(2.28 / 1.72, rel=1e-12)
    assert apart().value("explained_common_variance") == pytest.approx(0.64 / (0.64 + 0.36), abs=1e-6)


@pytest.mark.proves("largest_residual")
def test_one_factor_leaves_the_weaker_block() -> None:
    for pair, rank in (("d~e", 1), ("d~f", 2), ("e~f", 3)):
        assert apart().value("largest_residual", item=pair, category=rank) == pytest.approx(0.36, abs=1e-6)


@pytest.mark.proves("ekc_threshold")
def test_empirical_kaiser_criterion_by_hand() -> None:
    """Braeken & van Assen (2017): what the eigenvalues before leave of k, shared by those to come, times (1 + √(k/n))², at
    least 1."""
    result = dimensionality(load_case("datCat"), rng=1, correlations=["pearson"])
    observed = [one.estimate for one in result.find("eigenvalue")]
    n = result.get("ekc_threshold", category=1).n
    for place in range(5):
        expected = max(1, (5 - sum(observed[:place])) / (5 - place) * (1 + np.sqrt(5 / n)) ** 2)
        assert result.value("ekc_threshold", category=place + 1) == pytest.approx(expected, rel=1e-12)
    assert result.value("ekc_threshold", category=1) > 1.3


@pytest.mark.proves("parallel_threshold")
def test_thresholds_of_two_items_are_those_of_the_size_of_a_correlation() -> None:
    """The eigenvalues of two items are 1 ± |r|, and the quantiles of |r| of unrelated normal items are known."""
    n = 1000
    rows = np.random.default_rng(1).integers(1, 6, (n, 2))
    result = dimensionality(
        ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ("a", "b")), rows), rng=1, correlations=["pearson"]
    )

    def size(share: float) -> float:
        bound = t.ppf((1 + share) / 2, n - 2)
        return float(bound / np.sqrt(n - 2 + bound**2))

    for category, expected in ((1, 1 + size(0.95)), (2, 1 - size(0.05))):
        one = result.get("parallel_threshold", category=category, method=None)
        assert one.std_error is not None
        assert one.std_error < 0.002
        assert one.estimate == pytest.approx(expected, abs=4 * one.std_error)


@pytest.mark.proves("factor_correlation", "variance_explained")
def test_factors_of_two_blocks_correlate_as_the_classes_behind_them() -> None:
    """Loadings of .8 on one factor each and a correlation of one half: a perfect simple structure, which oblimin finds."""
    result = efa(two_blocks((1, 1), 2), factors=2, rng=1)
    assert result.value("factor_correlation") == pytest.approx(0.5, abs=1e-5)
    assert np.sort(result.loadings.to_numpy(), axis=1) == pytest.approx(np.tile([0, 0.8], (6, 1)), abs=1e-5)
    # Each has its three loadings of .8, and its share of what it has in common with the other, which is nothing here.
    for factor in (1, 2):
        assert result.value("variance_explained", category=factor) == pytest.approx(3 * 0.64 / 6, abs=1e-5)
    one = efa(load_case("datCat"))
    squares = sum(row.estimate**2 for row in one.find("loading"))
    assert one.value("variance_explained", category=1) == pytest.approx(squares / 5, rel=1e-12)


@pytest.mark.proves("n_factors")
def test_rules_count_the_eigenvalues_above_their_thresholds() -> None:
    result = dimensionality(two_blocks((1, 2), 1), rng=1)
    for kind in ("", "/polychoric"):
        observed = [one.estimate for one in result.find("eigenvalue", method=kind[1:] or None)]
        for rule, method in (
            ("parallel", kind[1:] or None),
            ("parallel/mean", f"mean{kind}"),
            ("parallel/crawford", f"crawford{kind}"),
        ):
            limits = [one.estimate for one in result.find("parallel_threshold", method=method)]
            above = [one > limit for one, limit in zip(observed, limits, strict=True)]
            assert result.value("n_factors", method=f"{rule}{kind}") == above.index(False) == 2
        limits = [one.estimate for one in result.find("ekc_threshold", method=kind[1:] or None)]
        above = [one > limit for one, limit in zip(observed, limits, strict=True)]
        assert result.value("n_factors", method=f"ekc{kind}") == above.index(False) == 2
        crawford, mean, own = (
            [one.estimate for one in result.find("parallel_threshold", method=method)]
            for method in (f"crawford{kind}", f"mean{kind}", kind[1:] or None)
        )
        assert crawford == [own[0], *mean[1:]]


@pytest.mark.proves("n_factors", "average_squared_partial")
def test_partial_correlations_by_hand() -> None:
    """Velicer (1976): what correlations are left when components are taken out; revised, the fourth power of them."""
    answers = load_case("datCat")
    matrix = np.corrcoef(answers.expand()[list(answers.items)].to_numpy(float).T)
    values, vectors = np.linalg.eigh(matrix)
    result = dimensionality(answers, rng=1, correlations=["pearson"])
    averages = {}
    for number in range(4):
        components = vectors[:, 5 - number :] * np.sqrt(values[5 - number :])
        left = matrix - components @ components.T
        partial = (left / np.sqrt(np.outer(left.diagonal(), left.diagonal())))[np.triu_indices(5, 1)]
        averages[number] = {power: (partial**power).mean() for power in (2, 4)}
        found = result.value("average_squared_partial", category=number)
        assert found == pytest.approx(averages[number][2], rel=1e-9)
    for rule, power in (("map", 2), ("map_revised", 4)):
        assert result.value("n_factors", method=rule) == min((1, 2, 3), key=lambda number: averages[number][power])


@pytest.mark.proves("rmsea", "cfi", "tli")
@pytest.mark.parametrize("method", ["minres", "ml", "paf"])
def test_indices_of_one_factor_follow_from_two_tests(method: str) -> None:
    """Bartlett's of one factor, and of none, which is his test that nothing is related."""
    answers = load_case("datCat")
    result, null = efa(answers, method=method), dimensionality(answers, rng=1, correlations=["pearson"]).get("bartlett")
    chi2 = result.get("chi2")
    assert (chi2.df, null.df) == (5, 10)
    excess, null_excess = chi2.statistic - 5, null.statistic - 10
    assert excess > 0
    assert result.value("rmsea") == pytest.approx(np.sqrt(excess / 5 / (chi2.n - 1)), rel=1e-9)
    assert result.value("cfi") == pytest.approx(1 - excess / null_excess, rel=1e-9)
    ratio = null.statistic / 10
    assert result.value("tli") == pytest.approx((ratio - chi2.statistic / 5) / (ratio - 1), rel=1e-9)


@pytest.mark.proves("residual_correlation", "root_mean_square_residual")
@pytest.mark.parametrize("method", ["minres", "ml", "paf"])
def test_residuals_are_what_loadings_leave_of_the_correlations(method: str) -> None:
    answers = load_case("datCat_mis")
    rows = answers.expand()[list(answers.items)].dropna().to_numpy()
    result = efa(answers, method=method)
    loadings = np.array([one.estimate for one in result.find("loading")])
    left = (np.corrcoef(rows.T) - np.outer(loadings, loadings))[np.triu_indices(5, 1)]
    assert [one.estimate for one in result.find("residual_correlation")] == pytest.approx(left, abs=1e-9)
    assert result.value("root_mean_square_residual") == pytest.approx(np.sqrt((left**2).mean()), abs=1e-9)


def test_what_rows_come_from_is_kept() -> None:
    result = dimensionality(two_blocks((1, 2), 0), rng=1)
    model = result.model("all")
    # Within blocks .64 and .36, between them nothing.
    assert model.matrix == pytest.approx(
        np.kron(np.diag([0.64, 0.36]), np.ones((3, 3))) + np.kron(np.diag([0.36, 0.64]), np.eye(3))
    )
    assert model.eigenvalues == pytest.approx([2.28, 1.72, 0.64, 0.64, 0.36, 0.36])
    limits = [one.estimate for one in result.find("parallel_threshold", method="mean")]
    assert list(model.thresholds["mean"].values) == limits
    # Tetrachoric correlations of halves: r = 2/pi arcsin(rho).
    polychoric = result.model(correlations="polychoric").matrix
    assert polychoric[0, 1] == pytest.approx(np.sin(np.pi / 2 * 0.64), abs=1e-6)
    with pytest.raises(UsageError, match="there are of this role: pearson"):
        apart().model(correlations="polychoric")
    unanswered = ResponsePatterns.count(plain_instrument((0, 1), ("a", "b", "c")), np.ones((5, 3), dtype=int))
    with pytest.raises(UsageError, match="none: the notes of its rows say why"):
        dimensionality(unanswered, rng=1).model()


def test_glance_at_two_blocks() -> None:
    (seen,) = apart().glance().to_dict("records")
    # Equal correlations r of three items: partial ones r/(1 + r).
    squares, partial = 0.64**2 + 0.36**2, (0.64 / 1.64) ** 2 + (0.36 / 1.36) ** 2
    assert (seen["role"], seen["n"], seen["n_factors"]) == ("all", 16_000_000, 2)
    assert (seen["explained_common_variance"], seen["kmo"]) == pytest.approx((0.64, squares / (squares + partial)), abs=1e-6)


def test_scores_of_one_block_are_the_mean_of_its_answers() -> None:
    """Three items that all correlate .64: weights of the standardised answers √.64/(1 + 2 · .64), and the scores' variance
    3 · .64/(1 + 2 · .64)."""
    rows = np.array(list(product((0, 1), repeat=3)))
    counts = np.where(np.ptp(rows, axis=1) == 0, 9**3 + 1, 9**2 + 9)
    answers = ResponsePatterns.count(plain_instrument((0, 1), tuple("abc")), rows + 1, counts=counts)
    result = efa(answers)
    model = result.model()
    weight = 0.8 / 2.28
    assert model.loadings[:, 0] == pytest.approx([0.8] * 3)
    assert model.weights()[:, 0] == pytest.approx([weight] * 3)
    table = result.by_pattern()
    n = table["count"].sum()
    assert n == counts.sum()
    standard = (2 * table[["a", "b", "c"]] - 1) * np.sqrt((n - 1) / n)
    assert table["factor1"].to_numpy() == pytest.approx(weight * standard.sum(axis=1).to_numpy())
    assert table["count"] @ table["factor1"] ** 2 / (n - 1) == pytest.approx(3 * 0.64 / 2.28)
    assert result.glance().loc[0, ["variance_explained", "root_mean_square_residual"]].tolist() == pytest.approx([0.64, 0])
    with pytest.raises(UsageError, match="use pearson"):
        efa(answers, correlations="polychoric").by_pattern()


def test_solutions_are_kept_by_method() -> None:
    result = efa(two_blocks((1, 1), 2), factors=2, rng=1)
    assert result.model().factor_correlations[0, 1] == result.value("factor_correlation")
    assert result.model(method="minres/oblimin") is result.model()
    with pytest.raises(UsageError, match="there are of this role: minres/oblimin"):
        result.model(method="paf")
