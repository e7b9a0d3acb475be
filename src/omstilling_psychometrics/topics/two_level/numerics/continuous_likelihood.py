"""The normal likelihood of two levels of all groups, as a function of their moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .continuous_curvature import Curvature, Directions
from .continuous_groups import GroupedAnswers
from .continuous_part import Levels, PartAtMoments, symmetric


class TwoLevelNormal:
    """A discrepancy of moments (1, S) for `factor.numerics.minimise`: minus the log-likelihood, but for a constant, over the
    number of answers. Remembers what belongs to the moments that it was last asked about."""

    def __init__(self, answers: GroupedAnswers) -> None:
        self.answers = answers
        self._latest: tuple[bytes, list[PartAtMoments]] = (b"", [])

    def of_sample(self) -> TwoLevelNormal:
        """That of a sample of the groups, to begin with."""
        return TwoLevelNormal(self.answers.sample())

    def _at(self, moments: Floats) -> list[PartAtMoments]:
        key = moments.tobytes()
        if self._latest[0] != key:
            levels = Levels.of(moments, self.answers.k)
            self._latest = key, [PartAtMoments(part, levels) for part in self.answers.parts]
        return self._latest[1]

    def _height(self, moments: Floats) -> float:
        return float(sum(part.height() for part in self._at(moments)))

    def log_likelihood(self, moments: Floats) -> float:
        """At moments (S,); minus infinity where answers have no density."""
        return self._height(moments) - self.answers.answered * float(np.log(2 * np.pi)) / 2

    def slope(self, moments: Floats) -> Floats:
        """(S,) of the log-likelihood."""
        return np.asarray(np.sum([part.slope() for part in self._at(moments)], axis=0))

    def scores(self, moments: Floats) -> Floats:
        """(G, S) of each group's log-likelihood."""
        return self.answers.together([part.scores() for part in self._at(moments)])

    def information(self, moments: Floats, jacobian: Floats) -> Floats:
        """Observed (q, q), as far as it comes from the curvature in the moments: of parameters with jacobian (S, q)."""
        k = self.answers.k
        mean, within, between = _split(jacobian, k)
        moving = [np.flatnonzero(part.any(axis=0)) for part in (within, between)]
        directions = Directions(
            *(symmetric(part[:, where].T, k) for part, where in zip((within, between), moving, strict=True))
        )
        total = np.sum([Curvature(part, directions).observed(exact=True) for part in self._at(moments)], axis=0)
        along = np.zeros((directions.size, jacobian.shape[1]))
        along[:k] = mean
        along[np.arange(k, directions.size), np.concatenate(moving)] = 1.0
        return np.asarray(along.T @ total @ along)

    def expected_information(self, moments: Floats) -> Floats:
        """(S, S) of the moments; of means within nothing."""
        return self._of_moments([self._curvature(part).expected(exact=True) for part in self._at(moments)])

    def _curvature(self, part: PartAtMoments) -> Curvature:
        return Curvature(part, Directions.every(self.answers.k))

    def _of_moments(self, of_parts: list[Floats]) -> Floats:
        """(S, S) of all parts together, from the order means, elements within, elements between."""
        k = self.answers.k
        v = k * (k + 1) // 2
        place = np.concatenate([np.arange(k + v, 2 * k + v), np.arange(k, k + v), np.arange(2 * k + v, 2 * (k + v))])
        out = np.zeros((2 * (k + v),) * 2)
        out[np.ix_(place, place)] = np.sum(of_parts, axis=0)
        return out

    # ---------------------------------------------------------------- as a discrepancy

    def value(self, moments: Floats) -> Floats:
        return np.array([-self._height(row) / self.answers.n for row in moments])

    def derivatives(self, moments: Floats, *, exact: bool = True) -> tuple[Floats, Floats, Floats]:
        """The slope is of all groups; how it bends is from a sample of them and nearly so, which is enough to find the way."""
        parts = self._at(moments[0])[: self.answers.sampled]
        scale = self.answers.groups / sum(part.part.size for part in parts) / self.answers.n
        bends = [self._curvature(part) for part in parts]
        expected = self._of_moments([bend.expected(exact=False) for bend in bends])[None] * scale
        observed = self._of_moments([bend.observed(exact=False) for bend in bends])[None] * scale if exact else expected
        return -self.slope(moments[0])[None] / self.answers.n, observed, expected

    def take(self, chosen: NDArray[np.intp]) -> TwoLevelNormal:
        """There is one problem only."""
        return self


def _split(jacobian: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """Rows of the means (k, q), and of the upper triangles within and between (v, q)."""
    within, between = np.split(jacobian, 2)
    return between[:k], within[k:], between[k:]
