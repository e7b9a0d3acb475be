"""Exploratory factor analysis: loadings and uniquenesses with bootstrap intervals, fit, Heywood cases."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import chdtrc

from ...analysis.by_role import Clustering, by_role, missing, note_of
from ...analysis.item_direction import marked
from ...core.errors import EstimationError, UsageError, as_known
from ...core.note import Note, joined, notes_in
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.bootstrap import MOST_FAILED
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..correlation.complete_answers import CORRELATIONS, CompleteAnswers
from .numerics.efa import Extraction, Fit, extract, extract_draws, fit, residuals
from .numerics.factor_alignment import oriented
from .numerics.rotation import Kind, rotate, rotate_towards

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("minres", "ml", "paf")
ROTATIONS: tuple[Kind, ...] = ("varimax", "oblimin")
# Bootstrap draws of the battery: enough for a standard error to 5 % and a 95 % interval.
DRAWS = 300


@dataclass(frozen=True, kw_only=True)
class EfaResult(Result):
    """Loadings, uniquenesses and fit; the method says how they were extracted."""

    analysis: ClassVar[str] = "efa"

    @property
    def loadings(self) -> pd.DataFrame:
        """Items by factors, of the first role and method."""
        import pandas as pd

        found = self.find("loading")
        first = [one for one in found if (one.method, one.role) == (found[0].method, found[0].role)]
        frame = pd.DataFrame([(one.item, one.category, one.estimate) for one in first], columns=["item", "factor", "loading"])
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
    """Factors behind the complete rows of each role.

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
    chosen = _Model(method=method, factors=factors, correlations=correlations, rotation=rotation or "oblimin", draws=draws)
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
    statistics = by_role(patterns, partial(_role, models=(chosen,), rng=generator), cluster=cluster)
    return EfaResult(statistics=statistics, settings=settings, converged=_converged(statistics))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> EfaResult:
    """One factor by every method, with bootstrap intervals, and from polychoric correlations."""
    models = (
        *(_Model(method=method, draws=DRAWS) for method in METHODS),
        _Model(method="minres", correlations="polychoric", draws=DRAWS),
    )
    statistics = by_role(patterns, partial(_role, models=models, rng=np.random.default_rng(rng)))
    return EfaResult(statistics=statistics, settings={"factors": 1, "draws": DRAWS}, converged=_converged(statistics))


def _converged(statistics: tuple[Statistic, ...]) -> bool:
    return not any(note.key == "not_converged" for one in statistics for note in notes_in(one.note))


@dataclass(frozen=True, kw_only=True)
class _Model:
    method: str
    factors: int = 1
    correlations: str = "pearson"
    rotation: Kind = "oblimin"
    draws: int = 0

    @property
    def name(self) -> str:
        """The row's method: one factor from Pearson correlations is the plain one."""
        parts = [self.method]
        if self.factors > 1:
            parts.append(self.rotation)
        if self.correlations != "pearson":
            parts.append(self.correlations)
        return "/".join(parts)


def _role(
    patterns: ResponsePatterns, clustering: Clustering, models: tuple[_Model, ...], rng: np.random.Generator
) -> Iterator[Statistic]:
    answers = CompleteAnswers.of(patterns, clustering)
    drawn: dict[str, Floats] = {}  # the same draws for every method, so that methods can be compared
    for model in models:
        try:
            matrix = answers.correlations(model.correlations)
            extraction = _extract(matrix, model)
        except EstimationError as error:
            yield from _nothing(answers, model, error.note)
            continue
        if model.draws and model.correlations not in drawn:
            drawn[model.correlations] = answers.draws(model.correlations, model.draws, rng)
        yield from _Solution.of(answers, model, matrix, extraction, drawn.get(model.correlations), rng).rows()


def _extract(matrix: Floats, model: _Model) -> Extraction:
    try:
        return extract(matrix, model.factors, model.method)
    except ValueError as error:
        raise EstimationError(note_of(error)) from error


def _nothing(answers: CompleteAnswers, model: _Model, note: str) -> Iterator[Statistic]:
    fields = {"method": model.name, "n": answers.n}
    for item in answers.items:
        yield from (
            missing(note, quantity="loading", item=item, category=factor + 1, **fields) for factor in range(model.factors)
        )
        yield missing(note, quantity="uniqueness", item=item, **fields)
    yield missing(note, quantity="root_mean_square_residual", **fields)


@dataclass(frozen=True, kw_only=True)
class _Solution:
    """A rotated solution, with the loadings (d, k, m) and uniquenesses (d, k) of its bootstrap draws."""

    answers: CompleteAnswers
    model: _Model
    matrix: Floats
    extraction: Extraction
    loadings: Floats
    factor_correlations: Floats
    drawn_loadings: Floats
    drawn_uniquenesses: Floats

    @classmethod
    def of(
        cls,
        answers: CompleteAnswers,
        model: _Model,
        matrix: Floats,
        extraction: Extraction,
        drawn: Floats | None,
        rng: np.random.Generator,
    ) -> _Solution:
        if model.factors > 1:
            loadings, phi = rotate(extraction.loadings, model.rotation, rng)
        else:
            loadings, phi = oriented(extraction.loadings)
        found = []
        if drawn is not None:
            extracted = extract_draws(drawn, model.factors, model.method, extraction.uniquenesses)
            found = [_turned(one, model, loadings) for one in extracted]
        k, m = loadings.shape
        return cls(
            answers=answers,
            model=model,
            matrix=matrix,
            extraction=extraction,
            loadings=loadings,
            factor_correlations=phi,
            drawn_loadings=np.array([one for one, _ in found]).reshape(-1, k, m),
            drawn_uniquenesses=np.array([one for _, one in found]).reshape(-1, k),
        )

    def rows(self) -> Iterator[Statistic]:
        note = self._note()
        m = self.model.factors
        for item, name in enumerate(self.answers.items):
            for factor in range(m):
                draws = self.drawn_loadings[:, item, factor]
                row = self._row("loading", self.loadings[item, factor], draws, note, item=name, category=factor + 1)
                yield marked(row) if m == 1 else row
        for item, name in enumerate(self.answers.items):
            draws = self.drawn_uniquenesses[:, item]
            yield self._row("uniqueness", self.extraction.uniquenesses[item], draws, note, item=name)
        explained = np.diag(self.factor_correlations @ self.loadings.T @ self.loadings) / len(self.loadings)
        for factor in range(m):
            yield self._row("variance_explained", explained[factor], category=factor + 1)
        for one, other in zip(*np.triu_indices(m, 1), strict=True):
            pair = f"factor{one + 1}~factor{other + 1}"
            yield self._row("factor_correlation", self.factor_correlations[one, other], item=pair)
        yield from self._fit(note)

    def _note(self) -> str | None:
        """What is wrong with the solution, if anything."""
        heywood = [name for name, one in zip(self.answers.items, self.extraction.heywood, strict=True) if one]
        return joined(
            None if self.extraction.converged else "not_converged", Note("heywood", ", ".join(heywood)) if heywood else None
        )

    def _row(
        self, quantity: str, estimate: float, draws: Floats | None = None, note: str | None = None, **fields: object
    ) -> Statistic:
        if draws is None or not len(draws):
            return Statistic(
                quantity=quantity,
                method=self.model.name,
                estimate=float(estimate),
                n=self.answers.n,
                note=note,
                **fields,  # type: ignore[arg-type]
            )
        usable = draws[np.isfinite(draws)]
        failed = len(draws) - len(usable)
        if failed > MOST_FAILED * len(draws) and len(usable) > 1:
            return self._row(quantity, estimate, None, joined(note, Note("draws_not_fitted", str(failed))), **fields)
        if len(usable) < 2:
            note = joined(note, "one_cluster" if self.answers.clusters is not None else "no_interval")
        elif failed:
            note = joined(note, Note("draws_not_fitted", str(failed)))
        return Statistic(
            quantity=quantity,
            method=self.model.name,
            cluster=self.answers.clustering.key,
            estimate=float(estimate),
            std_error=float(usable.std(ddof=1)) if len(usable) > 1 else math.nan,
            interval=partial(intervals.percentile, draws=draws),
            n=self.answers.n,
            note=note,
            **fields,  # type: ignore[arg-type]
        )

    def _fit(self, note: str | None) -> Iterator[Statistic]:
        found = fit(self.matrix, self.extraction.loadings, self.answers.n)
        yield self._row("root_mean_square_residual", found.root_mean_square_residual)
        items = self.answers.items
        if found.df > 0:
            left = residuals(self.matrix, self.extraction.loadings)
            for i, j in zip(*np.triu_indices(len(items), 1), strict=True):
                yield self._row("residual_correlation", left[i, j], item=f"{items[i]}~{items[j]}")
        if self.model.correlations != "pearson":
            return
        yield self._test(found)
        for quantity in ("rmsea", "tli", "cfi"):
            value = getattr(found, quantity)
            yield self._row(quantity, value, note=self._untested(found) if math.isnan(value) else note)

    def _untested(self, found: Fit) -> str:
        return "no_degrees_of_freedom" if found.df <= 0 else "covariance_singular"

    def _test(self, found: Fit) -> Statistic:
        fields = {"quantity": "chi2", "method": self.model.name, "n": self.answers.n}
        if math.isnan(found.chi2):
            return missing(self._untested(found), **fields)
        p_value = float(chdtrc(found.df, max(0.0, found.chi2)))
        ignored = None if self.answers.clusters is None else "clusters_ignored"
        return Statistic(**fields, statistic=found.chi2, df=found.df, p_value=p_value, note=ignored)  # type: ignore[arg-type]


def _turned(found: Extraction | None, model: _Model, target: Floats) -> tuple[Floats, Floats]:
    """Loadings in the place of `target` and uniquenesses of one draw; NaN where it could not be fitted."""
    if found is None or not found.converged:
        return np.full_like(target, np.nan), np.full(len(target), np.nan)
    return rotate_towards(found.loadings, model.rotation, target)[0], found.uniquenesses
