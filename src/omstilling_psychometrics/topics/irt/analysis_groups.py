"""Item response models of several groups at once: which parameters may be taken as equal?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, get_args

import numpy as np

from ...analysis.by_role import Clustering, clustering, require_one_role
from ...analysis.groups import require_groups
from ...core.errors import UsageError, as_known
from ...core.numerics import intervals
from ...core.numerics.sandwich import Clusters
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..factor.analysis_sample import stacked
from .analysis_parameters import ItemRows, likelihood, place_covariance, positive, reading
from .analysis_role import problem
from .numerics.estimation import Fit, fit
from .numerics.marginal import PatternTable
from .numerics.models import MODELS, ItemModel
from .numerics.parameters import layout

Invariance = Literal["configural", "metric", "scalar"]


@dataclass(frozen=True, kw_only=True)
class IrtGroupsResult(Result):
    """Parameters of every group, latent means and variances, and the likelihood of all groups together.

    `fit` is None where there is nothing to fit; `levels` names its groups in order, the first has mean 0 and variance 1.
    """

    analysis: ClassVar[str] = "irt"

    levels: tuple[str, ...]
    fit: Fit | None = field(default=None, repr=False)

    @property
    def log_likelihood(self) -> float:
        return self.value("log_likelihood")

    @property
    def parameters(self) -> int:
        """Number of free parameters: differences of it are the degrees of freedom of likelihood ratio tests."""
        return 0 if self.fit is None else self.fit.layout.size


@takes_answers
def irt_groups(
    patterns: ResponsePatterns,
    *,
    by: str = "role",
    model: Literal["graded", "gpcm"] = "graded",
    invariance: Invariance = "scalar",
    noninvariant: Sequence[str] = (),
    cluster: str | None = "default",
) -> IrtGroupsResult:
    """One item response model for all values of the key `by`, by marginal maximum likelihood on all rows with an answer.

    A category that one group did not choose is known through the other groups where its thresholds are equal, and NaN with a
    note where they are not; nothing is relabelled. Standard errors: sandwich summed over clusters, which may run across
    groups, or observed information without them. Agrees with mirt::multipleGroup(invariance = "", c("slopes", "free_var"),
    c("slopes", "intercepts", "free_var", "free_means")).

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    by : str, default "role"
        Key of the data whose values are the groups.
    model : {"graded", "gpcm"}, default "graded"
        Graded response or generalized partial credit.
    invariance : {"configural", "metric", "scalar"}, default "scalar"
        configural: every group its own item parameters, latent mean 0 and variance 1. metric: equal slopes, latent variances
        free from the second group on. scalar: equal intercepts too, latent means free.
    noninvariant : sequence of str, optional
        Items that keep parameters of their own.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other, over all groups at once: the leader where it is known. None
        takes all answers as independent.

    Returns
    -------
    IrtGroupsResult
        Rows as those of `irt`, with role `all` and group the value of `by`, and `latent_mean` and `latent_variance` of each
        group.

    Raises
    ------
    UsageError
        For a key that the data do not have, fewer than two groups, several roles when `by` is another key, and a model, level
        of invariance or item that there is not.

    References
    ----------
    Samejima, F. (1969). Estimation of latent ability using a response pattern of graded scores. Psychometrika Monograph
    Supplement, 34(4).

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.irt_groups(load_case("datCat"), by="group")
    >>> round(result.value("latent_mean", group="male"), 3)
    0.424
    """
    model, invariance = as_known(model, MODELS), as_known(invariance, get_args(Invariance))  # type: ignore[assignment]
    _check(patterns, by, model, invariance, noninvariant)
    require_groups(patterns, by, "irt_groups")
    if by != "role":
        patterns = require_one_role(patterns, f"irt_groups(by='{by}')")
    kind = MODELS[model]
    chosen = _clustering(patterns, cluster)
    tables, levels, clusters = _tables(patterns, by, chosen)
    observed = np.array([table.observed() for table in tables])
    items = [patterns.items.index(item) for item in noninvariant]
    note = _refusal(kind, tables, invariance)
    fitted = None
    if note is None:
        fitted = fit(kind, tables, layout(kind, observed, invariance=invariance, noninvariant=items))
        note = problem(fitted, patterns.items)
    n = round(sum(table.n for table in tables))
    groups = [
        _group_rows(patterns, kind, fitted, group, tables[group], invariance, note, chosen, clusters)
        for group in range(len(levels))
    ]
    statistics = [replace(row, group=level) for level, rows in zip(levels, groups, strict=True) for row in rows]
    statistics += likelihood(fitted, note, n)
    return IrtGroupsResult(
        statistics=tuple(replace(row, method=f"{model}/{invariance}") for row in statistics),
        settings={
            "by": by,
            "model": model,
            "invariance": invariance,
            "noninvariant": tuple(noninvariant),
            "cluster": cluster,
        },
        notes=() if note is None else (note,),
        converged=note is None,
        levels=levels,
        fit=fitted,
    )


def _check(patterns: ResponsePatterns, by: str, model: str, invariance: str, noninvariant: Sequence[str]) -> None:
    patterns.size(by)  # refuses a key that is not there
    if model not in ("graded", "gpcm"):
        raise UsageError(f"model is '{model}'; several groups can be compared with: graded, gpcm.")
    if invariance not in ("configural", "metric", "scalar"):
        raise UsageError(f"invariance is '{invariance}'; there are: configural, metric, scalar.")
    unknown = [item for item in noninvariant if item not in patterns.items]
    if unknown:
        raise UsageError(f"noninvariant names {', '.join(unknown)}; the items are: {', '.join(patterns.items)}.")


def _clustering(patterns: ResponsePatterns, cluster: str | None) -> Clustering:
    """Over several roles answers about one leader depend on each other, whoever gives them."""
    leaders = "leader" in patterns.keys and bool(patterns.keys["leader"].levels)
    if cluster == "default" and len(patterns.roles) > 1 and leaders:
        return Clustering(key="leader")
    return clustering(patterns, patterns.roles[0], cluster)


def _tables(
    patterns: ResponsePatterns, by: str, chosen: Clustering
) -> tuple[list[PatternTable], tuple[str, ...], Clusters | None]:
    """One table per group, and clusters over all their patterns."""
    rows = stacked(patterns, by=by, cluster=chosen.key)
    answered = np.asarray((rows.codes > 0).any(axis=1))
    codes = np.where(rows.codes > 0, rows.codes, 0).astype(np.int64)
    tables = []
    for group in range(len(rows.levels)):
        inside = answered & (rows.group == group)
        tables.append(PatternTable(codes[inside], rows.counts[inside], rows.categories))
    clusters = None if rows.clusters is None else rows.clusters.restrict(answered)
    return tables, rows.levels, clusters


def _refusal(model: ItemModel, tables: Sequence[PatternTable], invariance: Invariance) -> str | None:
    """Why the groups cannot be fitted together: each needs items that vary, and slopes of its own need three."""
    if min(table.n for table in tables) == 0:
        return "no_answers"
    observed = np.array([table.observed() for table in tables])
    varying = int((observed.sum(axis=2) > 1).sum(axis=1).min())
    together = int((observed.any(axis=0).sum(axis=1) > 1).sum())
    least = 3 if invariance == "configural" else 2
    if varying < least or together < 3:
        return f"too_few_items_vary: {min(varying, together)} < {least if varying < least else 3}"
    size, n = layout(model, observed, invariance=invariance).size, round(sum(table.n for table in tables))
    return f"fewer_answers_than_parameters: n = {n}, {size}" if n <= size else None


def _group_rows(
    patterns: ResponsePatterns,
    model: ItemModel,
    fitted: Fit | None,
    group: int,
    table: PatternTable,
    invariance: Invariance,
    note: str | None,
    chosen: Clustering,
    clusters: Clusters | None,
) -> Iterator[Statistic]:
    k, c = len(patterns.items), table.categories
    items = np.full((k, model.width(c)), np.nan)
    spread = np.full((items.size + 2, items.size + 2), np.nan)
    latent = np.full(2, np.nan)
    known = table.observed()
    if fitted is not None and note is None:
        items, latent = fitted.items[group], fitted.latent[group]
        spread = place_covariance(fitted, group, clusters=clusters)
        known = known | _known_elsewhere(fitted, model)[group]
    rows = ItemRows(
        patterns=patterns,
        model=model,
        items=items,
        observed=known,
        covariance=spread,
        n=round(table.n),
        cluster=chosen.key,
        df=intervals.degrees_of_freedom(clusters),
        reason=note,
        remark=reading(chosen, fitted),
    )
    yield from rows.rows()
    yield from _latent_rows(rows, latent, group, invariance, note)


def _known_elsewhere(fitted: Fit, model: ItemModel) -> np.ndarray:
    """(g, k, c): categories that have a probability in a group, through another one where tied."""
    middle = np.zeros(1)
    return np.array([model.probabilities(items, middle)[:, :, 0] > 0 for items in fitted.items])


def _latent_rows(
    rows: ItemRows, latent: np.ndarray, group: int, invariance: Invariance, note: str | None
) -> Iterator[Statistic]:
    """Latent mean and variance; fixed ones have no standard error."""
    free = {"latent_mean": invariance == "scalar", "latent_variance": invariance != "configural"}
    for place, quantity in enumerate(free):
        if note is not None:
            yield Statistic(quantity=quantity, estimate=math.nan, n=rows.n, note=note)
        elif group == 0 or not free[quantity]:
            yield Statistic(quantity=quantity, estimate=float(latent[place]), n=rows.n, note="fixed")
        else:
            gradient = np.zeros(rows.items.size + 2)
            gradient[rows.items.size + place] = 1.0
            bounds = intervals.wald if quantity == "latent_mean" else positive
            yield rows.estimate(float(latent[place]), gradient, bounds, quantity=quantity)
