"""Factor models of one role by likelihood, answers as numbers, and by least squares, answers as ordered categories."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.by_role import Clustering
from ...core.errors import EstimationError, UsageError, estimating
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from .analysis_model import FittedModel, require_settled
from .analysis_refusals import named, require_enough_answers, require_enough_items
from .analysis_sample import StackedPatterns
from .analysis_specification import ORDINAL, Specification
from .numerics.difference import Difference, normal_difference, ordinal_difference, plain_difference
from .numerics.freed_pair import FreedPair, freed_by_difference, freed_by_score
from .numerics.model import Cell, FactorModel
from .numerics.normal_fit import NormalFit, fit_normal
from .numerics.ordinal_fit import OrdinalFit, fit_ordinal
from .numerics.robust_fit import RobustFit, complete_robust_fit, incomplete_robust_fit, ordinal_robust_fit
from .numerics.scores import ordinal_scores, regression_scores
from .numerics.srmr import UnbiasedSrmr, normal_srmr, ordinal_srmr
from .numerics.tests_of_fit import NormalTests, OrdinalTests

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class NormalModel(FittedModel):
    """A one-factor model by likelihood, answers as numbers.

    Parameters
    ----------
    patterns : ResponsePatterns
        Answers of the role.
    specification : Specification
        What was fitted.
    places : tuple of int
        Of the items among all of the instrument's.
    fit : NormalFit
        The estimates `fit.parameters` (q,), in the order loadings, residual (co)variances, intercepts.
    clusters : Clusters, optional
        Those of the answers used; None for independent answers.
    clustering : Clustering
        By which key.
    """

    fit: NormalFit = field(repr=False)

    @staticmethod
    def _estimated(
        model: FactorModel, rows: StackedPatterns, specification: Specification
    ) -> tuple[NormalFit, Clusters | None]:
        listwise = specification.treatment == "listwise"
        sample, clusters = rows.normal(listwise=listwise)
        require_enough_answers(rows, sample.n, listwise=listwise)
        return fit_normal(model, sample), clusters

    @property
    def _robust(self) -> bool:
        return self.method != "ML"

    @cached_property
    def covariance(self) -> Floats:
        """(q, q) of the estimates: from the expected information with ML, else robust."""
        return self.fit.robust_covariance(self.clusters) if self._robust else self.fit.expected_covariance()

    @property
    def skipped(self) -> None:
        """Items are numbers."""
        return None

    @cached_property
    def tests(self) -> NormalTests:
        """Of exact fit, and of the baseline model."""
        return NormalTests(self.fit, self.clusters)

    @cached_property
    def robust_fit(self) -> RobustFit:
        """What robust indices are made of."""
        if self.method == "FIML":
            return incomplete_robust_fit(self.tests)
        return complete_robust_fit(self.tests.exact, self.tests.baseline)

    @cached_property
    def unbiased_srmr(self) -> UnbiasedSrmr:
        """With expected information for ML, else with observed information and the sandwich."""
        return normal_srmr(self.tests, robust=self._robust)

    @property
    def log_likelihood(self) -> float:
        """At the maximum."""
        return self.fit.log_likelihood

    def difference(self, narrower: NormalModel) -> Difference:
        """Likelihood ratio for ML, else scaled: Satorra & Bentler (2001), or (2010) where the scaling comes out negative.

        Parameters
        ----------
        narrower : NormalModel
            Of the same answers, by the same estimator.

        Returns
        -------
        Difference
            The test.

        Raises
        ------
        EstimationError
            Where the other model is not narrower.
        """
        if self._robust:
            test = normal_difference(self.fit, narrower.fit, self.clusters)
        else:
            test = plain_difference(self.fit, narrower.fit)
        if math.isnan(test.statistic):
            test = normal_difference(self.fit, narrower.fit, self.clusters, strictly_positive=True)
        return test

    def freed_pairs(self, cells: Sequence[Cell]) -> list[FreedPair]:
        """Score tests of pairs of items that the model does not free, one by one.

        Parameters
        ----------
        cells : sequence of pairs of int
            Places of the items.

        Returns
        -------
        list of FreedPair
            The test of each and the correlation of the residuals to expect.
        """
        return freed_by_score(self.fit, cells, self.clusters, robust=self._robust)

    def scores(self, answers: Any = None) -> pd.DataFrame:
        """Scores by regression on the answers (Thurstone 1935), the usual ones of a linear factor.

        Parameters
        ----------
        answers : array_like, shape (r, k), optional
            Answers to the items as category values, NaN where there is none; by default the patterns of `by_pattern`.

        Returns
        -------
        pandas.DataFrame
            `regression`, the mean of the factor given the answers, and its standard deviation `regression_sd`; NaN without
            any answer.

        Raises
        ------
        UsageError
            For answers of another number of items, or that are no categories of the instrument.
        """
        import pandas as pd

        codes, model = self._codes(answers), self.fit.model
        values = np.concatenate([[math.nan], np.array(self.patterns.instrument.categories, dtype=float)])[codes]
        elements = model.elements(self.fit.parameters)
        variance = float(model.matrix("latent_variances", elements)[0, 0])
        mean, sigma = model.means(elements)[0], model.covariance(elements)[0]
        score, spread = regression_scores(values, self.loadings, variance, mean, sigma)
        return pd.DataFrame({"regression": score, "regression_sd": spread})


@dataclass(frozen=True, kw_only=True)
class OrdinalModel(FittedModel):
    """A one-factor model by least squares on thresholds and polychoric correlations.

    Parameters
    ----------
    patterns : ResponsePatterns
        Answers of the role.
    specification : Specification
        What was fitted.
    places : tuple of int
        Of the items among all of the instrument's.
    fit : OrdinalFit
        The estimates `fit.parameters` (q,), in the order loadings, residual covariances, thresholds.
    clusters : Clusters, optional
        Those of the answers used; None for independent answers.
    clustering : Clustering
        By which key.
    """

    fit: OrdinalFit = field(repr=False)

    @staticmethod
    def _estimated(
        model: FactorModel, rows: StackedPatterns, specification: Specification
    ) -> tuple[OrdinalFit, Clusters | None]:
        listwise = specification.treatment == "listwise"
        sample, clusters = rows.ordinal(listwise=listwise)
        require_enough_answers(rows, sample.n, listwise=listwise)
        return fit_ordinal(model, sample, estimator=ORDINAL[specification.estimator]), clusters

    def without(self, item: int) -> OrdinalModel:
        """The same model of all items but one, from what is known of their pairs already.

        Parameters
        ----------
        item : int
            Place of the item that is left out, among those of this model.

        Returns
        -------
        OrdinalModel
            With the same rows, so that influences of both can be subtracted.

        Raises
        ------
        EstimationError
            Where there is none, with the reason.
        """
        keep = [place for place in range(len(self.places)) if place != item]
        items = tuple(self.items[place] for place in keep)
        pairs = [pair for pair in self.specification.residual_covariances if item not in pair]
        left = tuple((keep.index(first), keep.index(second)) for first, second in pairs)
        chosen = self.specification.with_residual_covariances(left)
        require_enough_items(chosen, len(keep))
        sample = self.fit.sample.of_items(keep)
        try:
            with estimating():
                fit = fit_ordinal(chosen.model(len(keep), sample.c), sample, estimator=self.fit.estimator)
        except EstimationError as error:
            raise named(error, items) from error
        require_settled(fit, items)
        places = tuple(self.places[place] for place in keep)
        return replace(self, specification=chosen, places=places, fit=fit)

    @property
    def skipped(self) -> Mask:
        """(k, c) categories between used ones that nobody chose."""
        return np.asarray(self.fit.sample.skipped[0])

    @property
    def thresholds(self) -> Floats:
        """(k, c - 1) on the scale of the loadings, infinite outside the categories used."""
        model, observed = self.fit.model, self.fit.sample.groups[0].thresholds
        return np.where(np.isfinite(observed), model.matrix("thresholds", model.elements(self.fit.parameters))[0], observed)

    @cached_property
    def tests(self) -> OrdinalTests:
        """Of exact fit, and of the baseline model."""
        return OrdinalTests(self.fit, self.clusters)

    @cached_property
    def robust_fit(self) -> RobustFit:
        """What robust indices are made of. Raises EstimationError where a matrix is not positive definite."""
        with estimating():
            return ordinal_robust_fit(self.tests)

    @cached_property
    def unbiased_srmr(self) -> UnbiasedSrmr:
        """Of the correlations."""
        return ordinal_srmr(self.tests)

    @property
    def log_likelihood(self) -> None:
        """Nothing of the kind is maximised."""
        return None

    def difference(self, narrower: OrdinalModel) -> Difference:
        """Test a narrower model, scaled and shifted (Satorra 2000; Asparouhov & Muthen 2006).

        Parameters
        ----------
        narrower : OrdinalModel
            Of the same answers, by the same estimator.

        Returns
        -------
        Difference
            The test.

        Raises
        ------
        EstimationError
            Where the other model is not narrower.
        """
        return ordinal_difference(self.fit, narrower.fit, self.clusters)

    def freed_pairs(self, cells: Sequence[Cell]) -> list[FreedPair]:
        """Difference tests of pairs of items that the model does not free, one by one.

        Parameters
        ----------
        cells : sequence of pairs of int
            Places of the items.

        Returns
        -------
        list of FreedPair
            The test of each and the correlation of the residuals to expect.
        """
        return freed_by_difference(self.fit, cells, self.clusters)

    def scores(self, answers: Any = None) -> pd.DataFrame:
        """Expected a posteriori scores (Bock & Mislevy 1982), as those of an item response model.

        Parameters
        ----------
        answers : array_like, shape (r, k), optional
            Answers to the items as category values, NaN where there is none; by default the patterns of `by_pattern`.

        Returns
        -------
        pandas.DataFrame
            `eap`, the mean of the factor given the answers, and its standard deviation `eap_sd`; NaN without any answer,
            where the model has no place for one, and where a residual variance is below 0.

        Raises
        ------
        UsageError
            For answers of another number of items, or that are no categories of the instrument; where residual covariances
            are free, since answers are not independent then given the factor.
        """
        import pandas as pd

        if self.specification.residual_covariances:
            raise UsageError(
                "scores of ordinal items take answers as independent given the factor, and this model frees residual "
                "covariances. Use a model without residual_covariances, or MLR or FIML."
            )
        codes = self._codes(answers)
        if self.improper():
            return pd.DataFrame(math.nan, index=range(len(codes)), columns=["eap", "eap_sd"])
        score, spread = ordinal_scores(codes, self.loadings, self.thresholds, np.diag(self.residual_covariance))
        return pd.DataFrame({"eap": score, "eap_sd": spread})


def fit_model(patterns: ResponsePatterns, clustering: Clustering, specification: Specification) -> FittedModel:
    """The one-factor model of one role. Raises EstimationError with the reason where that is impossible."""
    return (OrdinalModel if specification.ordinal else NormalModel).fitted(patterns, clustering, specification)
