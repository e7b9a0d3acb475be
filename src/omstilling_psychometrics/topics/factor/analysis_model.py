"""A fitted factor model of one role with everything its rows need, whatever the estimator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...analysis.by_role import Clustering
from ...analysis.category_codes import category_codes
from ...analysis.standard_errors import few_clusters
from ...core.errors import EstimationError, estimating
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.sandwich import Clusters
from ...survey.patterns import ResponsePatterns
from .analysis_refusals import clusters_refused, named, require_enough_items, scaling_refused
from .analysis_sample import StackedPatterns, stacked
from .analysis_specification import Specification
from .numerics import indices
from .numerics.difference import Difference
from .numerics.fit import FactorFit, identified
from .numerics.freed_pair import FreedPair
from .numerics.model import Cell, FactorModel, Numbers
from .numerics.robust_fit import RobustFit
from .numerics.srmr import UnbiasedSrmr
from .numerics.standardize import delta_method, residual_correlations_of, standardized_loadings
from .numerics.tests_of_fit import FitTest

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd

# A standardized loading of this size in a fit that did not settle is on its way to infinity; under `theta`, where it cannot
# exceed 1, one as near to 1 as this.
_UNBOUNDED, _UNBOUNDED_THETA = 2.0, 0.999


class FitTests(Protocol):
    """Of a fit and of its baseline model."""

    @property
    def exact(self) -> FitTest: ...
    @property
    def baseline(self) -> FitTest: ...


@dataclass(frozen=True, kw_only=True)
class FittedModel(ABC):
    """A fitted one-factor model of one role; what the classes below add is what hangs on the kind of estimator.

    Parameters
    ----------
    patterns : ResponsePatterns
        Answers of the role.
    specification : Specification
        What was fitted.
    places : tuple of int
        Of the items among all of the instrument's.
    fit : FactorFit
        The estimates `fit.parameters` (q,), in the order loadings, residual (co)variances, intercepts, thresholds.
    clusters : Clusters, optional
        Those of the answers used; None for independent answers.
    clustering : Clustering
        By which key.
    """

    patterns: ResponsePatterns = field(repr=False)
    specification: Specification
    places: tuple[int, ...]
    fit: FactorFit = field(repr=False)
    clusters: Clusters | None = field(repr=False)
    clustering: Clustering

    @classmethod
    def fitted(
        cls,
        patterns: ResponsePatterns,
        clustering: Clustering,
        specification: Specification,
        *,
        keep: tuple[int, ...] | None = None,
    ) -> Self:
        """Fit a model to the answers of one role.

        Parameters
        ----------
        patterns : ResponsePatterns
            Answers of the role.
        clustering : Clustering
            By which key they depend on each other.
        specification : Specification
            What is to be fitted.
        keep : tuple of int, optional
            Places of the items, where these are not all.

        Returns
        -------
        FittedModel
            Of the class that it is called on.

        Raises
        ------
        EstimationError
            Where it cannot be fitted, with the reason.
        """
        rows = stacked(patterns, cluster=None if specification.estimator == "ML" else clustering.key)
        places = tuple(range(len(patterns.items))) if keep is None else keep
        items = tuple(patterns.items[place] for place in places)
        if keep is not None:
            rows = rows.of_items(keep)
        k = rows.codes.shape[1]
        require_enough_items(specification, k)
        try:
            with estimating():
                fit, clusters = cls._estimated(specification.model(k, rows.categories), rows, specification)
        except EstimationError as error:
            raise named(error, items) from error
        require_settled(fit, items)
        return cls(
            patterns=patterns,
            specification=specification,
            places=places,
            fit=fit,
            clusters=clusters,
            clustering=clustering,
        )

    @staticmethod
    @abstractmethod
    def _estimated(
        model: FactorModel, rows: StackedPatterns, specification: Specification
    ) -> tuple[FactorFit, Clusters | None]: ...

    def refitted(self, specification: Specification) -> Self:
        """Another model of the same answers.

        Parameters
        ----------
        specification : Specification
            What is to be fitted, by the same kind of estimator.

        Returns
        -------
        FittedModel
            Of the same class.

        Raises
        ------
        EstimationError
            Where it cannot be fitted, with the reason.
        """
        return self.fitted(self.patterns, self.clustering, specification, keep=self.places)

    # ---------------------------------------------------------------- what it is of

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items."""
        return tuple(self.patterns.items[place] for place in self.places)

    @property
    def method(self) -> str:
        """The estimator."""
        return self.specification.estimator

    @property
    def n(self) -> int:
        """Answers used."""
        return self.fit.n

    # ---------------------------------------------------------------- estimates

    @cached_property
    def covariance(self) -> Floats:
        """(q, q) of the estimates, robust to non-normality and by cluster; with ML from the expected information."""
        return self.fit.robust_covariance(self.clusters)

    @cached_property
    def sign(self) -> float:
        """-1 where the loadings come out with a negative sum and all are turned."""
        elements = self.fit.model.elements(self.fit.parameters)
        return -1.0 if float(self.fit.model.matrix("loadings", elements).sum()) < 0 else 1.0

    @property
    def loadings(self) -> Floats:
        """(k,), their sum positive."""
        elements = self.fit.model.elements(self.fit.parameters)
        return np.asarray(self.sign * self.fit.model.matrix("loadings", elements)[0, :, 0])

    @property
    def residual_covariance(self) -> Floats:
        """Theta (k, k), its diagonal under `delta` what the scales leave."""
        model = self.fit.model
        elements = model.elements(self.fit.parameters)
        residuals = np.array(model.matrix("residual_covariances", elements)[0])
        np.fill_diagonal(residuals, model.residual_variances(elements)[0])
        return residuals

    @property
    def observed(self) -> Floats:
        """(k, k) saturated covariances or polychoric correlations of the answers."""
        return self._matrices[0]

    @property
    def implied(self) -> Floats:
        """(k, k) the model's covariances or, of ordinal items, correlations of the variables behind the answers."""
        return self._matrices[1]

    @cached_property
    def _matrices(self) -> tuple[Floats, Floats]:
        observed, implied = self.fit.matrices()[0]
        return np.asarray(observed), np.asarray(implied)

    def delta(self, function: Callable[[Numbers], Numbers]) -> tuple[Floats, Floats]:
        """Value and standard errors of a function of the parameters, by the delta method.

        Parameters
        ----------
        function : callable
            Analytic; from parameters (..., q), real or complex, to values (..., …).

        Returns
        -------
        tuple of ndarray
            The values at the estimates and their standard errors, of the same shape.
        """
        return delta_method(function, self.fit.parameters, self.covariance)

    def standardized(self) -> tuple[Floats, Floats]:
        """Loadings in standard deviations of the items.

        Returns
        -------
        tuple of ndarray, shape (k,)
            The loadings and their standard errors.
        """
        value, error = self.delta(lambda parameters: standardized_loadings(self.fit.model, parameters)[..., 0, :, 0])
        return self.sign * value, error

    def freed(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Residual covariances that the model frees, in the order of the specification.

        Returns
        -------
        tuple of ndarray, shape (p,)
            The covariances, their standard errors, the correlations of these residuals, and theirs.
        """
        first, second = np.array(self.specification.residual_covariances, dtype=int).reshape(-1, 2).T
        model = self.fit.model

        def covariances(parameters: Numbers) -> Numbers:
            return model.matrix("residual_covariances", model.elements(parameters))[..., 0, first, second]

        def correlations(parameters: Numbers) -> Numbers:
            return residual_correlations_of(model, parameters)[..., 0, first, second]

        return *self.delta(covariances), *self.delta(correlations)

    def improper(self) -> tuple[int, ...]:
        """Items whose residual variance is estimated below 0.

        Returns
        -------
        tuple of int
            Their places among `items`.
        """
        return tuple(int(item) for item in np.flatnonzero(np.diag(self.residual_covariance) < 0))

    @property
    @abstractmethod
    def skipped(self) -> Mask | None:
        """(k, c) categories between used ones that nobody chose; None where items are numbers."""

    # ---------------------------------------------------------------- fit

    @cached_property
    @abstractmethod
    def tests(self) -> FitTests:
        """Of exact fit, and of the baseline model."""

    @cached_property
    @abstractmethod
    def robust_fit(self) -> RobustFit:
        """What robust indices are made of. Raises EstimationError where a matrix is not positive definite."""

    @cached_property
    @abstractmethod
    def unbiased_srmr(self) -> UnbiasedSrmr: ...

    @property
    @abstractmethod
    def log_likelihood(self) -> float | None:
        """None where nothing of the kind is maximised."""

    @abstractmethod
    def difference(self, narrower: Self) -> Difference:
        """Test a narrower model against this one.

        Parameters
        ----------
        narrower : FittedModel
            Of the same answers, by the same estimator.

        Returns
        -------
        Difference
            The scaled test.

        Raises
        ------
        EstimationError
            Where the other model is not narrower.
        """

    @abstractmethod
    def freed_pairs(self, cells: Sequence[Cell]) -> list[FreedPair]:
        """Test pairs of items that the model does not free, one by one.

        Parameters
        ----------
        cells : sequence of pairs of int
            Places of the items.

        Returns
        -------
        list of FreedPair
            The test of each and the correlation of the residuals to expect.
        """

    @cached_property
    def test_refusal(self) -> str | None:
        """Why robust tests and indices cannot be had, if so."""
        return self.too_few_clusters or scaling_refused(self.tests.exact)

    @property
    def too_few_clusters(self) -> str | None:
        """The note that there are no more clusters than moments, if so."""
        return clusters_refused(self.clusters, self.fit.determined)

    @cached_property
    def test_warning(self) -> str | None:
        """The note that tests lean on few clusters, if so."""
        return few_clusters(self.clusters)

    def srmr(self) -> float:
        """Standardized root mean square residual.

        Returns
        -------
        float
            Of covariances, variances included, or of correlations.
        """
        return indices.srmr(self.observed, self.implied)

    def crmr(self) -> float:
        """Root mean square residual of the correlations.

        Returns
        -------
        float
            Without the diagonal.
        """
        return indices.crmr(self.observed, self.implied)

    # ---------------------------------------------------------------- scores

    @abstractmethod
    def scores(self, answers: Any = None) -> pd.DataFrame:
        """Scores on the factor (variance 1, mean 0).

        Parameters
        ----------
        answers : array_like, shape (r, k), optional
            Answers to the items as category values, NaN where there is none; by default the patterns of `by_pattern`.

        Returns
        -------
        pandas.DataFrame
            The mean of the factor given the answers and its standard deviation; a row per row of answers.
        """

    def by_pattern(self) -> pd.DataFrame:
        """Scores of every answer pattern.

        Returns
        -------
        pandas.DataFrame
            A row per pattern: the answers (category values, NaN where there is none), `count` and the `scores`.
        """
        import pandas as pd

        values = self.patterns.values()[:, list(self.places)]
        columns: dict[str, Any] = {item: values[:, place] for place, item in enumerate(self.items)}
        columns["count"] = self.patterns.table()[1].astype(np.int64)
        return pd.DataFrame({**columns, **self.scores()})

    def _codes(self, answers: Any) -> NDArray[np.int64]:
        if answers is None:
            return np.maximum(self.patterns.patterns[:, list(self.places)], 0).astype(np.int64)
        return category_codes(answers, self.items, self.patterns.instrument.categories)


def _unbounded(fit: FactorFit) -> int | None:
    """The item whose loading ran away: the fit goes on improving as it grows, so that no model fits best."""
    sizes = fit.loading_sizes()
    largest = int(np.nanargmax(sizes))
    return largest if sizes[largest] > (_UNBOUNDED_THETA if fit.model.kind == "theta" else _UNBOUNDED) else None


def require_settled(fit: FactorFit, items: tuple[str, ...]) -> None:
    """Raise EstimationError where the numbers are no estimates."""
    if not fit.converged or not np.isfinite(fit.parameters).all():
        item = _unbounded(fit)
        raise EstimationError("not_converged") if item is None else EstimationError("loading_unbounded", items[item])
    if not identified(fit.information):
        raise EstimationError("not_identified")
