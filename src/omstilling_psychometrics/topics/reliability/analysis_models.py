"""What the reliability of one role is computed from: its answers, its alphas, and the factor models fitted to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from ...analysis.by_role import Clustering
from ...analysis.sample import Sample
from ...core.errors import EstimationError
from ...survey.patterns import ResponsePatterns
from ..factor.analysis_fit import NormalModel, OrdinalModel
from ..factor.analysis_model import FittedModel
from ..factor.analysis_specification import specification
from .numerics.alpha import Alpha, listwise_alpha, pairwise_alpha, standardized_alpha

F = TypeVar("F", bound=FittedModel)
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ReliabilityModels:
    """What the rows of one role are derived from; each is computed when it is first asked for, and kept.

    Parameters
    ----------
    sample : Sample
        Answers of the role, and by which key they depend on each other.
    """

    sample: Sample
    _fits: dict[tuple[str, Pairs], FittedModel | EstimationError] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, patterns: ResponsePatterns, clustering: Clustering) -> ReliabilityModels:
        """Of the answers of one role.

        Parameters
        ----------
        patterns : ResponsePatterns
            Answers of the role.
        clustering : Clustering
            By which key they depend on each other.

        Returns
        -------
        ReliabilityModels
            With nothing computed yet.
        """
        return cls(sample=Sample(patterns, clustering))

    @property
    def patterns(self) -> ResponsePatterns:
        """Answers of the role."""
        return self.sample.patterns

    @property
    def n(self) -> int:
        """Complete rows, from which most of it comes."""
        return self.listwise.n

    @cached_property
    def listwise(self) -> Alpha:
        """Alpha of complete rows, with influence values."""
        return listwise_alpha(self.sample.values, self.sample.counts)

    @cached_property
    def pairwise(self) -> Alpha:
        """Alpha of every pair of answers, with influence values."""
        return pairwise_alpha(self.sample.values, self.sample.counts)

    @cached_property
    def standardized(self) -> Alpha:
        """Alpha of the correlations of complete rows, with influence values."""
        return standardized_alpha(self.sample.values, self.sample.counts)

    def maximum_likelihood(self, residual_covariances: Pairs = ()) -> NormalModel:
        """One factor by likelihood from complete rows.

        Parameters
        ----------
        residual_covariances : tuple of pairs of items, optional
            Pairs that may share more than the factor.

        Returns
        -------
        NormalModel
            Fitted when it is first asked for.

        Raises
        ------
        EstimationError
            Where there is none, with the reason.
        """
        return self._fitted(NormalModel, "MLR", residual_covariances)  # ML, with the sandwich that its errors need here

    def without(self, item: int) -> NormalModel:
        """One factor by likelihood behind all items but one; not kept, since nothing else follows from it.

        Parameters
        ----------
        item : int
            Place of the item that is left out.

        Returns
        -------
        NormalModel
            Of the rows where all others are answered.

        Raises
        ------
        EstimationError
            Where there is none, with the reason.
        """
        keep = tuple(place for place in range(len(self.patterns.items)) if place != item)
        return NormalModel.fitted(self.patterns, self.sample.clustering, specification(self.patterns, "MLR"), keep=keep)

    def full_information(self, residual_covariances: Pairs = ()) -> NormalModel:
        """One factor by likelihood from every answer.

        Parameters
        ----------
        residual_covariances : tuple of pairs of items, optional
            Pairs that may share more than the factor.

        Returns
        -------
        NormalModel
            Fitted when it is first asked for.

        Raises
        ------
        EstimationError
            Where there is none, with the reason.
        """
        return self._fitted(NormalModel, "FIML", residual_covariances)

    def ordinal(self, residual_covariances: Pairs = ()) -> OrdinalModel:
        """One factor from thresholds and polychoric correlations (WLSMV).

        Parameters
        ----------
        residual_covariances : tuple of pairs of items, optional
            Pairs that may share more than the factor.

        Returns
        -------
        OrdinalModel
            Fitted when it is first asked for.

        Raises
        ------
        EstimationError
            Where there is none, with the reason.
        """
        return self._fitted(OrdinalModel, "WLSMV", residual_covariances)

    def _fitted(self, kind: type[F], estimator: str, pairs: Pairs) -> F:
        key = (estimator, pairs)
        if key not in self._fits:
            self._fits[key] = self._attempted(kind, estimator, pairs)
        fit = self._fits[key]
        if isinstance(fit, EstimationError):
            raise fit
        return fit  # type: ignore[return-value]  # one kind for each estimator

    def _attempted(self, kind: type[F], estimator: str, pairs: Pairs) -> FittedModel | EstimationError:
        chosen = specification(self.patterns, estimator, residual_covariances=pairs)
        try:
            return kind.fitted(self.patterns, self.sample.clustering, chosen)
        except EstimationError as error:
            return error
