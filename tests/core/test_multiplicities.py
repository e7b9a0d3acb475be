"""Many units drawn by Poisson's law are drawn as one by one: chances, variances and covariances of the multinomial."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import binom

from omstilling_psychometrics.core.numerics import bootstrap
from omstilling_psychometrics.core.numerics.bootstrap import bootstrap_sums, case_counts, drawn_counts
from omstilling_psychometrics.core.numerics.multiplicities import by_poisson
from omstilling_psychometrics.core.numerics.sandwich import Clusters

ALIKE = np.array([1, 4, 500, 30, 3000])


def test_every_draw_is_of_as_many_units_as_there_are() -> None:
    own, kinds = by_poisson(9_000, ALIKE, 40, np.random.default_rng(1))
    assert own.shape == (9_000, 40)
    assert (own.sum(axis=0) + kinds.sum(axis=0) == 9_000 + ALIKE.sum()).all()
    small, _ = by_poisson(3, ALIKE[:0], 40, np.random.default_rng(1))  # all of the few are drawn one by one
    assert (small.sum(axis=0) == 3).all()


def test_a_unit_is_drawn_as_often_as_by_the_binomial() -> None:
    draws, units = 60, 20_000
    own, _ = by_poisson(units, ALIKE[:0], draws, np.random.default_rng(2))
    times = np.arange(6)
    chance = binom.pmf(times, units, 1 / units)
    share = (own[:, :, None] == times).mean(axis=(0, 1))
    assert (np.abs(share - chance) < 4 * np.sqrt(chance * (1 - chance) / (draws * units))).all()
    assert own.max() < 13


def test_units_that_are_alike_have_the_moments_of_the_multinomial() -> None:
    draws, single = 4_000, 200
    n = single + ALIKE.sum()
    _, kinds = by_poisson(single, ALIKE, draws, np.random.default_rng(3))
    variance = ALIKE * (1 - ALIKE / n)
    assert (np.abs(kinds.mean(axis=1) - ALIKE) < 4 * np.sqrt(variance / draws)).all()
    # The fourth moment of few makes their variance less certain than that of a normal variable.
    error = np.sqrt((2 + 1 / ALIKE) / draws)
    assert (np.abs(kinds.var(axis=1) / variance - 1) < 4 * error).all()
    between = np.cov(kinds[[2, 4]])[0, 1]
    assert abs(between + ALIKE[2] * ALIKE[4] / n) < 4 * math.sqrt(variance[2] * variance[4] / draws)


def survey(leaders: int) -> tuple[np.ndarray, Clusters]:
    """Counts of four patterns, and leaders of whom some have one answer and some none; answers without a leader too."""
    rng = np.random.default_rng(4)
    counts = rng.multinomial(3, [0.4, 0.3, 0.2, 0.1], size=leaders)
    counts[::3] = 0
    counts[np.arange(0, leaders, 3), rng.integers(0, 4, len(counts[::3]))] = 1
    counts[:5] = 0
    singles = np.array([0, 20, 30, 0])
    clusters = Clusters(csr_array(counts.astype(float)), singles.astype(float))
    return (counts.sum(axis=0) + singles).astype(float), clusters


def test_many_leaders_are_drawn_with_the_moments_of_their_sums(monkeypatch) -> None:
    counts, clusters = survey(1_000)
    terms = np.array([[1.0, 2.0], [1.0, -1.0], [1.0, 0.5], [1.0, 3.0]])
    units = np.concatenate([clusters.counts.toarray()[5:], np.repeat(np.eye(4), clusters.singles.astype(int), axis=0)])
    expected = np.cov(units @ terms, rowvar=False, ddof=0) * len(units)
    for many, draws in ((2_000, 3_000), (100, 6_000)):  # one by one, and by Poisson's law
        monkeypatch.setattr(bootstrap, "MANY", many)
        rng = np.random.default_rng(5)
        drawn = np.concatenate(list(drawn_counts(counts, clusters, draws, rng, together=700)))
        assert drawn.dtype == np.float32
        for sums in (drawn.astype(float) @ terms, bootstrap_sums(terms, counts, clusters, draws, rng)):
            error = 4 * np.sqrt(np.diag(expected) / draws)
            assert (np.abs(sums.mean(axis=0) - counts @ terms) < error).all()
            np.testing.assert_allclose(
                np.cov(sums, rowvar=False), expected, rtol=4 * math.sqrt(2 / draws), atol=0.02 * len(units)
            )


def test_many_answers_are_drawn_with_the_moments_of_the_multinomial(monkeypatch) -> None:
    counts = np.arange(1.0, 60.0)
    monkeypatch.setattr(bootstrap, "MANY", 100)
    drawn = np.concatenate(list(case_counts(counts, 4_000, np.random.default_rng(6))))
    n = counts.sum()
    assert (drawn.sum(axis=1) == n).all()
    variance = counts * (1 - counts / n)
    assert (np.abs(drawn.mean(axis=0) - counts) < 5 * np.sqrt(variance / 4_000)).all()
    np.testing.assert_allclose((drawn.var(axis=0) / variance).mean(), 1, rtol=4 * math.sqrt(2 / 4_000 / 59))


def test_counts_are_those_of_the_leaders_that_were_drawn(monkeypatch) -> None:
    """Single precision loses nothing: the same multiplicities, added up one leader after the other."""
    counts, clusters = survey(400)
    monkeypatch.setattr(bootstrap, "MANY", 100)
    (drawn,) = drawn_counts(counts, clusters, 30, np.random.default_rng(7), together=30)
    rows = clusters.counts.toarray()
    several, lone = rows[rows.sum(axis=1) > 1], rows[rows.sum(axis=1) == 1].sum(axis=0) + clusters.singles
    own, kinds = by_poisson(len(several), lone.astype(int), 30, np.random.default_rng(7))
    plain = [sum(times * row for times, row in zip(column, several, strict=True)) for column in own.T]
    np.testing.assert_array_equal(drawn, np.array(plain) + kinds.T)
