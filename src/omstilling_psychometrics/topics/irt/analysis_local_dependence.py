"""Is the largest Q3 larger than the model explains? Q3* with a parametric bootstrap."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ...analysis.by_role import fitted_by_role
from ...core.errors import EstimationError, UsageError
from ...core.note import Note, joined
from ...core.numerics.arrays import Floats
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis import Model
from .analysis_role import FittedRole, fit_role, require_enough, tabulate
from .numerics.estimation import fit
from .numerics.local_dependence import q3, q3_star
from .numerics.marginal import PatternTable
from .numerics.models import MODELS
from .numerics.parameters import layout
from .numerics.quadrature import NODES
from .numerics.sampling import draw
from .numerics.scoring import expected_a_posteriori


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawnQ3:
    """Q3* of a role and of answers drawn from its model.

    Parameters
    ----------
    role : FittedRole
        The model.
    observed : float
        Q3* of the answers; NaN where no pair of items can be compared.
    drawn : ndarray, shape (draws,)
        Q3* of each draw; NaN where the model could not be fitted to it.
    """

    role: FittedRole = field(repr=False)
    observed: float
    drawn: Floats = field(repr=False)

    @property
    def fitted(self) -> Floats:
        """Q3* of the draws to which the model could be fitted."""
        return self.drawn[np.isfinite(self.drawn)]

    @property
    def limit(self) -> float:
        """95th percentile of the draws; NaN where none could be fitted."""
        return float(np.quantile(self.fitted, 0.95)) if self.fitted.size else math.nan

    @property
    def p_value(self) -> float:
        """(1 + draws at least as large) / (1 + draws)."""
        return (1 + float((self.fitted >= self.observed).sum())) / (1 + self.fitted.size)


@dataclass(frozen=True, kw_only=True)
class LocalDependenceResult(Result):
    """Q3* of each role beside its distribution under the model; `model(role)` is a `DrawnQ3`.

    Parameters
    ----------
    statistics : tuple of Statistic
        `q3_star` with its bootstrap p value and `q3_star_limit`, the 95th percentile of Q3* under the model.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        A `DrawnQ3` by role; roles in which nothing could be fitted are not there.
    """

    analysis: ClassVar[str] = "irt"
    headline: ClassVar[tuple[str, ...]] = ("q3_star", "q3_star_limit")

    models: Mapping[str, DrawnQ3] = field(default_factory=dict, repr=False, compare=False)


@takes_answers
def local_dependence(
    patterns: ResponsePatterns,
    *,
    rng: np.random.Generator | int,
    model: Model = "graded",
    draws: int = 200,
) -> LocalDependenceResult:
    """Q3*, the largest Q3 less the mean Q3, against its distribution under the model.

    Every draw takes as many answers to the same items from the fitted model, refits it and computes Q3*. p = (1 + draws at
    least as large) / (1 + draws). Answers are drawn as independent; items not answered stay unanswered. The Q3 are mirt's.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    rng : int or numpy.random.Generator
        Seed or generator of the draws. The same seed gives the same rows.
    model : {"graded", "gpcm", "pcm"}, default "graded"
        As in `irt`.
    draws : int, default 200
        How many, at least 1.

    Returns
    -------
    LocalDependenceResult
        `q3_star` with its p value, and `q3_star_limit`, the 95th percentile of the draws.

    Raises
    ------
    UsageError
        For an unknown model or no draws.

    See Also
    --------
    irt : The model, with Q3 of every pair.
    cfa : Pairs that share more than the factor.
    dynamic_cutoffs : Drawn limits for indices of fit.

    References
    ----------
    Christensen, K. B., Makransky, G., & Horton, M. (2017). Critical values for Yen's Q3: Identification of local dependence
    in the Rasch model using residual correlations. Applied Psychological Measurement, 41, 178–194.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.local_dependence(load_case("datCat"), rng=1, draws=5)
    >>> round(result.value("q3_star"), 3)
    0.156
    """
    if model not in MODELS:
        raise UsageError(f"model is '{model}'; there are: {', '.join(MODELS)}.")
    if draws < 1:
        raise UsageError(f"draws is {draws}; at least 1 is needed.")
    generator = np.random.default_rng(rng)
    method = f"{model}/parametric_bootstrap"
    statistics, models = fitted_by_role(
        patterns,
        lambda answers, clustering: _drawn(fit_role(answers, MODELS[model], clustering), draws, generator),
        lambda drawn: _rows(drawn, method),
        lambda answers: declared(answers, method),
    )
    settings = {"model": model, "draws": draws, "rng": rng if isinstance(rng, int) else "Generator"}
    return LocalDependenceResult(statistics=statistics, settings=settings, models=models)


def _drawn(role: FittedRole, draws: int, rng: np.random.Generator) -> DrawnQ3:
    """Raises EstimationError where the model cannot be fitted to the answers."""
    if role.reason is not None:
        raise EstimationError(role.reason.key, role.reason.detail)
    observed = _q3_star(role, role.items, role.data.table)
    return DrawnQ3(role=role, observed=observed, drawn=np.array([_one_draw(role, rng) for _ in range(draws)]))


def _rows(draws: DrawnQ3, method: str) -> Iterator[Statistic]:
    role, n = draws.role, draws.role.n
    failed = draws.drawn.size - draws.fitted.size
    note = joined(
        "clusters_ignored" if role.clusters is not None and role.clusters.size < n else None,
        Note("draws_not_fitted", f"{failed} of {draws.drawn.size}") if failed else None,
    )
    if math.isnan(draws.observed) or not draws.fitted.size:
        note = "no_comparisons"
    observed, p_value = draws.observed, draws.p_value
    yield Statistic(quantity="q3_star", method=method, estimate=observed, statistic=observed, p_value=p_value, n=n, note=note)
    yield Statistic(quantity="q3_star_limit", method=method, estimate=draws.limit, n=n, note=note)


def declared(answers: ResponsePatterns, method: str) -> Iterator[Statistic]:
    for quantity in ("q3_star", "q3_star_limit"):
        yield Statistic(quantity=quantity, method=method, n=tabulate(answers).n)


def _q3_star(role: FittedRole, items: Floats, table: PatternTable) -> float:
    theta, _ = expected_a_posteriori(role.kind, items, role.latent, table.answers, NODES)
    return q3_star(q3(role.kind, items, table.answers, table.counts, theta)[0])


def _one_draw(role: FittedRole, rng: np.random.Generator) -> float:
    """Q3* of answers drawn from the model and fitted again; NaN where that fit cannot be used."""
    table = draw(role.kind, role.items, role.latent, role.data.table, NODES, rng)
    try:
        require_enough(role.kind, table)
    except EstimationError:
        return math.nan
    same = role.fit is not None and np.array_equal(table.observed(), role.data.table.observed())
    start = role.fit.free if role.fit is not None and same else None
    again = fit(role.kind, [table], layout(role.kind, table.observed()[None]), start=start)
    return math.nan if again.reason is not None else _q3_star(role, again.items[0], table)
