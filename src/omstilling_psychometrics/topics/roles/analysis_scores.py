"""Scale scores of one role: mean, spread and quantiles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...analysis.by_role import missing
from ...analysis.sample import Sample
from ...core.errors import EstimationError
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.moments import standard_deviation
from ...core.numerics.scale_score import scale_score
from ...core.results import Statistic
from ...survey.patterns import ResponsePatterns

# Points of the score distribution that are tabulated.
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True, eq=False)
class RoleScores:
    """Scale scores of one role.

    Parameters
    ----------
    sample : Sample
        The answers, and the key within whose values they depend on each other.
    """

    sample: Sample = field(repr=False)

    @cached_property
    def score(self) -> Floats:
        """Of each answer pattern (p,), NaN where too few items are answered."""
        return score_of(self.sample.patterns)

    @property
    def scored(self) -> Mask:
        """The patterns (p,) that have a score."""
        return ~np.isnan(self.score)

    @property
    def n(self) -> int:
        """Answers that have a score."""
        return self.sample.n(self.scored)

    @property
    def standard_deviation(self) -> float:
        """In scale points. Raises EstimationError with fewer than two scores."""
        if self.n < 2:
            raise EstimationError("too_few_answers", f"n = {self.n} < 2")
        return standard_deviation(self.score[self.scored], self.sample.counts[self.scored])

    def quantile(self, share: float) -> float:
        """Quantile by linear interpolation between order statistics (numpy's and R's default).

        Parameters
        ----------
        share : float
            Of the scores that are no higher, between 0 and 1.

        Returns
        -------
        float
            In scale points.

        Raises
        ------
        EstimationError
            Without any score.
        """
        if not self.n:
            raise EstimationError("no_answers")
        return counted_quantile(self.score[self.scored], self.sample.counts[self.scored], share)


def score_of(answers: ResponsePatterns) -> Floats:
    """Scale score of each answer pattern (p,)."""
    return scale_score(answers.values(), answers.instrument.minimum_answered)


def counted_quantile(values: Floats, counts: Floats, share: float) -> float:
    """The same quantile, from counted values."""
    order = np.argsort(values)
    last = np.cumsum(counts[order])
    position = share * (float(last[-1]) - 1)
    whole = math.floor(position)
    below, above = values[order][np.searchsorted(last, [whole, math.ceil(position)], side="right")]
    return float(below + (position - whole) * (above - below))


def rows(scores: RoleScores) -> Iterator[Statistic]:
    """Mean, standard deviation and quantiles."""
    n = scores.n
    yield scores.sample.mean(scores.score, quantity="score_mean")
    try:
        yield Statistic(quantity="score_sd", estimate=scores.standard_deviation, n=n)
    except EstimationError as error:
        yield missing(error.note, quantity="score_sd", n=n)
    for share in QUANTILES:
        try:
            yield Statistic(quantity="score_quantile", category=share, estimate=scores.quantile(share), n=n)
        except EstimationError as error:
            yield missing(error.note, quantity="score_quantile", category=share, n=n)
