"""How many factors: sampling adequacy, eigenvalues against chance, partial correlations, and what one factor leaves over."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed
from ...core.errors import EstimationError, UsageError, as_known, estimating
from ...core.note import Note
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
    """KMO, Bartlett's test, eigenvalues with parallel analysis, MAP, EKC, and the share of common variance of one factor.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; nothing is fitted in steps that may not end.
    models : mapping, optional
        By role, `DimensionsByKind`: for each kind of correlation the matrix and eigenvalues that its rows were derived from.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "dimensionality"
    headline: ClassVar[tuple[str, ...]] = ("n_factors", "explained_common_variance", "kmo")

    def n_factors(self, method: str = "parallel") -> float:
        """Number of factors by a rule.

        Parameters
        ----------
        method : str, default "parallel"
            The rule: `parallel`, `map`, `ekc`, …, of polychoric correlations with `…/polychoric`.

        Returns
        -------
        float
            NaN where it could not be computed.

        Raises
        ------
        UsageError
            Where there are several roles, or the rule was not asked for.
        """
        return self.value("n_factors", method=method)

    def model(self, role: str | None = None, correlations: str | None = None) -> Dimensions:
        """Correlation matrix, eigenvalues and thresholds of a role.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.
        correlations : {"pearson", "polychoric"}, optional
            Of which kind; without it, the first that there is.

        Returns
        -------
        Dimensions
            With `matrix` (items, items), `eigenvalues` (items,) and `thresholds` by rule.

        Raises
        ------
        UsageError
            Where several roles have one, or this role has none of this kind.
        """
        of_role: DimensionsByKind = super().model(role)
        by_kind = of_role.by_kind
        kind = correlations or next(iter(by_kind))
        if kind not in by_kind:
            raise UsageError(f"correlations is {kind!r}; there are of this role: {', '.join(by_kind)}.")
        return by_kind[kind]


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

    See Also
    --------
    efa : The factors themselves, once their number is known.
    cfa : Test of one factor.
    mokken : One dimension without a factor model.
    correlation : The correlations behind it.

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

    statistics, fitted = fitted_by_role(
        patterns, partial(_fitted, kinds=correlations, quantile=quantile, rng=generator), _rows, cluster=cluster
    )
    models = {role: of_role for role, of_role in fitted.items() if of_role.by_kind}
    return DimensionalityResult(statistics=statistics, settings=settings, models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> DimensionalityResult:
    """All rows of the dimensionality analysis."""
    return dimensionality(patterns, rng=rng)


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """What the rows of one role from one kind of correlation are derived from.

    Parameters
    ----------
    answers : CompleteAnswers
        The complete rows.
    kind : {"pearson", "polychoric"}
        Of correlation.
    quantile : float
        That an eigenvalue has to exceed.
    matrix : numpy.ndarray
        (k, k) correlations.
    simulated : numpy.ndarray or None
        (d, k) eigenvalues of as many answers to independent items, falling; draws that could not be made are NaN.
    not_simulated : Note or None
        Why there are none.
    """

    answers: CompleteAnswers
    kind: str
    quantile: float
    matrix: Floats
    simulated: Floats | None
    not_simulated: Note | None

    @classmethod
    def of(cls, answers: CompleteAnswers, kind: str, quantile: float, rng: np.random.Generator) -> Dimensions:
        """Dimensions of the complete answers of one role.

        Parameters
        ----------
        answers : CompleteAnswers
            The complete rows.
        kind : {"pearson", "polychoric"}
            Of correlation.
        quantile : float
            That an eigenvalue has to exceed.
        rng : numpy.random.Generator
            Of the simulated answers.

        Returns
        -------
        Dimensions
            With all that is random drawn.

        Raises
        ------
        EstimationError
            Where the correlations are not defined.
        """
        matrix = answers.correlations(kind)
        simulated, reason = None, None
        try:
            simulated = _simulated(answers, kind, rng)
        except EstimationError as error:
            reason = error.reason
        return cls(answers=answers, kind=kind, quantile=quantile, matrix=matrix, simulated=simulated, not_simulated=reason)

    @cached_property
    def eigenvalues(self) -> Floats:
        """(k,) in falling order."""
        return eigenvalues(self.matrix)

    @cached_property
    def thresholds(self) -> dict[str | None, Thresholds]:
        """What eigenvalues have to exceed, by rule: None for the quantile, `mean`, `crawford`; none without simulations."""
        if self.simulated is None:
            return {}
        return {
            None: quantile_thresholds(self.simulated, self.quantile),
            "mean": mean_thresholds(self.simulated),
            "crawford": crawford_thresholds(self.simulated, self.quantile),
        }

    def rows(self) -> Iterator[Statistic]:
        """Every statistic of this kind of correlation.

        Returns
        -------
        iterator of Statistic
            In the order of the report.
        """
        yield from completed(self._adequacy(self.matrix), _declared_adequacy(self.answers, self.kind))
        for number, value in enumerate(self.eigenvalues, start=1):
            yield self._row("eigenvalue", float(value), category=number)
        computed = self._parallel(self.eigenvalues) if self.not_simulated is None else ()
        yield from completed(computed, _declared_parallel(self.answers, self.kind), self.not_simulated or "not_computed")
        yield from self._map(self.matrix)
        yield from self._empirical_kaiser(self.eigenvalues)
        common = _row(self.answers, self.kind, "explained_common_variance")
        yield from completed(self._common_variance(self.matrix), [common])
        yield from self._one_factor(self.matrix, self.eigenvalues)

    def _row(self, quantity: str, estimate: float, rule: str | None = None, **fields: Any) -> Statistic:
        return _row(self.answers, self.kind, quantity, rule, estimate=estimate, **fields)

    def _adequacy(self, matrix: Floats) -> Iterator[Statistic]:
        items, n = self.answers.items, self.answers.n
        adequacy = kaiser_meyer_olkin(matrix)
        for item, value in ((None, adequacy.overall), *zip(items, adequacy.items, strict=True)):
            quantity = "kmo" if item is None else "kmo_item"
            note = "items_unrelated" if math.isnan(value) else None
            yield self._row(quantity, float(value), item=item, note=note)
        if self.kind == "pearson":
            statistic, df, p_value = bartlett(matrix, n)
            ignored = None if self.answers.clusters is None else "clusters_ignored"
            yield Statistic(quantity="bartlett", statistic=statistic, df=df, p_value=p_value, n=n, note=ignored)

    def _parallel(self, observed: Floats) -> Iterator[Statistic]:
        for rule, thresholds in self.thresholds.items():
            for number, (value, noise) in enumerate(zip(thresholds.values, thresholds.errors, strict=True), start=1):
                yield self._row("parallel_threshold", float(value), rule, category=number, std_error=float(noise))
        ignored = None if self.answers.clusters is None else "clusters_ignored"
        for rule, thresholds in self.thresholds.items():
            name = "parallel" if rule is None else f"parallel/{rule}"
            yield self._row("n_factors", float(retained(observed, thresholds.values)), name, note=ignored)

    def _map(self, matrix: Floats) -> Iterator[Statistic]:
        averages = average_partials(matrix, 2)
        for number, value in enumerate(averages):
            if math.isfinite(value):
                yield self._row("average_squared_partial", float(value), category=number)
        for rule, values in (("map", averages), ("map_revised", average_partials(matrix, 4))):
            yield from completed(self._lowest(rule, values), [_row(self.answers, self.kind, "n_factors", rule)])

    def _lowest(self, rule: str, averages: Floats) -> Iterator[Statistic]:
        best = best_number(averages)
        # Velicer (1976) would take no component out where the correlations themselves are smaller than what is left.
        note = "no_component_lowers_the_partials" if averages[0] < averages[best] else None
        yield self._row("n_factors", float(best), rule, note=note)

    def _empirical_kaiser(self, observed: Floats) -> Iterator[Statistic]:
        reference = reference_eigenvalues(observed, self.answers.n)
        for number, value in enumerate(reference, start=1):
            yield self._row("ekc_threshold", float(value), category=number)
        yield self._row("n_factors", float(retained(observed, reference)), "ekc")

    def _common_variance(self, matrix: Floats) -> Iterator[Statistic]:
        yield self._row("explained_common_variance", explained_common_variance(matrix))

    def _one_factor(self, matrix: Floats, observed: Floats) -> Iterator[Statistic]:
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


@dataclass(frozen=True)
class DimensionsByKind:
    """One role: what the rows of each kind of correlation are derived from, and why there are none of the others."""

    answers: CompleteAnswers
    kinds: Sequence[str]
    by_kind: Mapping[str, Dimensions]
    refused: Mapping[str, Note]

    @property
    def n(self) -> int:
        """Complete rows."""
        return self.answers.n


def _fitted(
    patterns: ResponsePatterns, clustering: Clustering, kinds: Sequence[str], quantile: float, rng: np.random.Generator
) -> DimensionsByKind:
    answers = CompleteAnswers.of(patterns, clustering)
    by_kind, refused = {}, {}
    for kind in kinds:
        try:
            with estimating():
                by_kind[kind] = Dimensions.of(answers, kind, quantile, rng)
        except EstimationError as error:
            refused[kind] = error.reason
    return DimensionsByKind(answers, kinds, by_kind, refused)


def _rows(role: DimensionsByKind) -> Iterator[Statistic]:
    for kind in role.kinds:
        reason = role.refused.get(kind)
        yield from role.by_kind[kind].rows() if reason is None else completed((), declared(role.answers, kind), reason)


def _method(kind: str, rule: str | None = None) -> str | None:
    """`rule` for Pearson correlations, `rule/polychoric` for the others."""
    parts = [part for part in (rule, None if kind == "pearson" else kind) if part]
    return "/".join(parts) or None


def declared(answers: CompleteAnswers, kind: str) -> Iterator[Statistic]:
    """The rows of a kind of correlation, whether or not it is defined."""
    yield from _declared_adequacy(answers, kind)
    yield from (_row(answers, kind, "eigenvalue", category=number + 1) for number in range(len(answers.items)))
    yield from _declared_parallel(answers, kind)
    yield from (_row(answers, kind, "n_factors", rule) for rule in ("map", "ekc"))
    yield _row(answers, kind, "explained_common_variance")


def _declared_adequacy(answers: CompleteAnswers, kind: str) -> Iterator[Statistic]:
    yield _row(answers, kind, "kmo")
    yield from (_row(answers, kind, "kmo_item", item=item) for item in answers.items)
    if kind == "pearson":
        yield _row(answers, kind, "bartlett")


def _declared_parallel(answers: CompleteAnswers, kind: str) -> Iterator[Statistic]:
    yield from (_row(answers, kind, "parallel_threshold", category=number + 1) for number in range(len(answers.items)))
    yield _row(answers, kind, "n_factors", "parallel")


def _row(answers: CompleteAnswers, kind: str, quantity: str, rule: str | None = None, **fields: Any) -> Statistic:
    return Statistic(quantity=quantity, method=_method(kind, rule), n=answers.n, **fields)


def _simulated(answers: CompleteAnswers, kind: str, rng: np.random.Generator) -> Floats:
    """(d, k) eigenvalues of as many answers to independent items; draws that could not be made are NaN.

    Raises EstimationError with no more answers than items, or where half of the draws could not be made.
    """
    replications = REPLICATIONS[kind]
    if kind == "pearson":
        return normal_eigenvalues(len(answers.items), answers.n, replications, rng)
    draws = ordinal_eigenvalues(answers.frequencies(), replications, rng)
    if np.isfinite(draws).all(axis=1).sum() < replications / 2:
        raise EstimationError("too_few_complete", f"n = {answers.n}")
    return draws
