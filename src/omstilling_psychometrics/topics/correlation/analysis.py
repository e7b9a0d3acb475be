"""Correlations of pairs of items: product-moment, rank and polychoric, and the thresholds of the latter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.sample import Sample, interval
from ...core.errors import EstimationError, UsageError, as_known, estimating
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.item_rest import Correlation, pearson
from ...core.numerics.moments import complete
from ...core.numerics.sandwich import meat
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .numerics.polychoric import BOUNDARY, cell_derivatives, cell_probabilities, pairs, polychoric_one_step
from .numerics.polychoric_influence import OrdinalMoments, ordinal_moments
from .numerics.rank_correlation import spearman

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("polychoric", "pearson", "spearman")


@dataclass(frozen=True, kw_only=True)
class Correlations:
    """What the rows of one role are derived from. k items, c categories, m = k(k − 1)/2 pairs.

    Parameters
    ----------
    sample : Sample
        The answers, and within what they depend on each other.
    moments : OrdinalMoments
        Thresholds and polychoric correlations, with the influence of each answer on them.
    """

    sample: Sample
    moments: OrdinalMoments

    @classmethod
    def of(cls, patterns: ResponsePatterns, clustering: Clustering) -> Correlations:
        """Correlations of some answers.

        Parameters
        ----------
        patterns : ResponsePatterns
            Of one role.
        clustering : Clustering
            Within what they depend on each other.

        Returns
        -------
        Correlations
            Thresholds and polychoric correlations at once, the others once they are asked for.
        """
        sample = Sample(patterns, clustering)
        categories = len(patterns.instrument.categories)
        return cls(sample=sample, moments=ordinal_moments(patterns.patterns, sample.counts, categories))

    @property
    def n(self) -> int:
        """Answers, incomplete ones too."""
        return self.sample.patterns.n

    @property
    def thresholds(self) -> Floats:
        """(k, c - 1) of the normal variables behind the items, infinite outside the categories used."""
        return self.moments.thresholds

    @cached_property
    def pearson(self) -> tuple[Correlation, ...]:
        """Of each pair, in the order of the rows, with influence values."""
        return self._of_pairs(pearson)

    @cached_property
    def spearman(self) -> tuple[Correlation, ...]:
        """Of each pair, in the order of the rows, with influence values."""
        return self._of_pairs(spearman)

    def matrix(self, quantity: str = "polychoric") -> Floats:
        """Correlation matrix.

        Parameters
        ----------
        quantity : {"polychoric", "pearson", "spearman"}, default "polychoric"
            Which kind.

        Returns
        -------
        numpy.ndarray
            (k, k) float, NaN where a pair has none.
        """
        if quantity == "polychoric":
            return self.moments.matrix()
        k = len(self.sample.patterns.items)
        matrix = np.eye(k)
        first, second = pairs(k)
        by_pair = {"pearson": self.pearson, "spearman": self.spearman}[quantity]
        matrix[first, second] = matrix[second, first] = [correlation.estimate for correlation in by_pair]
        return matrix

    @cached_property
    def influence(self) -> Floats:
        """(p, k(c - 1) + m) of each answer pattern on the thresholds, item by item, and the m polychoric correlations."""
        return self.moments.influence(self.sample.patterns.patterns)

    @cached_property
    def used(self) -> Mask:
        """(p,) the patterns with any answer."""
        return np.asarray((self.sample.patterns.patterns > 0).any(axis=1))

    def covariance(self) -> Floats:
        """Covariance of the thresholds and polychoric correlations.

        Returns
        -------
        numpy.ndarray
            (q, q) in the order of `influence`: the thresholds item by item, then the correlations pair by pair; on the
            diagonal the squares of their standard errors.
        """
        answers = self.sample.n(self.used)
        middle = meat(self.influence[self.used], self.sample.counts[self.used], self.sample.within(self.used))
        return np.asarray(middle * answers / max(answers - 1, 1))

    def _of_pairs(self, function: Callable[[Floats, Floats, Floats], Correlation]) -> tuple[Correlation, ...]:
        values, counts = self.sample.values, self.sample.counts
        return tuple(function(values[:, a], values[:, b], counts) for a, b in zip(*pairs(values.shape[1]), strict=True))


@dataclass(frozen=True, kw_only=True)
class CorrelationResult(Result):
    """A statistic per pair of items (`i1~i2`) and kind of correlation, and the thresholds of every item.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Whether every correlation has its optimum.
    models : mapping, optional
        By role, `Correlations`: matrices, thresholds and their covariance.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "correlation"

    def matrix(self, quantity: str = "polychoric", *, role: str | None = None) -> Floats:
        """Correlation matrix of a role.

        Parameters
        ----------
        quantity : {"polychoric", "pearson", "spearman"}, default "polychoric"
            Which kind.
        role : str, optional
            Whose; not needed where there is one.

        Returns
        -------
        numpy.ndarray
            (k, k) float, items in the instrument's order; NaN where a pair has none.

        Raises
        ------
        UsageError
            For a kind that there is not, and where there are several roles, or not this one.
        """
        kind = as_known(quantity, KINDS)
        if kind not in KINDS:
            raise UsageError(f"quantity is {quantity!r}; there are: {', '.join(KINDS)}.")
        model: Correlations = self.model(role)
        return model.matrix(kind)

    def glance(self) -> pd.DataFrame:
        """How strongly the items of each role go together.

        Returns
        -------
        pandas.DataFrame
            A row per role and group: `n`, the answers to the pair that fewest answered both items of, `pairs`, and the
            `lowest`, `mean` and `highest` polychoric correlation.
        """
        import pandas as pd

        units = dict.fromkeys((row.role, row.group) for row in self.statistics)
        columns = ["role", "group", "n", "pairs", "lowest", "mean", "highest"]
        rows = []
        for role, group in units:
            of_unit = self.find("polychoric", method=None, role=role, group=group)
            known = [row.estimate for row in of_unit if row.estimate is not None and not math.isnan(row.estimate)]
            summary = (min(known), sum(known) / len(known), max(known)) if known else (None,) * 3
            rows.append((role, group, min(row.n or 0 for row in of_unit), len(of_unit), *summary))
        return self._marked(pd.DataFrame(rows, columns=columns))


@takes_answers
def correlation(patterns: ResponsePatterns, *, cluster: str | None = "default", one_step: bool = False) -> CorrelationResult:
    """Correlation of every pair of items in each role, from the answers to both items of the pair.

    `pearson` of the category values, `spearman` of mid-ranks, `polychoric` of the normal variables behind the answers, two-step
    with thresholds from all answers to an item. Standard errors come from influence values, added up within clusters, those of
    thresholds and polychoric correlations times sqrt(n/(n − 1)); intervals are Wald on Fisher's z, of thresholds Wald.
    lavaan::lavCor agrees (estimates and independent standard errors), polycor::polychor for one step.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    one_step : bool, default False
        Also estimate thresholds and correlation of each pair together, from the pair's answers alone: a second `polychoric`
        with the method `one_step`.

    Returns
    -------
    CorrelationResult
        `pearson`, `spearman` and `polychoric` per pair (item `i1~i2`), `threshold` per item and category, in standard
        deviations of the variable behind the answer; `matrix` has a kind as a table.

    Raises
    ------
    UsageError
        For a cluster key that the data do not have.

    See Also
    --------
    efa : Factors behind these correlations.
    dimensionality : How many factors they have.
    items : Each item with the sum of the others.

    References
    ----------
    Olsson, U. (1979). Maximum likelihood estimation of the polychoric correlation coefficient. Psychometrika, 44, 443–460.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.correlation(load_case("lq2002_lead"))
    >>> [round(result.value(kind, item="i1~i2"), 3) for kind in ("pearson", "spearman", "polychoric")]
    [0.607, 0.6, 0.672]
    """
    statistics, models = fitted_by_role(patterns, Correlations.of, partial(_rows, one_step=one_step), cluster=cluster)
    return CorrelationResult(statistics=statistics, models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> CorrelationResult:
    """All rows of the correlation analysis (nothing in it is random)."""
    return correlation(patterns)


def _rows(model: Correlations, one_step: bool) -> Iterator[Statistic]:
    sample, moments = model.sample, model.moments
    named = [(_name(sample, int(a), int(b)), int(a), int(b)) for a, b in zip(*pairs(len(sample.patterns.items)), strict=True)]
    for quantity, by_pair in (("pearson", model.pearson), ("spearman", model.spearman)):
        for (name, a, b), result in zip(named, by_pair, strict=True):
            yield _product_moment(sample, quantity, name, result, complete(sample.values[:, [a, b]]))
    yield from _polychorics(sample, moments, model.influence[:, moments.thresholds.size :], model.used)
    if one_step:
        for pair, (_, a, b) in enumerate(named):
            yield _one_step(sample, moments.tables[pair], a, b)
    yield from _thresholds(sample, moments, model.influence, model.used)


def _name(sample: Sample, a: int, b: int) -> str:
    return f"{sample.patterns.items[a]}~{sample.patterns.items[b]}"


def _product_moment(sample: Sample, quantity: str, item: str, result: Correlation, both: Mask) -> Statistic:
    if math.isnan(result.estimate):
        note = f"too_few_answers: n = {result.n}" if result.n < 2 else "no_variance"
        return Statistic(quantity=quantity, item=item, estimate=math.nan, n=result.n, note=note)
    return sample.estimate(result.estimate, result.influence, both, intervals.fisher_z, quantity=quantity, item=item)


def _estimated(
    sample: Sample,
    estimate: float,
    influence: Floats,
    used: Mask,
    n: int,
    bounds: intervals.BoundsOf,
    **fields: Any,
) -> Statistic:
    """A statistic whose influence values (p,) add up to its error, of all the answers in `used`."""
    inside = sample.within(used)
    answers = sample.n(used)
    variance = float(meat(influence[used, None], sample.counts[used], inside)[0, 0]) * answers / max(answers - 1, 1)
    error = math.sqrt(variance)
    note = sample.clustering.note
    if math.isnan(error):
        note = "one_cluster" if answers > 1 else "one_answer"
    return Statistic(
        **fields,
        estimate=estimate,
        std_error=error,
        interval=interval(bounds, estimate, error, intervals.degrees_of_freedom(inside)),
        cluster=sample.clustering.key,
        n=n,
        note=note,
    )


def _polychorics(sample: Sample, moments: OrdinalMoments, influence: Floats, used: Mask) -> Iterator[Statistic]:
    for pair, (a, b) in enumerate(zip(*pairs(len(sample.patterns.items)), strict=True)):
        rho, n = float(moments.correlations[pair]), round(float(moments.pair_counts[pair]))
        fields: dict[str, Any] = {"quantity": "polychoric", "item": _name(sample, int(a), int(b))}
        if math.isnan(rho):
            note = f"too_few_answers: n = {n}" if n < 2 else "no_variance"
            yield Statistic(**fields, estimate=math.nan, n=n, note=note)
        elif abs(rho) >= BOUNDARY:
            yield Statistic(**fields, estimate=rho, n=n, note="perfect_correlation")
        else:
            statistic = _estimated(sample, rho, influence[:, pair], used, n, intervals.fisher_z, **fields)
            yield replace(statistic, note=joined(statistic.note, _empty_cells(moments, pair, int(a), int(b))))


def _empty_cells(moments: OrdinalMoments, pair: int, a: int, b: int) -> Note | None:
    """How many cells of used categories are empty, and how many answers the normal model expects in them together."""
    table = moments.tables[pair]
    used = np.outer(moments.item_counts[a] > 0, moments.item_counts[b] > 0)
    empty = used & (table == 0)
    if not empty.any():
        return None
    expected = cell_probabilities(moments.thresholds[a], moments.thresholds[b], moments.correlations[pair]) * table.sum()
    return Note("empty_cells", f"{int(empty.sum())}/{int(used.sum())} ({expected[empty].sum():.1f})")


def _one_step(sample: Sample, table: Floats, a: int, b: int) -> Statistic:
    n = round(float(table.sum()))
    fields: dict[str, Any] = {"quantity": "polychoric", "item": _name(sample, a, b), "method": "one_step"}
    try:
        with estimating():
            result = polychoric_one_step(table)
    except EstimationError as error:
        return Statistic(**fields, estimate=math.nan, n=n, note=error.note)
    if not result.converged:
        return Statistic(**fields, estimate=math.nan, n=n, note="not_converged")
    rows, columns = table.sum(axis=1) > 0, table.sum(axis=0) > 0
    at = np.array(result.rho)
    score = cell_derivatives(result.first, result.second, at) / cell_probabilities(result.first, result.second, at)[..., None]
    place = np.full((2, len(table) + 1), -1)
    place[0, 1:][rows], place[1, 1:][columns] = np.arange(rows.sum()), np.arange(columns.sum())
    codes = np.maximum(sample.patterns.patterns[:, [a, b]], 0)
    both = np.asarray((codes > 0).all(axis=1))
    influence = np.zeros(len(codes))
    cells = score[place[0, codes[both, 0]], place[1, codes[both, 1]]]
    influence[both] = cells @ result.covariance[:, 0]
    if sample.clusters is not None:
        return _estimated(sample, result.rho, influence, both, n, intervals.fisher_z, **fields)
    return Statistic(
        **fields,
        estimate=result.rho,
        std_error=result.std_error,
        interval=partial(intervals.fisher_z, correlation=result.rho, std_error=result.std_error),
        n=n,
    )


def _thresholds(sample: Sample, moments: OrdinalMoments, influence: Floats, used: Mask) -> Iterator[Statistic]:
    k, t = moments.thresholds.shape
    for item in range(k):
        answers = moments.item_counts[item]
        n = round(float(answers.sum()))
        for cut in range(t):
            fields: dict[str, Any] = {"quantity": "threshold", "item": sample.patterns.items[item], "category": cut + 1}
            value = float(moments.thresholds[item, cut])
            if not math.isfinite(value):
                yield Statistic(**fields, estimate=math.nan, n=n, note="no_answers" if n == 0 else "category_not_chosen")
                continue
            statistic = _estimated(sample, value, influence[:, item * t + cut], used, n, intervals.wald, **fields)
            # An empty category between two used ones makes its two thresholds equal.
            if answers[cut] == 0 or answers[cut + 1] == 0:
                statistic = replace(statistic, note=joined(statistic.note, "category_not_chosen"))
            yield statistic
