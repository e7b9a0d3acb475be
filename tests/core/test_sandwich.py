import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from omstilling_psychometrics.core.numerics.sandwich import Clusters, Span, after_cancellation, meat, quadratic_variance


def test_scores_that_cancel_within_every_cluster_have_no_variance():
    # 0.1 + 0.2 - 0.3 is 5.6e-17 in the last bits.
    scores = np.array([[0.1, 1.0], [0.2, 1.0], [-0.3, 1.0], [0.5, -3.0]])
    clusters = Clusters(csr_array(np.array([[1.0, 1, 1, 0], [2, 2, 2, 0]])), np.zeros(4))
    found = meat(scores, np.array([3.0, 3, 3, 0]), clusters)
    assert found[0].tolist() == [0, 0]
    assert found[:, 0].tolist() == [0, 0]
    assert found[1, 1] == pytest.approx(2 * (3**2 + 6**2), rel=1e-12)


def test_small_variances_stay():
    scores = np.array([[1.0], [-1.0]])
    clusters = Clusters(csr_array(np.array([[1001.0, 1000], [1000, 1001]])), np.zeros(2))
    assert meat(scores, np.array([2001.0, 2001]), clusters)[0, 0] == pytest.approx(2 * (1 + 1), rel=1e-12)


def test_a_difference_of_equal_things_has_no_variance():
    covariance = np.full((2, 2), 0.1 + 0.2)
    covariance[0, 0] -= 5e-17
    assert quadratic_variance(np.array([1.0, -1.0]), covariance) == 0
    assert quadratic_variance(np.array([1.0, 1.0]), covariance) == pytest.approx(1.2, rel=1e-12)
    assert math.isnan(quadratic_variance(np.array([1.0, 1.0]), np.full((2, 2), np.nan)))
    assert after_cancellation(np.array([-1e-17, 1e-6, np.nan]), np.ones(3))[:2].tolist() == [0, 1e-6]


def test_a_part_of_the_patterns_has_the_sums_and_the_size_of_its_counts():
    rng = np.random.default_rng(1)
    counts, singles = rng.poisson(0.3, size=(40, 6)).astype(float), np.array([0.0, 2, 0, 1, 0, 3])
    clusters = Clusters(csr_array(counts), singles)
    keep, again = np.array([True, False, True, True, False, True]), np.array([True, True, False, True])
    for part, columns in ((clusters, np.arange(6)), (clusters.restrict(keep), [0, 2, 3, 5])):
        scores = rng.normal(size=(len(columns), 2))
        assert part.counts.toarray().tolist() == counts[:, columns].tolist()
        assert part.sums(scores) == pytest.approx(counts[:, columns] @ scores, abs=1e-12)
        assert part.size == (counts[:, columns].sum(axis=1) > 0).sum() + singles[columns].sum()
    smaller = clusters.restrict(keep).restrict(again)
    assert smaller.counts.toarray().tolist() == counts[:, [0, 2, 5]].tolist()
    assert smaller.singles.tolist() == [0, 0, 3]
    assert smaller.size == (counts[:, [0, 2, 5]].sum(axis=1) > 0).sum() + 3
    assert clusters.restrict(np.ones(6, dtype=bool)) is clusters


def many_clusters(rng: np.random.Generator) -> tuple[np.ndarray, Clusters]:
    """Counts of eight patterns, and 200 clusters and some answers alone that have them."""
    by_cluster = rng.poisson(0.6, size=(200, 8)).astype(float)
    singles = rng.poisson(2, size=8).astype(float)
    return by_cluster.sum(axis=0) + singles, Clusters(csr_array(by_cluster), singles)


def test_scores_in_one_span_are_added_up_once(monkeypatch):
    rng = np.random.default_rng(2)
    counts, clusters = many_clusters(rng)
    columns = np.column_stack([np.ones(8), rng.normal(size=(8, 3))])
    columns = np.column_stack([columns, columns[:, 1] - columns[:, 2]])  # dependent columns span no more
    added = []
    plain = Clusters.sums_of_several
    monkeypatch.setattr(Clusters, "sums_of_several", lambda self, scores: added.append(1) or plain(self, scores))
    span = Span(columns, counts, clusters)
    several = [columns @ rng.normal(size=(5, q)) for q in (1, 4, 7)]
    found = [span.meat(scores) for scores in several]
    assert len(added) == 1
    for scores, middle in zip(several, found, strict=True):
        assert middle == pytest.approx(meat(scores, counts, clusters), rel=1e-10, abs=1e-10)
        assert (middle == middle.T).all()


def test_scores_of_a_span_that_cancel_within_clusters_have_no_variance():
    each = np.tile([1.0, 2.0, 1.0], (100, 1))
    clusters = Clusters(csr_array(each), np.zeros(3))
    span = Span(np.array([[0.1, 1], [0.2, 2], [-0.5, 3]]), each.sum(axis=0), clusters)
    assert span.meat(np.array([[0.1, 1], [0.2, 2], [-0.5, 3]]))[0].tolist() == [0, 0]


def test_few_clusters_and_none_are_as_without_a_span():
    rng = np.random.default_rng(3)
    counts, _ = many_clusters(rng)
    columns = rng.normal(size=(8, 2))
    for some in (None, Clusters(csr_array((0, 8)), np.eye(8)[0])):
        assert np.array_equal(Span(columns, counts, some).meat(columns), meat(columns, counts, some), equal_nan=True)


@pytest.mark.parametrize("lone", [3, 300])
def test_clusters_of_one_answer_and_of_several_in_blocks_are_added_up_alike(lone, monkeypatch):
    """Blocks and clusters that are taken out give the sums of all clusters; two equal answers are not one."""
    rng = np.random.default_rng(4)
    by_cluster = np.concatenate([rng.poisson(0.6, size=(60, 5)), np.eye(5)[rng.integers(5, size=lone)], 2 * np.eye(5)])
    singles = rng.poisson(2, size=5).astype(float)
    monkeypatch.setattr("omstilling_psychometrics.core.numerics.sandwich._BLOCK", 14)
    keep = np.array([True, True, False, True, True])
    whole = Clusters(csr_array(by_cluster), singles)
    for clusters, columns in ((whole, np.arange(5)), (whole.restrict(keep), np.flatnonzero(keep))):
        scores, counts = rng.normal(size=(len(columns), 2)), by_cluster[:, columns]
        sums = counts @ scores
        alone = singles[columns]
        units = (counts.sum(axis=1) > 0).sum() + alone.sum()
        expected = (sums.T @ sums + (scores * alone[:, None]).T @ scores) * units / (units - 1)
        assert clusters.size == units
        assert meat(scores, counts.sum(axis=0) + alone, clusters) == pytest.approx(expected, rel=1e-12)
        blocks = list(clusters.sums_of_several(scores))
        assert max(len(block) for block in blocks) == 7
        taken = np.count_nonzero(by_cluster.sum(axis=1) == 1) if lone == 300 else 0
        assert sum(len(block) for block in blocks) == len(by_cluster) - taken
