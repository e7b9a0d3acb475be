"""Item parameters of one role or group, and what follows from them along the latent variable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ...core.numerics.arrays import Floats
from ...core.numerics.digits import to_digits
from .numerics.information import expected_scores, information, item_information
from .numerics.models import ItemModel
from .numerics.quadrature import NODES


def _standard() -> Floats:
    return np.array([0.0, 1.0])


@dataclass(frozen=True, eq=False, kw_only=True)
class ItemCurves:
    """Item parameters, and the curves that they give.

    Parameters
    ----------
    kind : ItemModel
        Graded response, generalized partial credit or partial credit; its `name`.
    names : tuple of str
        The k items.
    values : tuple of int
        The c categories of the instrument.
    items : ndarray, shape (k, m)
        Slope and intercepts, in logits; NaN where there are no estimates.
    observed : ndarray of bool, shape (k, c)
        Categories that somebody chose, here or in a group whose intercepts are the same.
    n : int
        Answers that they were estimated from.
    latent : ndarray, shape (2,)
        Mean and variance of the latent variable; 0 and 1 unless groups are fitted together.
    """

    kind: ItemModel
    names: tuple[str, ...]
    values: tuple[int, ...]
    items: Floats = field(repr=False)
    observed: NDArray[np.bool_] = field(repr=False)
    n: int
    latent: Floats = field(default_factory=_standard)

    @property
    def varying(self) -> list[int]:
        """Places of the items that have estimates: two categories at least were chosen."""
        known = np.isfinite(self.items[:, 0]) & (self.observed.sum(axis=1) > 1)
        return [int(item) for item in np.flatnonzero(known)]

    def category_curves(self, theta: Floats = NODES) -> Floats:
        """Probability of every category.

        Parameters
        ----------
        theta : array_like, shape (q,), optional
            Points of the latent variable; by default the 61 nodes from -6 to 6.

        Returns
        -------
        ndarray, shape (k, c, q)
            0 for categories that nobody chose.
        """
        return self.kind.probabilities(self.items, np.asarray(theta, dtype=float))

    def item_information(self, theta: Floats = NODES) -> Floats:
        """Information of every item, without a prior.

        Parameters
        ----------
        theta : array_like, shape (q,), optional
            Points of the latent variable; by default the 61 nodes from -6 to 6.

        Returns
        -------
        ndarray, shape (k, q)
            In units of one over the variance of the latent variable.
        """
        return item_information(self.kind, self.items, np.asarray(theta, dtype=float))

    def information(self, theta: Floats = NODES) -> Floats:
        """Information of all items together, without a prior.

        Parameters
        ----------
        theta : array_like, shape (q,), optional
            Points of the latent variable; by default the 61 nodes from -6 to 6.

        Returns
        -------
        ndarray, shape (q,)
            The sum of the items' information.
        """
        return information(self.kind, self.items, np.asarray(theta, dtype=float))

    def conditional_standard_error(self, theta: Floats = NODES) -> Floats:
        """Standard error of measurement of the latent variable.

        Parameters
        ----------
        theta : array_like, shape (q,), optional
            Points of the latent variable; by default the 61 nodes from -6 to 6.

        Returns
        -------
        ndarray, shape (q,)
            1 / sqrt(information); infinite where the items tell nothing.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(1 / np.sqrt(self.information(theta)))

    def expected_scores(self, theta: Floats = NODES) -> Floats:
        """Expected answer to every item.

        Parameters
        ----------
        theta : array_like, shape (q,), optional
            Points of the latent variable; by default the 61 nodes from -6 to 6.

        Returns
        -------
        ndarray, shape (k, q)
            In category values; their sum over items is the expected sum score.
        """
        return expected_scores(self.kind, self.items, np.asarray(theta, dtype=float), np.array(self.values, dtype=float))

    def difficulties(self) -> Floats:
        """Thresholds of the items on the latent variable, -L d / a.

        Returns
        -------
        ndarray, shape (k, c - 1)
            NaN where they are not identified.
        """
        k, c = self.observed.shape
        difficulties = np.full((k, c - 1), np.nan)
        for threshold, contrast in enumerate(self.kind.difficulty_contrasts(c)):
            used = np.flatnonzero(contrast)
            for item in self.varying:
                slope, *intercepts = self.items[item]
                intercepts = np.array(intercepts)[used]
                if np.isfinite(intercepts).all():
                    difficulties[item, threshold] = -float(contrast[used] @ intercepts / slope)
        return difficulties

    def to_digits(self, digits: int) -> Self:
        """The same with parameters of so many significant digits.

        Parameters
        ----------
        digits : int
            How many.

        Returns
        -------
        ItemCurves
            Of the same kind as this.
        """
        items, latent = (
            np.reshape([to_digits(value, digits) for value in of.ravel()], of.shape) for of in (self.items, self.latent)
        )
        return replace(self, items=items, latent=latent)
