"""How many factors: sampling adequacy, eigenvalues against chance, partial correlations, and what one factor leaves over."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...analysis.by_role import Clustering, by_role, missing, note_of
from ...core.errors import EstimationError, UsageError, as_known
from ...core.numerics.arrays import Floats
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..correlation.complete_answers import CORRELATIONS, CompleteAnswers
from .numerics.efa import extract, residuals
from .numerics.empirical_kaiser import reference_eigenvalues
from .numerics.map_test import average_partials, best_number
from .numerics.minimum_rank import explained_common_variance
from .numerics.parallel_analysis import (
    Thresholds,
    crawford_thresholds,
    eigenvalues,
    mean_thresholds,
    normal_eigenvalues,
    ordinal_eigenvalues,
    quantile_thresholds,
    retained,
)
from .numerics.sampling_adequacy import bartlett, kaiser_meyer_olkin

# Simulated data sets. A draw of polychoric correlations costs more than one of Pearson correlations.
REPLICATIONS = {"pearson": 2000, "polychoric": 500}
# Pairs of items with the largest residual correlations beside one factor that are listed.
RESIDUAL_PAIRS = 3

# An eigenvalue below this share of the largest is zero but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class DimensionalityResult(Result):
    """KMO, Bartlett's test, eigenvalues with parallel analysis, MAP, EKC, and the share of common variance of one factor."""

    analysis: ClassVar[str] = "dimensionality"

    def n_factors(self, method: str = "parallel") -> float:
        """Number of factors by `parallel`, `map`, `ekc` …"""
        return self.value("n_factors", method=method)


@takes_answers
def dimensionality(
    patterns: ResponsePatterns,
    *,
    rng: np.random.Generator | int,
    correlations: Sequence[str] = CORRELATIONS,
    quantile: float = 0.95,
    cluster: str | None = "default",
) -> DimensionalityResult:
    """Number of factors behind the items of each role, from complete rows.

    Without a method, or named by the rule alone, a row is of Pearson correlations; with `…/polychoric` of polychoric ones.
    `parallel_threshold`: the `quantile` of the eigenvalues of as many answers to independent items (Glorfeld 1995; for
    Pearson correlations normal items, for polychoric ones with the observed shares); `mean` is Horn's (1965) rule, `crawford`
    the quantile for the first and the mean for the others; std_error is the Monte Carlo error of the threshold. `n_factors`:
    leading eigenvalues above their thresholds; `map` the number of components, at least 1, with the smallest average squared
    partial correlation (`map_revised`: fourth power); `ekc` the empirical Kaiser criterion. `explained_common_variance`: the
    first factor's share by minimum rank factor analysis.

    psych::KMO, cortest.bartlett, vss agree; psych::fa.parallel prints the thresholds called `mean` here.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    rng : int or numpy.random.Generator
        Seed or generator of the draws. The same seed gives the same rows.
    correlations : sequence of str, default ("pearson", "polychoric")
        One or both of these kinds.
    quantile : float, default 0.95
        Quantile of the eigenvalues of independent items that an eigenvalue has to exceed, from .5 to below 1.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. Correlations and eigenvalues do not depend on it; what takes answers as
        independent says so in its note.

    Returns
    -------
    DimensionalityResult
        `kmo`, `kmo_item`, `bartlett`, `eigenvalue` and `parallel_threshold` per place (category), `average_squared_partial`,
        `ekc_threshold`, `n_factors` per rule (method), `explained_common_variance`, `eigenvalue_ratio`, `largest_residual`.

    Raises
    ------
    UsageError
        For kinds of correlations that there are not, a quantile outside [.5, 1), or a cluster key that the data do not have.

    References
    ----------
    Horn, J. L. (1965). A rationale and test for the number of factors in factor analysis. Psychometrika, 30, 179–185.

    Velicer, W. F. (1976). Determining the number of components from the matrix of partial correlations. Psychometrika, 41,
    321–327.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.dimensionality(load_case("datCat"), rng=1)
    >>> result.value("n_factors", method="parallel")
    1.0
    >>> round(result.value("kmo"), 4)
    0.7926
    """
    correlations = [as_known(kind, CORRELATIONS) for kind in correlations]
    unknown = [kind for kind in correlations if kind not in CORRELATIONS]
    if unknown or not correlations:
        raise UsageError(f"correlations is {tuple(correlations)}; one or both of {', '.join(CORRELATIONS)} are possible.")
    if not 0.5 <= quantile < 1:
        raise UsageError(f"quantile is {quantile}; a number from .5 to below 1 is needed, such as .95.")
    generator = np.random.default_rng(rng)
    settings = {
        "correlations": tuple(correlations),
        "quantile": quantile,
        "replications": {kind: REPLICATIONS[kind] for kind in correlations},
        "cluster": cluster,
        "rng": rng if isinstance(rng, int) else "Generator",
    }

    def compute(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        answers = CompleteAnswers.of(one, clustering)
        for kind in correlations:
            yield from _Dimensions(answers, kind, quantile, generator).rows()

    return DimensionalityResult(statistics=by_role(patterns, compute, cluster=cluster), settings=settings)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> DimensionalityResult:
    """All rows of the dimensionality analysis."""
    return dimensionality(patterns, rng=rng)


@dataclass(frozen=True)
class _Dimensions:
    """The rows of one role from one kind of correlation."""

    answers: CompleteAnswers
    kind: str
    quantile: float
    rng: np.random.Generator

    def _method(self, rule: str | None = None) -> str | None:
        """`rule` for Pearson correlations, `rule/polychoric` for the others."""
        parts = [part for part in (rule, None if self.kind == "pearson" else self.kind) if part]
        return "/".join(parts) or None

    def rows(self) -> Iterator[Statistic]:
        try:
            matrix = self.answers.correlations(self.kind)
        except EstimationError as error:
            yield from self._nothing(error.note)
            return
        observed = eigenvalues(matrix)
        yield from self._adequacy(matrix)
        for number, value in enumerate(observed, start=1):
            yield self._row("eigenvalue", float(value), category=number)
        yield from self._parallel(observed)
        yield from self._map(matrix)
        yield from self._empirical_kaiser(observed)
        yield from self._one_factor(matrix, observed)

    def _row(self, quantity: str, estimate: float, rule: str | None = None, **fields: object) -> Statistic:
        return Statistic(quantity=quantity, method=self._method(rule), estimate=estimate, n=self.answers.n, **fields)  # type: ignore[arg-type]

    def _null(self, note: str, quantity: str, rule: str | None = None, **fields: object) -> Statistic:
        return missing(note, quantity=quantity, method=self._method(rule), n=self.answers.n, **fields)

    def _nothing(self, note: str) -> Iterator[Statistic]:
        items = self.answers.items
        yield self._null(note, "kmo")
        yield from (self._null(note, "kmo_item", item=item) for item in items)
        if self.kind == "pearson":
            yield self._null(note, "bartlett")
        for quantity in ("eigenvalue", "parallel_threshold"):
            yield from (self._null(note, quantity, category=number) for number in range(1, len(items) + 1))
        yield from (self._null(note, "n_factors", rule) for rule in ("parallel", "map", "ekc"))
        yield self._null(note, "explained_common_variance")

    def _adequacy(self, matrix: Floats) -> Iterator[Statistic]:
        items, n = self.answers.items, self.answers.n
        try:
            adequacy = kaiser_meyer_olkin(matrix)
        except ValueError as error:
            yield self._null(note_of(error), "kmo")
            yield from (self._null(note_of(error), "kmo_item", item=item) for item in items)
            if self.kind == "pearson":
                yield self._null(note_of(error), "bartlett")
            return
        for item, value in ((None, adequacy.overall), *zip(items, adequacy.items, strict=True)):
            quantity = "kmo" if item is None else "kmo_item"
            note = "items_unrelated" if math.isnan(value) else None
            yield self._row(quantity, float(value), item=item, note=note)
        if self.kind == "pearson":
            statistic, df, p_value = bartlett(matrix, n)
            ignored = None if self.answers.clusters is None else "clusters_ignored"
            yield Statistic(quantity="bartlett", statistic=statistic, df=df, p_value=p_value, n=n, note=ignored)

    def _parallel(self, observed: Floats) -> Iterator[Statistic]:
        k = len(observed)
        replications = REPLICATIONS[self.kind]
        try:
            if self.kind == "pearson":
                draws = normal_eigenvalues(k, self.answers.n, replications, self.rng)
            else:
                draws = ordinal_eigenvalues(self.answers.frequencies(), replications, self.rng)
            if np.isfinite(draws).all(axis=1).sum() < replications / 2:
                raise ValueError("too_few_complete")
        except ValueError as error:
            note = f"{error}: n = {self.answers.n}"
            yield from (self._null(note, "parallel_threshold", category=number) for number in range(1, k + 1))
            yield self._null(note, "n_factors", "parallel")
            return
        rules: tuple[tuple[str | None, Thresholds], ...] = (
            (None, quantile_thresholds(draws, self.quantile)),
            ("mean", mean_thresholds(draws)),
            ("crawford", crawford_thresholds(draws, self.quantile)),
        )
        for rule, thresholds in rules:
            for number, (value, noise) in enumerate(zip(thresholds.values, thresholds.errors, strict=True), start=1):
                yield self._row("parallel_threshold", float(value), rule, category=number, std_error=float(noise))
        ignored = None if self.answers.clusters is None else "clusters_ignored"
        for rule, thresholds in rules:
            name = "parallel" if rule is None else f"parallel/{rule}"
            yield self._row("n_factors", float(retained(observed, thresholds.values)), name, note=ignored)

    def _map(self, matrix: Floats) -> Iterator[Statistic]:
        averages = average_partials(matrix, 2)
        for number, value in enumerate(averages):
            if math.isfinite(value):
                yield self._row("average_squared_partial", float(value), category=number)
        for rule, values in (("map", averages), ("map_revised", average_partials(matrix, 4))):
            try:
                best = best_number(values)
            except ValueError:
                yield self._null("needs_three_items", "n_factors", rule)
                continue
            # Velicer (1976) would take no component out where the correlations themselves are smaller than what is left.
            note = "no_component_lowers_the_partials" if values[0] < values[best] else None
            yield self._row("n_factors", float(best), rule, note=note)

    def _empirical_kaiser(self, observed: Floats) -> Iterator[Statistic]:
        reference = reference_eigenvalues(observed, self.answers.n)
        for number, value in enumerate(reference, start=1):
            yield self._row("ekc_threshold", float(value), category=number)
        yield self._row("n_factors", float(retained(observed, reference)), "ekc")

    def _one_factor(self, matrix: Floats, observed: Floats) -> Iterator[Statistic]:
        try:
            yield self._row("explained_common_variance", explained_common_variance(matrix))
        except ValueError as error:
            yield self._null(note_of(error), "explained_common_variance")
        if observed[1] > _ROUNDING * observed[0]:
            yield self._row("eigenvalue_ratio", float(observed[0] / observed[1]))
        items = self.answers.items
        if len(items) < 4:
            return
        left = residuals(matrix, extract(matrix, 1, "minres").loadings)
        first, second = np.triu_indices(len(items), 1)
        largest = np.argsort(-np.abs(left[first, second]), kind="stable")[:RESIDUAL_PAIRS]
        for rank, pair in enumerate(largest, start=1):
            i, j = int(first[pair]), int(second[pair])
            yield self._row("largest_residual", float(left[i, j]), item=f"{items[i]}~{items[j]}", category=rank)
