"""Reliability of the scale: coefficient alpha and its intervals, lower bounds, measurement error, omega."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed
from ...analysis.groups import group_by_group, noted
from ...analysis.item_direction import direction_notes, items_the_other_way
from ...analysis.sample import Sample, never_answered, too_few_complete
from ...core.numerics import intervals
from ...core.numerics.arrays import Mask
from ...core.numerics.bootstrap import SharedDraws
from ...core.numerics.moments import complete
from ...core.numerics.sandwich import Clusters
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_lower_bounds import lower_bounds, measurement_error
from .analysis_models import Pairs, ReliabilityModels
from .analysis_omega import model_based_reliability
from .numerics.alpha import Alpha, alpha_draws


@dataclass(frozen=True, kw_only=True)
class ReliabilityResult(Result):
    """Reliability coefficients; `listwise` uses complete rows, `pairwise` every pair of answers.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result, such as items that run the other way.
    converged : bool, default True
        Always; a coefficient of a model that did not converge is a null row.
    models : mapping, optional
        By role, or by group (`role/group` with several roles), `ReliabilityModels`: the alphas with their influence values,
        and the factor models that omega comes from (`maximum_likelihood()`, `full_information()`, `ordinal()`).
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "reliability"
    headline: ClassVar[tuple[str, ...]] = ("alpha", "omega_total", "omega_categorical", "glb", "standard_error_of_measurement")

    @property
    def alpha(self) -> float:
        """Coefficient alpha of complete rows."""
        return self.value("alpha", method="listwise")

    @property
    def omega_total(self) -> float:
        """Omega of complete rows under one factor (ML), over the variance that the model implies."""
        return self.value("omega_total", method="ML-implied")

    @property
    def omega_categorical(self) -> float:
        """Reliability of the sum of the ordinal items under one factor (Green & Yang 2009), model-implied."""
        return self.value("omega_categorical", method="implied")


# Coefficients below 0 where items go against each other on the whole.
_ALPHAS = ("alpha", "alpha_standardized", "lambda3")

# Enough that the ends of a 95 % percentile interval are known to about 3 % of its width.
DRAWS = 2000


@takes_answers
def reliability(
    patterns: ResponsePatterns,
    *,
    by: str | None = None,
    cluster: str | None = "default",
    rng: int | np.random.Generator | None = None,
    residual_covariances: Sequence[tuple[str, str]] = (),
) -> ReliabilityResult:
    """Coefficient alpha, lower bounds, measurement error and model-based coefficients in each role.

    Alpha's interval is Feldt's (n − 1 and (n − 1)(k − 1) degrees of freedom, n the complete rows) for independent answers,
    and the influence-function interval on log(1 − alpha), clustered by leader, where leaders are known. The others stand
    beside it under their own method: `listwise/feldt`, `listwise/bonett`, `listwise/influence` (independent answers) and, if
    `rng` is given, the bootstraps. psych::alpha gives the same alpha, semTools::compRelSEM the same omegas.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    by : str, optional
        Key of the data whose values are groups with rows of their own (`group`), in each role; answers without a value are in
        none. Whether the groups differ is what `alpha_comparison` tests.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    rng : int or numpy.random.Generator, optional
        Seed or generator of 2,000 bootstrap draws of alpha: `listwise/bootstrap` (answers resampled) and
        `listwise/cluster_bootstrap` (leaders resampled). Without it there are none.
    residual_covariances : sequence of pairs of str, optional
        Pairs that are declared, before the answers were seen, to share more than the factor. Both omegas then come with them
        free as well, by their names (`implied/i1~i2`). Without a declared pair they do so where the test of one survives Holm's
        adjustment over all pairs.

    Returns
    -------
    ReliabilityResult
        `alpha` (`listwise`, `pairwise`), `alpha_standardized`, `lambda1` … `lambda6`, `glb`, `omega_total`, `omega_categorical`
        and what follows from the same models; `standard_error_of_measurement` and `smallest_detectable_change` in scale points.

    Raises
    ------
    UsageError
        For a key of `by` or a cluster key that the data do not have, a pair of other than two of the items, and answers that
        were released, but not by this key.

    See Also
    --------
    alpha_comparison : Tests of equal alpha in groups.
    cfa : The factor model behind omega.
    multilevel : Reliability of the mean of a leader's raters.
    items : Alpha if an item is dropped.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16, 297–334.

    Feldt, L. S. (1965). The approximate sampling distribution of Kuder–Richardson reliability coefficient twenty.
    Psychometrika, 30, 357–370.

    Guttman, L. (1945). A basis for analyzing test-retest reliability. Psychometrika, 10, 255–282.

    Green, S. B., & Yang, Y. (2009). Reliability of summed item scores using structural equation modeling: An alternative to
    coefficient alpha. Psychometrika, 74, 155–167.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.reliability(load_case("lq2002_lead"))
    >>> round(result.alpha, 3)
    0.801
    >>> [round(bound, 3) for bound in result.confidence_interval("alpha")]  # 49 leaders are the clusters
    [0.786, 0.815]
    """
    stream = None if rng is None else np.random.default_rng(rng)
    declared = tuple(residual_covariances)
    groups = [(None, patterns)] if by in (None, "role") else group_by_group(patterns, by)
    statistics, models = list[Statistic](), dict[str, ReliabilityModels]()
    for group, answers in groups:
        rows, fits = fitted_by_role(
            answers, ReliabilityModels.of, partial(_rows, rng=stream, declared=declared), cluster=cluster
        )
        statistics += [replace(row, group=group) for row in rows]
        named = {role: role if group is None else group if len(patterns.roles) == 1 else f"{role}/{group}" for role in fits}
        models |= {named[role]: fit for role, fit in fits.items()}
    settings: dict[str, object] = {} if rng is None else {"draws": DRAWS}
    if by is not None:
        settings["by"] = by
    if declared:
        settings["residual_covariances"] = [list(pair) for pair in declared]
    return ReliabilityResult(
        statistics=tuple(statistics), settings=settings, notes=direction_notes(tuple(statistics)), models=models
    )


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> ReliabilityResult:
    """All rows of the reliability analysis."""
    return reliability(patterns, rng=rng)


def declared(models: ReliabilityModels) -> Iterator[Statistic]:
    """The alphas of one role, whether or not their items vary."""
    yield Statistic(quantity="alpha", method="listwise", n=models.listwise.n)
    yield Statistic(quantity="alpha", method="pairwise", n=models.pairwise.n)
    yield Statistic(quantity="alpha_standardized", n=models.standardized.n)


def coefficient_alpha(
    models: ReliabilityModels, rng: np.random.Generator | None = None, shared: SharedDraws | None = None
) -> Iterator[Statistic]:
    """Every row of `alpha` and `alpha_standardized` in one role, the default interval first; bootstraps with `rng` only, from
    `shared` draws of the role's units where there are any."""
    sample = models.sample
    rows = complete(sample.values)
    some = ~np.asarray(np.isnan(sample.values).all(axis=1))
    by_complete, by_pairs, standardized = declared(models)
    yield from completed(_alpha(sample, "listwise", models.listwise, rows), [by_complete], _undefined(models.listwise))
    if not math.isnan(models.listwise.estimate):
        yield _with_interval(sample, "listwise/bonett", models.listwise, intervals.bonett)
        if rng is not None:
            yield from _bootstrapped(sample, models.listwise, rows, rng, shared)
    undefined = never_answered(sample.patterns) or _undefined(models.pairwise)
    yield from completed(_alpha(sample, "pairwise", models.pairwise, some), [by_pairs], undefined)
    yield from completed(_standardized(sample, models.standardized, rows), [standardized], _undefined(models.standardized))


def _undefined(alpha: Alpha) -> str:
    """Why there is no such alpha, if so."""
    return too_few_complete(alpha.n) or "no_variance"


def _rows(models: ReliabilityModels, rng: np.random.Generator | None, declared: Pairs) -> Iterator[Statistic]:
    sample = models.sample
    other_way = items_the_other_way(sample)
    shared = None if rng is None else SharedDraws(sample.counts, sample.clusters, DRAWS, rng)
    rows = chain(
        coefficient_alpha(models, rng, shared),
        lower_bounds(sample),
        measurement_error(sample),
        model_based_reliability(models, rng=rng, shared=shared, residual_covariances=declared),
    )
    for row in rows:
        if row.estimate is None or math.isnan(row.estimate):
            yield row
        else:
            negative = row.quantity in _ALPHAS and row.estimate < 0
            yield noted(row, other_way or ("alpha_negative" if negative else None))


def _with_interval(sample: Sample, method: str, alpha: Alpha, bounds: Callable[..., intervals.Bounds]) -> Statistic:
    return Statistic(
        quantity="alpha",
        method=method,
        estimate=alpha.estimate,
        interval=partial(bounds, alpha=alpha.estimate, n=alpha.n, k=len(sample.patterns.items)),
        n=alpha.n,
        note=sample.clustering.note,
    )


def _alpha(sample: Sample, method: str, alpha: Alpha, used: Mask) -> Iterator[Statistic]:
    if math.isnan(alpha.estimate):
        return
    by_feldt = _with_interval(sample, method, alpha, intervals.feldt)
    independent = replace(sample, clustering=Clustering(key=None))
    fields = {"quantity": "alpha", "method": f"{method}/influence"}
    by_influence = independent.estimate(alpha.estimate, alpha.influence, used, intervals.log_complement, **fields)
    if sample.clustering.key is None:
        yield by_feldt
    else:
        clustered = sample.estimate(alpha.estimate, alpha.influence, used, intervals.log_complement, **fields)
        yield replace(clustered, method=method)
        yield replace(by_feldt, method=f"{method}/feldt")
    yield by_influence


def _bootstrapped(
    sample: Sample, alpha: Alpha, rows: Mask, rng: np.random.Generator, shared: SharedDraws | None
) -> Iterator[Statistic]:
    # Answers are drawn like leaders of whom there is one each.
    alone = sample.clusters is None or sample.clusters.counts.sum(axis=1).max(initial=0) <= 1
    kinds: list[tuple[str, Clusters | None, SharedDraws | None]] = [("listwise/bootstrap", None, shared if alone else None)]
    if sample.clusters is not None:
        kinds.append(("listwise/cluster_bootstrap", sample.clusters, shared))
    for method, clusters, draws in kinds:
        drawn = alpha_draws(sample.values, sample.counts, clusters, DRAWS, rng, draws)
        units = 0 if clusters is None else clusters.restrict(rows).size
        yield Statistic(
            quantity="alpha",
            method=method,
            estimate=alpha.estimate,
            std_error=float(np.nanstd(drawn, ddof=1)) if np.isfinite(drawn).sum() > 1 else math.nan,
            interval=partial(intervals.percentile, draws=drawn),
            cluster=sample.clustering.key if clusters is not None else None,
            n=alpha.n,
            note="one_cluster" if clusters is not None and units < 2 else None,
        )


def _standardized(sample: Sample, alpha: Alpha, rows: Mask) -> Iterator[Statistic]:
    if not math.isnan(alpha.estimate):
        bounds, quantity = intervals.log_complement, "alpha_standardized"
        yield sample.estimate(alpha.estimate, alpha.influence, rows, bounds, quantity=quantity)
