"""Item response models of several groups at once: which parameters may be taken as equal?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, get_args

import numpy as np

from ...analysis.by_role import Clustering, clustering, require_one_role
from ...analysis.declared_rows import completed
from ...analysis.groups import require_groups
from ...core.errors import EstimationError, UsageError, as_known
from ...core.note import Note
from ...core.numerics import intervals
from ...core.numerics.sandwich import Clusters
from ...core.results import Result, Statistic
from ...survey.keys import is_known
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..factor.analysis_sample import stacked
from .analysis_parameters import ItemRows, likelihood, reading
from .analysis_role import place_covariance, positive, reason
from .curves import ItemCurves
from .numerics.estimation import Fit, fit
from .numerics.marginal import PatternTable
from .numerics.models import MODELS, ItemModel
from .numerics.parameters import Invariance, layout


@dataclass(frozen=True, kw_only=True)
class IrtGroupsResult(Result):
    """An item response model of several groups together; `model(group)` has the curves of a group, `ItemCurves`.

    Parameters
    ----------
    statistics : tuple of Statistic
        Parameters of every group, latent means and variances, and the likelihood of all groups together.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether there are estimates that may be used.
    models : mapping, optional
        `ItemCurves` by group; none where nothing could be fitted.
    levels : tuple of str
        The groups in order; the first has latent mean 0 and variance 1.
    fit : Fit, optional
        Of all groups together; None where there is nothing to fit.
    """

    analysis: ClassVar[str] = "irt"
    headline: ClassVar[tuple[str, ...]] = ("latent_mean", "latent_variance", "log_likelihood", "aic", "bic")

    models: Mapping[str, ItemCurves] = field(default_factory=dict, repr=False, compare=False)
    levels: tuple[str, ...]
    fit: Fit | None = field(default=None, repr=False)

    @property
    def log_likelihood(self) -> float:
        """Of all groups together."""
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

    See Also
    --------
    irt : A model of each role by itself.
    invariance : Equal parameters of a factor model, step by step.
    dif : One item at a time by regression.

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
    fitted: Fit | None = None
    try:
        _require_enough(kind, tables, invariance)
    except EstimationError as error:
        refused: Note | None = error.reason
    else:
        fitted = fit(kind, tables, layout(kind, observed, invariance=invariance, noninvariant=items))
        refused = reason(fitted, patterns.items)
    usable = fitted if refused is None else None
    curves = {level: _curves(patterns, kind, tables[group], usable, group) for group, level in enumerate(levels)}
    remark = reading(chosen, fitted)
    statistics: list[Statistic] = []
    for group, (level, of_group) in enumerate(curves.items()):
        size = of_group.items.size + 2
        rows = ItemRows(
            curves=of_group,
            covariance=np.full((size, size), np.nan) if usable is None else place_covariance(usable, group, clusters=clusters),
            n=of_group.n,
            cluster=chosen.key,
            df=intervals.degrees_of_freedom(clusters),
            reason=refused,
            remark=remark,
        )
        in_group = (*rows.rows(), *_latent_rows(rows, group, invariance))
        statistics += [replace(row, group=level) for row in in_group]
    statistics += likelihood(fitted, refused, round(sum(table.n for table in tables)))
    return IrtGroupsResult(
        statistics=tuple(replace(row, method=f"{model}/{invariance}") for row in statistics),
        settings={
            "by": by,
            "model": model,
            "invariance": invariance,
            "noninvariant": tuple(noninvariant),
            "cluster": cluster,
        },
        notes=() if refused is None else (str(refused),),
        converged=refused is None,
        models={} if fitted is None else curves,
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
    if cluster == "default" and len(patterns.roles) > 1 and is_known(patterns.keys, "leader"):
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


def _require_enough(model: ItemModel, tables: Sequence[PatternTable], invariance: Invariance) -> None:
    """Raises EstimationError where the groups cannot be fitted together: each needs items that vary, and slopes of its own
    need three."""
    if min(table.n for table in tables) == 0:
        raise EstimationError("no_answers")
    observed = np.array([table.observed() for table in tables])
    varying = int((observed.sum(axis=2) > 1).sum(axis=1).min())
    together = int((observed.any(axis=0).sum(axis=1) > 1).sum())
    least = 3 if invariance == "configural" else 2
    if varying < least or together < 3:
        raise EstimationError("too_few_items_vary", f"{min(varying, together)} < {least if varying < least else 3}")
    size, n = layout(model, observed, invariance=invariance).size, round(sum(table.n for table in tables))
    if n <= size:
        raise EstimationError("fewer_answers_than_parameters", f"n = {n}, {size}")


def _curves(patterns: ResponsePatterns, model: ItemModel, table: PatternTable, fitted: Fit | None, group: int) -> ItemCurves:
    """Of one group. A category that it did not choose is known where its thresholds are those of a group that did."""
    observed = table.observed()
    items, latent = np.full((len(observed), model.width(table.categories)), np.nan), np.full(2, np.nan)
    if fitted is not None:
        items, latent = fitted.items[group], fitted.latent[group]
        observed = observed | (model.probabilities(items, np.zeros(1))[:, :, 0] > 0)
    return ItemCurves(
        kind=model,
        names=patterns.items,
        values=tuple(patterns.instrument.categories),
        items=items,
        observed=observed,
        n=round(table.n),
        latent=latent,
    )


def declared_latent(n: int) -> Iterator[Statistic]:
    """The rows of a group beside those of its items."""
    yield from (Statistic(quantity=quantity, n=n) for quantity in ("latent_mean", "latent_variance"))


def _latent_rows(rows: ItemRows, group: int, invariance: Invariance) -> Iterator[Statistic]:
    """Latent mean and variance; fixed ones have no standard error."""
    computed = _latent(rows, group, invariance) if rows.reason is None else ()
    yield from completed(computed, declared_latent(rows.n), rows.reason or "not_computed")


def _latent(rows: ItemRows, group: int, invariance: Invariance) -> Iterator[Statistic]:
    free = {"latent_mean": invariance == "scalar", "latent_variance": invariance != "configural"}
    for place, row in enumerate(declared_latent(rows.n)):
        value = float(rows.curves.latent[place])
        if group == 0 or not free[row.quantity]:
            yield replace(row, estimate=value, note="fixed")
        else:
            gradient = np.zeros(rows.curves.items.size + 2)
            gradient[rows.curves.items.size + place] = 1.0
            yield rows.estimate(row, value, gradient, intervals.wald if row.quantity == "latent_mean" else positive)
