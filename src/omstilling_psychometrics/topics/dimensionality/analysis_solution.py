"""A rotated solution of one role's exploratory factor analysis, its bootstrap draws, and the rows that follow from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.special import chdtrc

from ...analysis.by_role import missing
from ...analysis.item_direction import marked
from ...core.errors import UsageError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.bootstrap import MOST_FAILED
from ...core.numerics.moments import covariance, weighted_mean
from ...core.results import Statistic
from ..correlation.complete_answers import CompleteAnswers
from .numerics.efa import Extraction, Fit, extract_draws, fit, residuals
from .numerics.factor_alignment import oriented
from .numerics.rotation import Kind, rotate, rotate_towards


@dataclass(frozen=True, kw_only=True)
class EfaModel:
    """What is asked for: how factors are extracted, how many, of which correlations, how rotated, with how many draws."""

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


@dataclass(frozen=True, kw_only=True)
class Solution:
    """A rotated solution of one role: k items, m factors, d bootstrap draws.

    Parameters
    ----------
    answers : CompleteAnswers
        The complete rows.
    model : EfaModel
        What was asked for: method, number of factors, kind of correlations, rotation.
    matrix : numpy.ndarray
        (k, k) correlations.
    extraction : Extraction
        Before rotation.
    loadings : numpy.ndarray
        (k, m) rotated.
    factor_correlations : numpy.ndarray
        (m, m).
    drawn_loadings : numpy.ndarray
        (d, k, m), NaN where a draw could not be fitted.
    drawn_uniquenesses : numpy.ndarray
        (d, k).
    """

    answers: CompleteAnswers
    model: EfaModel
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
        model: EfaModel,
        matrix: Floats,
        extraction: Extraction,
        drawn: Floats | None,
        rng: np.random.Generator,
    ) -> Solution:
        """Rotate an extraction, and those of bootstrap draws into its place.

        Parameters
        ----------
        answers : CompleteAnswers
            The complete rows.
        model : EfaModel
            What was asked for.
        matrix : numpy.ndarray
            (k, k) correlations.
        extraction : Extraction
            Before rotation.
        drawn : numpy.ndarray or None
            (d, k, k) correlations of bootstrap draws.
        rng : numpy.random.Generator
            Of the starts of the rotation.

        Returns
        -------
        Solution
            Factors by falling share of variance, each with a positive sum of loadings.
        """
        if model.factors > 1:
            loadings, phi = rotate(extraction.loadings, model.rotation, rng)
        else:
            loadings, phi = oriented(extraction.loadings)
        turned = []
        if drawn is not None:
            extracted = extract_draws(drawn, model.factors, model.method, extraction.uniquenesses)
            turned = [_turned(drawn_extraction, model, loadings) for drawn_extraction in extracted]
        k, m = loadings.shape
        return cls(
            answers=answers,
            model=model,
            matrix=matrix,
            extraction=extraction,
            loadings=loadings,
            factor_correlations=phi,
            drawn_loadings=np.array([of_draw for of_draw, _ in turned]).reshape(-1, k, m),
            drawn_uniquenesses=np.array([of_draw for _, of_draw in turned]).reshape(-1, k),
        )

    def weights(self) -> Floats:
        """What each standardised answer counts for in the regression scores: R⁻¹ΛΦ (Thurstone 1935).

        Returns
        -------
        numpy.ndarray
            (k, m) float.
        """
        return np.asarray(np.linalg.solve(self.matrix, self.loadings @ self.factor_correlations))

    def scores(self) -> Floats:
        """Regression scores of the patterns in `answers`; psych::factor.scores(method = "Thurstone").

        Returns
        -------
        numpy.ndarray
            (p, m) float, of mean 0.

        Raises
        ------
        UsageError
            For polychoric correlations: what they are of was not observed.
        """
        if self.model.correlations != "pearson":
            raise UsageError("scores are of observed answers; there are none with polychoric correlations: use pearson ones.")
        values, counts = self.answers.values, self.answers.counts
        spread = np.sqrt(np.diag(covariance(values, counts)))
        return np.asarray((values - weighted_mean(values, counts)) / spread @ self.weights())

    def rows(self) -> Iterator[Statistic]:
        """Every statistic of the solution.

        Returns
        -------
        iterator of Statistic
            In the order of the report.
        """
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
        for first, second in zip(*np.triu_indices(m, 1), strict=True):
            pair = f"factor{first + 1}~factor{second + 1}"
            yield self._row("factor_correlation", self.factor_correlations[first, second], item=pair)
        yield from self._fit(note)

    def _note(self) -> str | None:
        """What is wrong with the solution, if anything."""
        heywood = [name for name, at_bound in zip(self.answers.items, self.extraction.heywood, strict=True) if at_bound]
        return joined(
            None if self.extraction.converged else "not_converged", Note("heywood", ", ".join(heywood)) if heywood else None
        )

    def _row(
        self, quantity: str, estimate: float, draws: Floats | None = None, note: str | None = None, **fields: Any
    ) -> Statistic:
        if draws is None or not len(draws):
            return Statistic(
                quantity=quantity,
                method=self.model.name,
                estimate=float(estimate),
                n=self.answers.n,
                note=note,
                **fields,
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
            **fields,
        )

    def _fit(self, note: str | None) -> Iterator[Statistic]:
        fitted = fit(self.matrix, self.extraction.loadings, self.answers.n)
        yield self._row("root_mean_square_residual", fitted.root_mean_square_residual)
        items = self.answers.items
        if fitted.df > 0:
            left = residuals(self.matrix, self.extraction.loadings)
            for i, j in zip(*np.triu_indices(len(items), 1), strict=True):
                yield self._row("residual_correlation", left[i, j], item=f"{items[i]}~{items[j]}")
        if self.model.correlations != "pearson":
            return
        yield self._test(fitted)
        for quantity in ("rmsea", "tli", "cfi"):
            value = getattr(fitted, quantity)
            yield self._row(quantity, value, note=self._untested(fitted) if math.isnan(value) else note)

    def _untested(self, fitted: Fit) -> str:
        return "no_degrees_of_freedom" if fitted.df <= 0 else "covariance_singular"

    def _test(self, fitted: Fit) -> Statistic:
        fields: dict[str, Any] = {"quantity": "chi2", "method": self.model.name, "n": self.answers.n}
        if math.isnan(fitted.chi2):
            return missing(self._untested(fitted), **fields)
        p_value = float(chdtrc(fitted.df, max(0.0, fitted.chi2)))
        ignored = None if self.answers.clusters is None else "clusters_ignored"
        return Statistic(**fields, statistic=fitted.chi2, df=fitted.df, p_value=p_value, note=ignored)


def _turned(extraction: Extraction | None, model: EfaModel, target: Floats) -> tuple[Floats, Floats]:
    """Loadings in the place of `target` and uniquenesses of one draw; NaN where it could not be fitted."""
    if extraction is None or not extraction.converged:
        return np.full_like(target, np.nan), np.full(len(target), np.nan)
    return rotate_towards(extraction.loadings, model.rotation, target)[0], extraction.uniquenesses
