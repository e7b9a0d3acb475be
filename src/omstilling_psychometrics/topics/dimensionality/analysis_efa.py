"""Exploratory factor analysis: loadings and uniquenesses with bootstrap intervals, fit, Heywood cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed
from ...core.errors import EstimationError, UsageError, as_known, estimating
from ...core.note import Note, notes_in
from ...core.numerics.arrays import Floats
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..correlation.complete_answers import CORRELATIONS, CompleteAnswers
from .analysis_solution import EfaModel, Solution
from .numerics.efa import extract
from .numerics.rotation import Kind

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("minres", "ml", "paf")
ROTATIONS: tuple[Kind, ...] = ("varimax", "oblimin")
# Bootstrap draws of the battery: enough for a standard error to 5 % and a 95 % interval.
DRAWS = 300


@dataclass(frozen=True, kw_only=True)
class EfaResult(Result):
    """Loadings, uniquenesses and fit; the method says how they were extracted.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Whether every solution is at its optimum.
    models : mapping, optional
        By role, `SolutionsByMethod`: for each method the solution that its rows were derived from.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "efa"
    headline: ClassVar[tuple[str, ...]] = ("variance_explained", "root_mean_square_residual")

    def model(self, role: str | None = None, method: str | None = None) -> Solution:
        """The solution of a role.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.
        method : str, optional
            As in the rows; without it, the first that there is.

        Returns
        -------
        Solution
            With `loadings` (items, factors), rotated, the `extraction` before, `factor_correlations` and `scores()`.

        Raises
        ------
        UsageError
            Where several roles have one, or this role has none by this method.
        """
        of_role: SolutionsByMethod = super().model(role)
        by_method = of_role.by_method
        name = method or next(iter(by_method))
        if name not in by_method:
            raise UsageError(f"method is {name!r}; there are of this role: {', '.join(by_method)}.")
        return by_method[name]

    def by_pattern(self, *, role: str | None = None, method: str | None = None) -> pd.DataFrame:
        """Scores of every pattern of complete answers.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.
        method : str, optional
            As in the rows; without it, the first that there is.

        Returns
        -------
        pandas.DataFrame
            The category values of the answers, `count`, and the score on each factor, `factor1`, …

        Raises
        ------
        UsageError
            As `model`, and for polychoric correlations.
        """
        import pandas as pd

        solution = self.model(role, method)
        answers, scores = solution.answers, solution.scores()
        columns = dict(zip(answers.items, answers.values.T, strict=True)) | {"count": answers.counts.astype(np.int64)}
        by_factor = {f"factor{factor + 1}": column for factor, column in enumerate(scores.T)}
        return self._marked(pd.DataFrame(columns | by_factor))

    @property
    def loadings(self) -> pd.DataFrame:
        """Items by factors, of the first role and method."""
        import pandas as pd

        rows = self.find("loading")
        first = [row for row in rows if (row.method, row.role) == (rows[0].method, rows[0].role)]
        frame = pd.DataFrame([(row.item, row.category, row.estimate) for row in first], columns=["item", "factor", "loading"])
        table = frame.pivot(index="item", columns="factor", values="loading").loc[list(dict.fromkeys(frame["item"]))]
        return self._marked(table)


@takes_answers
def efa(
    patterns: ResponsePatterns,
    *,
    method: str = "minres",
    factors: int = 1,
    correlations: str = "pearson",
    rotation: str | None = None,
    draws: int = 0,
    cluster: str | None = "default",
    rng: np.random.Generator | int | None = None,
) -> EfaResult:
    """Exploratory factor analysis of the complete rows of each role.

    Of several factors the best of ten starts of the rotation is kept. `chi2` (Bartlett's) and what follows from it hold for
    Pearson correlations of independent normal answers; with polychoric correlations or known leaders the residuals alone are
    a measure. psych::fa agrees.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    method : {"minres", "ml", "paf"}, default "minres"
        Smallest residuals, maximum likelihood, or principal axes.
    factors : int, default 1
        How many.
    correlations : {"pearson", "polychoric"}, default "pearson"
        Of which the factors are.
    rotation : {"oblimin", "varimax"}, optional
        Of several factors; oblimin, which lets them correlate, unless told otherwise.
    draws : int, default 0
        Bootstrap draws for standard errors and percentile intervals, of leaders where they are known, each draw's factors
        brought into the order and signs of the estimate. 0 for none.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    rng : int or numpy.random.Generator, optional
        Seed or generator of draws and of the starts of a rotation, which both need it.

    Returns
    -------
    EfaResult
        `loading` per item and factor (category), `uniqueness`, `variance_explained` (a share of 1), `factor_correlation`,
        `root_mean_square_residual` and `chi2` with what follows from it; `loadings` has them as a table (items, factors).

    Raises
    ------
    UsageError
        For a method, kind of correlations or rotation that there is not, fewer than one factor or two draws, a rotation of
        one factor, and draws or a rotation without `rng`.

    See Also
    --------
    dimensionality : How many factors to ask for.
    cfa : One factor with tests of fit.
    correlation : The correlations behind it.

    References
    ----------
    Harman, H. H., & Jones, W. H. (1966). Factor analysis by minimizing residuals (minres). Psychometrika, 31, 351–368.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.efa(load_case("lq2002_lead"))
    >>> [round(row.estimate, 3) for row in result.find("loading")]
    [0.697, 0.578, 0.77, 0.616, 0.695]
    """
    method, correlations = as_known(method, METHODS), as_known(correlations, CORRELATIONS)
    if method not in METHODS:
        raise UsageError(f"unknown method '{method}'; there are: {', '.join(METHODS)}.")
    if correlations not in CORRELATIONS:
        raise UsageError(f"unknown correlations '{correlations}'; there are: {', '.join(CORRELATIONS)}.")
    if factors < 1:
        raise UsageError(f"factors is {factors}; at least 1 is needed.")
    if rotation is not None and rotation not in ROTATIONS:
        raise UsageError(f"unknown rotation '{rotation}'; there are: {', '.join(ROTATIONS)}.")
    if rotation is not None and factors == 1:
        raise UsageError("one factor cannot be rotated: leave rotation out.")
    if draws < 0 or draws == 1:
        raise UsageError(f"draws is {draws}; 0 for no bootstrap, or at least 2.")
    if rng is None and (draws or factors > 1):
        raise UsageError("bootstrap draws and rotation start from random numbers: give rng, such as rng=1.")
    chosen = EfaModel(method=method, factors=factors, correlations=correlations, rotation=rotation or "oblimin", draws=draws)
    generator = np.random.default_rng(rng)
    settings = {
        "method": method,
        "factors": factors,
        "correlations": correlations,
        "rotation": chosen.rotation if factors > 1 else None,
        "draws": draws,
        "cluster": cluster,
        "rng": rng if rng is None or isinstance(rng, int) else "Generator",
    }
    return _result(patterns, (chosen,), generator, settings, cluster)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> EfaResult:
    """One factor by every method, with bootstrap intervals, and from polychoric correlations."""
    models = (
        *(EfaModel(method=method, draws=DRAWS) for method in METHODS),
        EfaModel(method="minres", correlations="polychoric", draws=DRAWS),
    )
    return _result(patterns, models, np.random.default_rng(rng), {"factors": 1, "draws": DRAWS}, "default")


def _result(
    patterns: ResponsePatterns,
    models: tuple[EfaModel, ...],
    rng: np.random.Generator,
    settings: dict[str, Any],
    cluster: str | None,
) -> EfaResult:
    statistics, fitted = fitted_by_role(patterns, partial(_fitted, models=models, rng=rng), _rows, cluster=cluster)
    solutions = {role: of_role for role, of_role in fitted.items() if of_role.by_method}
    return EfaResult(statistics=statistics, settings=settings, converged=_converged(statistics), models=solutions)


def _converged(statistics: tuple[Statistic, ...]) -> bool:
    return not any(note.key == "not_converged" for statistic in statistics for note in notes_in(statistic.note))


@dataclass(frozen=True)
class SolutionsByMethod:
    """One role: the solution of each model, and why there is none of the others."""

    answers: CompleteAnswers
    models: tuple[EfaModel, ...]
    by_method: Mapping[str, Solution]
    refused: Mapping[str, Note]

    @property
    def n(self) -> int:
        """Complete rows."""
        return self.answers.n


def _fitted(
    patterns: ResponsePatterns, clustering: Clustering, models: tuple[EfaModel, ...], rng: np.random.Generator
) -> SolutionsByMethod:
    answers = CompleteAnswers.of(patterns, clustering)
    drawn: dict[str, Floats] = {}  # the same draws for every method, so that methods can be compared
    by_method, refused = {}, {}
    for model in models:
        try:
            with estimating():
                matrix = answers.correlations(model.correlations)
                extraction = extract(matrix, model.factors, model.method)
        except EstimationError as error:
            refused[model.name] = error.reason
            continue
        if model.draws and model.correlations not in drawn:
            drawn[model.correlations] = answers.draws(model.correlations, model.draws, rng)
        by_method[model.name] = Solution.of(answers, model, matrix, extraction, drawn.get(model.correlations), rng)
    return SolutionsByMethod(answers, models, by_method, refused)


def _rows(role: SolutionsByMethod) -> Iterator[Statistic]:
    for model in role.models:
        if model.name in role.by_method:
            yield from role.by_method[model.name].rows()
        else:
            yield from completed((), declared(role.answers, model), role.refused[model.name])


def declared(answers: CompleteAnswers, model: EfaModel) -> Iterator[Statistic]:
    """The rows of a solution, whether or not there is one."""
    row = partial(Statistic, method=model.name, n=answers.n)
    for item in answers.items:
        yield from (row(quantity="loading", item=item, category=factor + 1) for factor in range(model.factors))
        yield row(quantity="uniqueness", item=item)
    yield row(quantity="root_mean_square_residual")
