"""Which items are left unanswered together, and the moments of the normal model that all of the answers give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...analysis.sample import Sample
from ...core.numerics.arrays import Floats, Mask
from ...core.results import Statistic
from .numerics.incomplete_moments import IncompleteMoments, incomplete_moments
from .numerics.little import LittleTest, little_test


@dataclass(frozen=True, kw_only=True)
class NonAnswers:
    """What the rows of one role are derived from.

    Parameters
    ----------
    sample : Sample
        The answers, and within what they depend on each other.
    answered : numpy.ndarray
        (q, k) bool, the patterns of answered and unanswered items, the most frequent first.
    counts : numpy.ndarray
        (q,) respondents with each.
    """

    sample: Sample
    answered: Mask
    counts: Floats

    @classmethod
    def of(cls, sample: Sample) -> NonAnswers:
        """Patterns of some answers.

        Parameters
        ----------
        sample : Sample
            Of one role.

        Returns
        -------
        NonAnswers
            With the patterns; moments and Little's test once they are asked for.
        """
        answered, cell = np.unique(sample.patterns.patterns > 0, axis=0, return_inverse=True)
        counts = np.bincount(cell.ravel(), weights=sample.counts, minlength=len(answered)).astype(np.float64)
        order = np.argsort(-counts, kind="stable")
        return cls(sample=sample, answered=answered[order], counts=counts[order])

    @property
    def n(self) -> int:
        """Respondents, those without an answer too."""
        return self.sample.patterns.n

    @cached_property
    def moments(self) -> IncompleteMoments:
        """Maximum likelihood mean (k,) and covariance (k, k) of the normal model, by EM. Raises EstimationError where all of
        the answers together do not determine them."""
        return incomplete_moments(self.sample.values, self.sample.counts)

    @cached_property
    def little(self) -> LittleTest:
        """Little's test. Raises EstimationError where it is not defined."""
        return little_test(self.sample.values, self.sample.counts, lambda: self.moments)

    def rows(self) -> Iterator[Statistic]:
        """How often each pattern occurs.

        Returns
        -------
        iterator of Statistic
            `pattern_count`, the item 1 for an answer and 0 for none ('11011').
        """
        for answered, count in zip(self.answered, self.counts, strict=True):
            label = "".join("1" if item else "0" for item in answered)
            yield Statistic(quantity="pattern_count", item=label, estimate=float(count), n=self.n)
