"""The normal likelihood of two levels of all groups, as a function of their moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .continuous_curvature import Curvature
from .continuous_groups import GroupedAnswers
from .continuous_part import Levels, PartAtMoments


class TwoLevelNormal:
    """A discrepancy of moments (1, S) for `factor.numerics.minimise`: minus the log-likelihood, but for a constant, over the
    number of answers. Remembers what belongs to the moments that it was last asked about."""

    def __init__(self, answers: GroupedAnswers) -> None:
        self.answers = answers
        self._latest: tuple[bytes, list[PartAtMoments]] = (b"", [])

    def first_part(self) -> TwoLevelNormal:
        """That of a sample of the groups, to begin with."""
        return TwoLevelNormal(self.answers.first_part())

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

    def information(self, moments: Floats, *, of_parts: int | None = None) -> tuple[Floats, Floats]:
        """Observed and expected (S, S); of_parts: what all of the groups have as estimated from the first so many parts."""
        parts = self._at(moments)[:of_parts]
        share = sum(part.part.size for part in parts) / self.answers.groups
        observed, expected = np.sum([Curvature(part).information() for part in parts], axis=0) / share
        return observed, expected

    # ---------------------------------------------------------------- as a discrepancy

    def value(self, moments: Floats) -> Floats:
        return np.array([-self._height(row) / self.answers.n for row in moments])

    def derivatives(self, moments: Floats, *, exact: bool = True) -> tuple[Floats, Floats, Floats]:
        """The slope is of all groups; how it bends is from a sample of them, which is enough to find the way."""
        observed, expected = self.information(moments[0], of_parts=1)
        n = self.answers.n
        return -self.slope(moments[0])[None] / n, observed[None] / n, expected[None] / n

    def take(self, chosen: NDArray[np.intp]) -> TwoLevelNormal:
        """There is one problem only."""
        return self
