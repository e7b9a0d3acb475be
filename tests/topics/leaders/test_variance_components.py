"""Variance components: hand values and identities."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import f as f_distribution

from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.numerics.scale_score import scale_score
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.leaders.numerics import jackknife
from omstilling_psychometrics.topics.leaders.numerics import variance_components as components


def sums_of(name):
    patterns = load_case(name)
    score = scale_score(patterns.values(), patterns.instrument.minimum_answered)
    return components.group_sums(score, patterns.clusters("leader").counts)


def sums_from(scores, groups):
    counts = csr_array(np.eye(max(groups) + 1)[:, groups])
    return components.group_sums(np.array(scores, dtype=float), counts)


def test_anova_by_hand():
    # Two groups of two: 1, 3 | 4, 8. MSB = 2 (2 - 4)^2 + 2 (6 - 4)^2 = 16, MSW = (2 + 8)/2 = 5.
    fitted = components.anova(sums_from([1, 3, 4, 8], [0, 0, 1, 1]))
    assert (fitted.between, fitted.within, fitted.mean_size, fitted.n0) == (16, 5, 2, 2)
    assert fitted.icc1(2) == pytest.approx(11 / 21, rel=1e-15)
    assert fitted.icc2 == pytest.approx(11 / 16, rel=1e-15)
    assert fitted.p_value == pytest.approx(f_distribution.sf(16 / 5, 1, 2), rel=1e-12)


def test_icc2_is_spearman_brown_of_icc1_at_the_mean_size():
    fitted = components.anova(sums_of("lq2002_lead"))
    expected = components.spearman_brown(fitted.icc1(fitted.mean_size), fitted.mean_size)
    assert fitted.icc2 == pytest.approx(expected, rel=1e-12)


def test_equal_sizes_make_reml_the_anova():
    fitted = components.anova(sums_of("sim_small"))
    assert components.reml(sums_of("sim_small")).icc1 == pytest.approx(fitted.icc1(fitted.mean_size), rel=1e-10)


def test_no_more_between_than_by_chance_is_zero_in_reml_and_negative_in_anova():
    sums = sums_from([1, 5, 2, 4, 3, 3], [0, 0, 1, 1, 2, 2])
    fitted = components.anova(sums)
    assert fitted.icc1(2) == pytest.approx(-1.0)
    reml = components.reml(sums)
    assert reml.between == 0
    assert reml.within == pytest.approx(np.var([1, 5, 2, 4, 3, 3], ddof=1), rel=1e-12)
    assert math.isnan(components.icc1_error(reml))
    assert components.profile_bounds(0.95, reml)[0] == 0


def test_f_interval_holds_f_at_its_tails():
    fitted = components.anova(sums_of("sim1"))
    low, high = components.f_bounds(0.9, fitted)
    df = (fitted.groups - 1, fitted.n - fitted.groups)
    assert f_distribution.sf(fitted.f / low, *df) == pytest.approx(0.05, rel=1e-9)
    assert f_distribution.cdf(fitted.f / high, *df) == pytest.approx(0.05, rel=1e-9)


def test_jackknife_is_leaving_leaders_out_one_by_one():
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(8), rng.integers(2, 7, 8))
    scores = rng.normal(size=len(groups)) + rng.normal(size=8)[groups]
    logs = []
    for left_out in range(8):
        kept = groups != left_out
        logs.append(math.log(components.anova(sums_from(scores[kept], groups[kept])).f))
    expected = math.sqrt(7 / 8 * ((np.array(logs) - np.mean(logs)) ** 2).sum())
    assert jackknife.jackknife_log_f(sums_from(scores, groups)) == pytest.approx(expected, rel=1e-10)


def test_profile_bounds_lie_at_the_chi_square_quantile():
    fitted = components.reml(sums_of("lq2002_lead"))
    for bound in components.profile_bounds(0.95, fitted):
        moved = -components._deviance(fitted.sums, bound / (1 - bound)) / 2
        assert 2 * (fitted.log_likelihood - moved) == pytest.approx(3.841458820694124, rel=1e-6)


def test_standard_error_of_reml_is_the_curvature():
    fitted = components.reml(sums_of("lq2002_lead"))
    icc, h = fitted.icc1, 1e-4
    points = [-components._deviance(fitted.sums, x / (1 - x)) / 2 for x in (icc - h, icc, icc + h)]
    curvature = (points[0] - 2 * points[1] + points[2]) / h**2
    assert components.icc1_error(fitted) == pytest.approx(math.sqrt(-1 / curvature), rel=1e-3)


def test_anchor_five_answers_and_twenty_one():
    assert round(components.spearman_brown(0.10, 5), 2) == 0.36
    assert components.answers_needed(0.10, 0.70) == 21
    assert components.answers_needed(0.5, 0.8) == 4  # exactly .80: no fifth answer is needed
    assert components.answers_needed(-0.1, 0.7) == math.inf


@pytest.mark.parametrize(
    ("scores", "groups", "reason"),
    [
        ([np.nan, np.nan], [0, 1], "no_answers"),
        ([1, 2, 3], [0, 0, 0], "one_leader"),
        ([1, 2, 3], [0, 1, 2], "one_answer_per_leader"),
        ([2, 2, 2, 2], [0, 0, 1, 1], "no_variance"),
    ],
)
def test_what_cannot_be_told_apart_says_why(scores, groups, reason):
    with pytest.raises(EstimationError, match=reason):
        components.anova(sums_from(scores, groups))
    with pytest.raises(EstimationError, match=reason):
        components.reml(sums_from(scores, groups))


def test_no_variance_within_has_no_reml():
    with pytest.raises(EstimationError, match="no_variance_within"):
        components.reml(sums_from([1, 1, 3, 3], [0, 0, 1, 1]))


def test_the_restricted_likelihood_by_size_is_that_of_the_groups_one_by_one():
    rng = np.random.default_rng(8)
    counts = csr_array(rng.poisson(0.8, size=(60, 9)).astype(float))
    sums = components.group_sums(rng.normal(4, 1, 9), counts, np.arange(60), np.arange(60) % 2)
    for ratio in (0.0, 0.1, 3.0):
        weights = sums.n / (1 + sums.n * ratio)
        waves = [weights * (sums.wave == wave) for wave in (0, 1)]
        means = np.array([own @ sums.mean / own.sum() for own in waves])
        away = (sums.mean - means[sums.wave]) ** 2
        square, freedom = sums.within.sum() + weights @ away, sums.total - 2
        deviance = np.log1p(sums.n * ratio).sum() + sum(math.log(own.sum()) for own in waves)
        deviance += freedom * (1 + math.log(2 * math.pi * square / freedom))
        assert components._deviance(sums, ratio) == pytest.approx(deviance, rel=1e-12)
        trace = sum(own.sum() - (own**2).sum() / own.sum() for own in waves)
        slope = trace - freedom * (weights**2 @ away) / square
        assert components._slope(sums, ratio) == pytest.approx(slope, rel=1e-10)
        around = [components._slope(sums, ratio + step) for step in (-1e-5, 1e-5)]
        assert components._curvature(sums, ratio) == pytest.approx((around[1] - around[0]) / 2e-5, rel=1e-7)
