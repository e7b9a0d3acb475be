"""Roles beside each other: score distributions, and how self and superior differ from and go with the team."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import ClassVar

import numpy as np

from ...analysis.by_role import by_role, missing, several_leaders
from ...analysis.groups import groups_of
from ...analysis.sample import Sample
from ...analysis.standard_errors import remarked
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.item_rest import pearson
from ...core.numerics.moments import standard_deviation
from ...core.numerics.sandwich import Clusters, meat, quadratic_variance
from ...core.numerics.scale_score import scale_score
from ...core.numerics.tally import distinct
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..items.analysis_external_scales import external_correlations, external_scales
from .numerics.paired_groups import UnitMeans, unit_clusters, unit_means

# Points of the score distribution that are tabulated.
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)

_PAIRS = (("self", "team"), ("superior", "team"), ("self", "superior"))


@dataclass(frozen=True, kw_only=True)
class RoleComparisonResult(Result):
    """Score distributions of the roles, and comparisons of two roles; a method `a~b` means role a less, or with, role b."""

    analysis: ClassVar[str] = "role_comparison"


@takes_answers
def role_comparison(patterns: ResponsePatterns, *, external: Sequence[str] = ()) -> RoleComparisonResult:
    """Compare the roles' scale scores.

    Over all answers of two roles, errors are added up within leaders over both; over the leaders whom both answered about, a
    leader counts once per wave. Correlations are of observed means, not corrected for the number of answers behind them.
    scipy and pandas give the same means, quantiles and correlations.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them, with the keys `role` and `leader`.
    external : sequence of str, optional
        Background variables that hold the scores of other scales. Each role then has the `external_correlation` of its scale
        score with each of them: high with what should go along with leadership of digital transformation, low with what
        should not. Without one, a null row says that this cannot be tested.

    Returns
    -------
    RoleComparisonResult
        Each role: `score_mean`, `score_sd`, `score_quantile`, in scale points. Each pair of roles (method `a~b`):
        `mean_difference`, `standardized_difference` (pooled standard deviation), and over leaders `leaders_with_both`,
        `leader_difference`, `leader_share_above` and `leader_correlation` of the role means.

    Raises
    ------
    UsageError
        For an external column that is not there or does not hold numbers.

    References
    ----------
    Liang, K.-Y., & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models. Biometrika, 73, 13–22.

    Examples
    --------
    Two leaders about themselves, and two of the team about each.

    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> score = [5, 4, 3, 3, 2, 3]
    >>> items = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")
    >>> frame = pd.DataFrame({"role": ["leder", "medarbejder", "medarbejder"] * 2, "leader": ["x"] * 3 + ["y"] * 3})
    >>> result = op.role_comparison(op.read(frame.assign(**{item: score for item in items})))
    >>> result.value("mean_difference", method="leder~medarbejder")  # 4 and 3
    1.0
    >>> result.value("leader_share_above", method="leder~medarbejder")  # 5 beside 3.5, and 3 beside 2.5
    1.0
    """
    statistics = list(by_role(patterns, lambda one, chosen: _distribution(Sample(one, chosen))))
    pairs = role_pairs(patterns)
    if not pairs:
        for quantity in ("mean_difference", "leader_difference", "leader_correlation"):
            statistics.append(missing("one_role", quantity=quantity, n=patterns.n))
    for first, second in pairs:
        statistics += _over_answers(patterns, first, second)
        statistics += _over_leaders(patterns, first, second)
    if external:
        statistics += by_role(patterns, lambda one, chosen: external_correlations(one, chosen, external))
    else:
        statistics.append(missing("no_external_scale", quantity="external_correlation", n=patterns.n))
    return RoleComparisonResult(statistics=remarked(patterns, statistics), settings={"external": list(external)})


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> RoleComparisonResult:
    """All rows of the comparison of roles (nothing in it is random); every numeric background variable is another scale."""
    return role_comparison(patterns, external=external_scales(patterns))


def role_pairs(patterns: ResponsePatterns) -> list[tuple[str, str]]:
    """Pairs to compare: self with team, superior with team, self with superior; every pair where relations are not known."""
    relations = {patterns.instrument.relation(role): role for role in patterns.roles}
    if None not in relations and len(relations) == len(patterns.roles):
        return [(relations[a], relations[b]) for a, b in _PAIRS if a in relations and b in relations]
    return list(combinations(patterns.roles, 2))


def _score(patterns: ResponsePatterns) -> Floats:
    return scale_score(patterns.values(), patterns.instrument.minimum_answered)


# ---------------------------------------------------------------- each role


def _distribution(sample: Sample) -> Iterator[Statistic]:
    score = _score(sample.patterns)
    scored = ~np.isnan(score)
    n = sample.n(scored)
    yield sample.mean(score, quantity="score_mean")
    note = None if n > 1 else f"too_few_answers: n = {n} < 2"
    spread = standard_deviation(score[scored], sample.counts[scored]) if n > 1 else math.nan
    yield Statistic(quantity="score_sd", estimate=spread, n=n, note=note)
    for share in QUANTILES:
        if n == 0:
            yield missing("no_answers", quantity="score_quantile", category=share, n=0)
            continue
        value = counted_quantile(score[scored], sample.counts[scored], share)
        yield Statistic(quantity="score_quantile", category=share, estimate=value, n=n)


def counted_quantile(values: Floats, counts: Floats, share: float) -> float:
    """Quantile by linear interpolation between order statistics (numpy's and R's default), from counted values."""
    order = np.argsort(values)
    last = np.cumsum(counts[order])
    position = share * (float(last[-1]) - 1)
    whole = math.floor(position)
    below, above = values[order][np.searchsorted(last, [whole, math.ceil(position)], side="right")]
    return float(below + (position - whole) * (above - below))


# ---------------------------------------------------------------- all answers of two roles


def _over_answers(patterns: ResponsePatterns, first: str, second: str) -> Iterator[Statistic]:
    method = f"{first}~{second}"
    answers = patterns.select(role=[first, second])
    groups = groups_of(answers)
    score = _score(answers)
    scored = ~np.isnan(score)
    rows = [groups.names.index(role) for role in (first, second)]
    weights = [np.where(scored, groups.counts[row], 0.0) for row in rows]
    n = [float(one.sum()) for one in weights]
    if min(n) < 2:
        for quantity in ("mean_difference", "standardized_difference"):
            yield missing("too_few_answers", quantity=quantity, method=method, n=round(sum(n)))
        return
    value = np.where(scored, score, 0.0)
    means = [one @ value / size for one, size in zip(weights, n, strict=True)]
    variances = [one @ (value - mean) ** 2 / size for one, mean, size in zip(weights, means, n, strict=True)]
    pooled = (n[0] * variances[0] + n[1] * variances[1]) / (sum(n) - 2)
    difference = float(means[0] - means[1])
    influence = np.zeros((groups.stacked.size, 2))
    p = len(value)
    for row, mean, variance, size, sign in zip(rows, means, variances, n, (1, -1), strict=True):
        part = slice(row * p, (row + 1) * p)
        influence[part, 0] = np.where(scored, sign * (value - mean) / size, 0.0)
        influence[part, 1] = np.where(scored, ((value - mean) ** 2 - variance) / (sum(n) - 2), 0.0)
    covariance = meat(influence, groups.stacked, groups.clusters)
    units = intervals.degrees_of_freedom(groups.clusters)
    yield groups.difference("mean_difference", method, difference, float(covariance[0, 0]), units, round(sum(n)))
    if pooled == 0:
        yield missing("no_variance", quantity="standardized_difference", method=method, n=round(sum(n)))
        return
    slopes = np.array([1 / math.sqrt(pooled), -difference / (2 * pooled**1.5)])
    standardized = difference / math.sqrt(pooled)
    spread = quadratic_variance(slopes, covariance)
    yield groups.difference("standardized_difference", method, standardized, spread, units, round(sum(n)))


# ---------------------------------------------------------------- leaders whom both roles answered about


@dataclass(frozen=True)
class _Pairs:
    """Means of both roles about each leader (and wave) that both answered about; note: what must be said of their errors."""

    first: UnitMeans
    second: UnitMeans
    clusters: Clusters
    note: str | None

    @property
    def units(self) -> Floats:
        return np.ones(len(self.first.n))

    @property
    def n(self) -> int:
        return round(float(self.first.n.sum() + self.second.n.sum()))


def _pairs(patterns: ResponsePatterns, first: str, second: str) -> _Pairs:
    leader = patterns.keys["leader"]
    wave = patterns.keys.get("wave")
    known = leader.codes >= 0
    columns, widths = [leader.codes[known]], [len(leader.levels)]
    if wave is not None:
        columns, widths = [*columns, wave.codes[known] + 1], [*widths, len(wave.levels) + 1]
    about, unit = distinct(columns, widths)
    score, role = _score(patterns)[patterns.pattern[known]], patterns.keys["role"]
    counts = patterns.counts[known].astype(np.float64)

    def means(name: str) -> UnitMeans:
        of_role = role.codes[known] == role.levels.index(name)
        return unit_means(score[of_role], counts[of_role], unit[of_role], len(about[0]))

    a, b = means(first), means(second)
    both = (a.n > 0) & (b.n > 0)
    clusters = unit_clusters(about[0][both])
    note = several_leaders(patterns.select(role=[first, second]), "leader")
    return _Pairs(UnitMeans(a.n[both], a.mean[both]), UnitMeans(b.n[both], b.mean[both]), clusters, note)


def _over_leaders(patterns: ResponsePatterns, first: str, second: str) -> Iterator[Statistic]:
    method = f"{first}~{second}"
    quantities = ("leader_difference", "leader_share_above", "leader_correlation")
    if "leader" not in patterns.keys:
        yield from (missing("no_leaders", quantity=quantity, method=method, n=0) for quantity in quantities)
        return
    pairs = _pairs(patterns, first, second)
    leaders = len(pairs.units)
    yield Statistic(quantity="leaders_with_both", method=method, estimate=float(leaders), n=pairs.n)
    if leaders < 2:
        note = f"too_few_leaders_with_both: {leaders}"
        yield from (missing(note, quantity=quantity, method=method, n=pairs.n) for quantity in quantities)
        return
    difference = pairs.first.mean - pairs.second.mean
    yield _mean_over_leaders("leader_difference", method, difference, pairs)
    yield _mean_over_leaders("leader_share_above", method, (difference > 0).astype(float), pairs)
    correlation = pearson(pairs.first.mean, pairs.second.mean, pairs.units)
    if leaders < 4 or math.isnan(correlation.estimate):
        note = "no_variance" if leaders >= 4 else f"too_few_leaders_with_both: {leaders}"
        yield missing(note, quantity="leader_correlation", method=method, n=pairs.n)
        return
    error = intervals.influence_error(correlation.influence, pairs.units, pairs.clusters)
    df = intervals.degrees_of_freedom(pairs.clusters)
    yield Statistic(
        quantity="leader_correlation",
        method=method,
        cluster="leader",
        estimate=correlation.estimate,
        std_error=error,
        interval=partial(intervals.fisher_z, correlation=correlation.estimate, std_error=error, df=df),
        n=pairs.n,
        note=pairs.note,
    )


def _mean_over_leaders(quantity: str, method: str, values: Floats, pairs: _Pairs) -> Statistic:
    mean = float(values.mean())
    error = intervals.influence_error(values - mean, pairs.units, pairs.clusters)
    df = intervals.degrees_of_freedom(pairs.clusters)
    bounds = partial(intervals.wald, estimate=mean, std_error=error, df=df)
    if quantity == "leader_share_above":
        bounds = partial(intervals.wilson, share=mean, n=len(values), std_error=error, df=df)
    return Statistic(
        quantity=quantity,
        method=method,
        cluster="leader",
        estimate=mean,
        std_error=error,
        interval=bounds,
        n=pairs.n,
        note=pairs.note,
    )
