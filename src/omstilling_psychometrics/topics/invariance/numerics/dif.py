"""Differential item functioning by ordinal logistic regression of an item on the total score and the group.

    m0: y ~ 1      m1: y ~ total      m2: y ~ total + group      m3: y ~ total x group
    uniform = m2 - m1,  nonuniform = m3 - m2,  total = m3 - m1                  Zumbo (1999); Crane et al. (2006)

Likelihood ratios take answers as independent; Wald tests with scores added up within clusters do not. Effects: change of
McFadden's R2 = 1 - l/l0, and the difference between two groups' expected item scores at equal total scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from ....core.errors import EstimationError
from ....core.note import Note
from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.sandwich import Clusters, meat, quadratic_variance
from ....core.numerics.wald import WaldTest, wald_test
from .proportional_odds import ProportionalOdds, expected_category, null_log_likelihood, proportional_odds

EFFECTS = ("uniform", "nonuniform", "total")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Likelihood ratio with df and p-value, change of McFadden's R2, and the clustered Wald test, or why there is none."""

    likelihood_ratio: float
    df: int
    p_value: float
    r2_change: float
    wald: WaldTest | None
    refusal: Note | None


@dataclass(frozen=True, kw_only=True)
class ScoreDifference:
    """Expected item score of group `first` less that of `second` at equal totals, averaged over all totals; std_error."""

    first: int
    second: int
    estimate: float
    std_error: float


@dataclass(frozen=True, kw_only=True)
class ItemDif:
    """The regressions of one item on the total score and the group, and what follows from them.

    Parameters
    ----------
    regressions : tuple of ProportionalOdds
        On the total; on total and group; on both with their product: their `thresholds`, `coefficients`, `log_likelihood`.
    effects : dict of str to Effect
        `uniform`, `nonuniform` and `total`: likelihood ratio test, change of McFadden's R2, and Wald test by cluster.
    log_likelihoods : tuple of float
        Of the model without predictors, then of the three regressions.
    differences : tuple of ScoreDifference
        Expected item score of a group less that of another at equal totals, for every pair of groups.
    smallest_group : int
        Answers of the group that has fewest: what its coefficients rest on.
    """

    regressions: tuple[ProportionalOdds, ProportionalOdds, ProportionalOdds]
    effects: dict[str, Effect]
    log_likelihoods: tuple[float, float, float, float]
    differences: tuple[ScoreDifference, ...]
    smallest_group: int


def item_dif(
    item: Floats, total: Floats, group: Ints, counts: Floats, clusters: Clusters | None, df_denominator: float
) -> ItemDif:
    """item, total and group 0 ... g - 1 (n,) of distinct answers with counts (n,), all groups occurring; clusters over (n,).

    Raises EstimationError where a model cannot be fitted. ordinal::clm (R) gives the same likelihoods.
    """
    used = counts > 0
    groups = int(group.max()) + 1
    values, outcome = np.unique(item[used], return_inverse=True)
    if len(values) < 2:
        raise EstimationError("constant_item")
    n, parameters = round(float(counts.sum())), len(values) + 2 * (groups - 1)
    table = _Table.of(outcome.astype(np.int64), total[used], group[used], counts[used])
    if n <= parameters:
        raise EstimationError("fewer_answers_than_parameters", f"n = {n}, {parameters}")
    fits = [proportional_odds(table.outcome, design, table.counts) for design in table.designs]
    heights = [null_log_likelihood(table.outcome, table.counts), *(fit.log_likelihood for fit in fits)]
    inside = clusters and clusters.restrict(used)
    covariances = [_covariance(fit, table, counts[used], inside) for fit in fits]
    effects = {}
    for name, larger, smaller, df in (
        ("uniform", 1, 0, groups - 1),
        ("nonuniform", 2, 1, groups - 1),
        ("total", 2, 0, 2 * (groups - 1)),
    ):
        wald, refusal = _wald(fits[larger], covariances[larger], df, df_denominator)
        ratio = max(0.0, 2 * (fits[larger].log_likelihood - fits[smaller].log_likelihood))
        effects[name] = Effect(
            likelihood_ratio=ratio,
            df=df,
            p_value=float(chdtrc(df, ratio)),
            r2_change=(fits[smaller].log_likelihood - fits[larger].log_likelihood) / heights[0],
            wald=wald,
            refusal=refusal,
        )
    return ItemDif(
        regressions=(fits[0], fits[1], fits[2]),
        effects=effects,
        log_likelihoods=(heights[0], heights[1], heights[2], heights[3]),
        differences=_differences(fits[2], covariances[2], table, values, groups),
        smallest_group=round(float(np.bincount(group, weights=counts).min())),
    )


@dataclass(frozen=True)
class _Table:
    """Distinct (outcome, total, group) with counts (m,); row (n,) of each answer; designs of m1, m2, m3 (m, q)."""

    outcome: Ints
    counts: Floats
    row: Ints
    score: Floats
    designs: tuple[Floats, Floats, Floats]

    @classmethod
    def of(cls, outcome: Ints, total: Floats, group: Ints, counts: Floats) -> _Table:
        totals, place = np.unique(total, return_inverse=True)
        groups = int(group.max()) + 1
        code = (outcome * len(totals) + place) * groups + group
        distinct, row = np.unique(code, return_inverse=True)
        weights = np.bincount(row, weights=counts).astype(np.float64)
        rest, own_group = np.divmod(distinct, groups)
        own_outcome, own_total = np.divmod(rest, len(totals))
        score = totals[own_total]
        centre = weights @ score / weights.sum()
        spread = math.sqrt(float(weights @ (score - centre) ** 2 / weights.sum()))
        if spread == 0:
            raise EstimationError("no_variance")
        score = (score - centre) / spread  # the likelihoods do not depend on it; the equations are better conditioned
        return cls(own_outcome, weights, row, score, _designs(score, own_group, groups))


def _designs(score: Floats, group: Ints, groups: int) -> tuple[Floats, Floats, Floats]:
    member = (group[:, None] == np.arange(1, groups)).astype(float)
    first = score[:, None]
    return first, np.hstack([first, member]), np.hstack([first, member, first * member])


def _covariance(fit: ProportionalOdds, table: _Table, counts: Floats, clusters: Clusters | None) -> Floats:
    """Sandwich covariance of the parameters; answers in the same row of the table have the same score."""
    if not fit.determined:
        return np.full(fit.information.shape, np.nan)
    influence = np.asarray(np.linalg.solve(fit.information, fit.scores.T).T, dtype=np.float64)
    return meat(influence[table.row], counts, clusters)


def _wald(
    fit: ProportionalOdds, covariance: Floats, df: int, df_denominator: float
) -> tuple[WaldTest, None] | tuple[None, Note]:
    """Are the last df coefficients 0? Or why that cannot be tested."""
    if not fit.determined:
        return None, Note("perfect_prediction")
    try:
        return wald_test(fit.parameters[-df:], covariance[-df:, -df:], df_denominator), None
    except EstimationError as error:
        return None, error.reason


def _differences(
    fit: ProportionalOdds, covariance: Floats, table: _Table, values: Floats, groups: int
) -> tuple[ScoreDifference, ...]:
    share = table.counts / table.counts.sum()
    designs = [_designs(table.score, np.full(len(share), group), groups)[2] for group in range(groups)]

    def means(parameters: Floats) -> Floats:
        return np.array([share @ expected_category(parameters, fit.categories, values, design) for design in designs])

    expected = means(fit.parameters)
    gradient = np.empty((groups, len(fit.parameters)))
    for column in range(len(fit.parameters)):
        step = np.zeros(len(fit.parameters))
        step[column] = 1e-5 * max(1.0, abs(float(fit.parameters[column])))
        gradient[:, column] = (means(fit.parameters + step) - means(fit.parameters - step)) / (2 * step[column])
    pairs = []
    for first in range(groups):
        for second in range(first + 1, groups):
            slope = gradient[first] - gradient[second]
            pairs.append(
                ScoreDifference(
                    first=first,
                    second=second,
                    estimate=float(expected[first] - expected[second]),
                    std_error=math.sqrt(quadratic_variance(slope, covariance)),
                )
            )
    return tuple(pairs)
