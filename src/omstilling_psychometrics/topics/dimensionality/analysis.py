"""How many factors: sampling adequacy, eigenvalues against chance, partial correlations, and what one factor leaves over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed
from ...core.errors import EstimationError, UsageError, as_known, estimating
from ...core.note import Note
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..correlation.complete_answers import CORRELATIONS, CompleteAnswers
from .analysis_dimensions import REPLICATIONS, Dimensions, declared


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
