"""Is the largest Q3 larger than the model explains? Q3* with a parametric bootstrap."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from ...analysis.by_role import Clustering, by_role
from ...core.errors import UsageError
from ...core.numerics.arrays import Floats
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_role import RoleFit, fit_role, refusal
from .numerics.estimation import fit
from .numerics.local_dependence import q3, q3_star
from .numerics.marginal import PatternTable
from .numerics.models import MODELS
from .numerics.parameters import layout
from .numerics.quadrature import NODES
from .numerics.sampling import draw
from .numerics.scoring import expected_a_posteriori


@dataclass(frozen=True, kw_only=True)
class LocalDependenceResult(Result):
    """Q3* of each role with its bootstrap p value, and the 95th percentile of Q3* under the model."""

    analysis: ClassVar[str] = "irt"


@takes_answers
def local_dependence(
    patterns: ResponsePatterns,
    *,
    rng: np.random.Generator | int,
    model: Literal["graded", "gpcm", "pcm"] = "graded",
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

    def compute(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        for row in _rows(fit_role(one, MODELS[model], clustering), draws, generator):
            yield replace(row, method=f"{model}/parametric_bootstrap")

    settings = {"model": model, "draws": draws, "rng": rng if isinstance(rng, int) else "Generator"}
    return LocalDependenceResult(statistics=by_role(patterns, compute), settings=settings)


def _rows(role: RoleFit, draws: int, rng: np.random.Generator) -> Iterator[Statistic]:
    n = role.data.n
    if not role.usable:
        for quantity in ("q3_star", "q3_star_limit"):
            yield Statistic(quantity=quantity, estimate=math.nan, n=n, note=role.note)
        return
    observed = _q3_star(role, role.items, role.data.table)
    drawn = np.array([_one_draw(role, rng) for _ in range(draws)])
    usable = drawn[np.isfinite(drawn)]
    shared = role.clusters is not None and role.clusters.size < n
    note = "clusters_ignored" if shared else None
    if usable.size < draws:
        failed = f"draws_not_fitted: {draws - usable.size} of {draws}"
        note = failed if note is None else f"{note}; {failed}"
    if math.isnan(observed) or usable.size == 0:
        note = "no_comparisons"
    p_value = (1 + float((usable >= observed).sum())) / (1 + usable.size)
    limit = float(np.quantile(usable, 0.95)) if usable.size else math.nan
    yield Statistic(quantity="q3_star", estimate=observed, statistic=observed, p_value=p_value, n=n, note=note)
    yield Statistic(quantity="q3_star_limit", estimate=limit, n=n, note=note)


def _q3_star(role: RoleFit, items: Floats, table: PatternTable) -> float:
    theta, _ = expected_a_posteriori(role.model, items, role.latent, table.answers, NODES)
    return q3_star(q3(role.model, items, table.answers, table.counts, theta)[0])


def _one_draw(role: RoleFit, rng: np.random.Generator) -> float:
    """Q3* of answers drawn from the model and fitted again; NaN where that fit cannot be used."""
    table = draw(role.model, role.items, role.latent, role.data.table, NODES, rng)
    if role.fit is None or refusal(role.model, table) is not None:
        return math.nan
    same = np.array_equal(table.observed(), role.data.table.observed())
    start = role.fit.free if same else None
    again = fit(role.model, [table], layout(role.model, table.observed()[None]), start=start)
    return math.nan if again.problem is not None else _q3_star(role, again.items[0], table)
