"""The answers of one role as a Mokken scale: what the rows are derived from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ...analysis.by_role import Clustering
from ...analysis.raters import raters
from ...analysis.sample import Sample
from ...core.errors import EstimationError, UsageError
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.sandwich import Clusters
from .numerics.item_ordering import ItemOrdering, coefficient_ht, item_ordering
from .numerics.monotonicity import Violations, monotonicity
from .numerics.scalability import Codes, Scalability, pair_scalability, total
from .numerics.selection import select_items
from .numerics.two_level import Groups, TwoLevel, groups_by_wave, two_level

# Items by their place: none is the scale, one an item, two a pair.
Places = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class MokkenScale:
    """The answers of one role as a Mokken scale.

    Parameters
    ----------
    sample : Sample
        The answers, and the key within whose values they depend on each other.
    minimum_violation : float
        Smallest fall of a share that counts as a violation; item ordering uses it times the number of item steps.
    minimum_size : int or None
        Of rest-score groups; Molenaar & Sijtsma's (2000) where None.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> scale = op.mokken(load_case("lq2002_lead")).model()
    >>> round(scale.scalability(["i1", "i2", "i3"]).estimate, 3)
    0.522
    >>> scale.scales(lower_bound=0.5).tolist()
    [2, 2, 1, 1, 1]
    """

    sample: Sample = field(repr=False)
    minimum_violation: float = 0.03
    minimum_size: int | None = None

    # ---------------------------------------------------------------- answers

    @property
    def independent(self) -> Sample | None:
        """The same answers taken as independent of each other; None where they are."""
        return None if self.sample.clustering.key is None else Sample(self.sample.patterns, Clustering(key=None))

    @property
    def names(self) -> tuple[str, ...]:
        """The k items."""
        return self.sample.patterns.items

    @property
    def categories(self) -> int:
        """How many answers an item has."""
        return len(self.sample.patterns.instrument.categories)

    @cached_property
    def codes(self) -> Codes:
        """Answers (p, k), 1 … c; below 1 where there is none."""
        return self.sample.patterns.table()[0].astype(np.int64)

    @cached_property
    def kept(self) -> Mask:
        """The patterns (p,) that answer all items."""
        return np.asarray((self.codes > 0).all(axis=1))

    @cached_property
    def complete(self) -> tuple[Codes, Floats]:
        """The complete patterns and how often each occurs."""
        return self.codes[self.kept], self.sample.counts[self.kept]

    @property
    def n(self) -> int:
        """Complete answers."""
        return round(float(self.complete[1].sum()))

    def answers(self, *, pairwise: bool = False) -> Codes:
        """The answers that scalability is computed from.

        Parameters
        ----------
        pairwise : bool, default False
            Of every pair the rows that answer both items, instead of the rows that answer all.

        Returns
        -------
        ndarray of int, shape (p, k)
            1 … c; below 1 where an answer is not used.
        """
        return self.codes if pairwise else np.where(self.kept[:, None], self.codes, 0)

    # ---------------------------------------------------------------- scalability

    def scalability(self, items: Sequence[str] | None = None, *, pairwise: bool = False) -> Scalability:
        """Covariances, and the largest that the margins allow, summed over the pairs of some items.

        Parameters
        ----------
        items : sequence of str, optional
            At least two of the items; all of them by default.
        pairwise : bool, default False
            Of every pair the rows that answer both items, instead of the rows that answer all.

        Returns
        -------
        Scalability
            `estimate` is H of the items as a scale; `influence(counts)` its influence values.

        Raises
        ------
        UsageError
            For an item that there is not, or fewer than two.
        """
        chosen = self.names if items is None else tuple(items)
        unknown = [item for item in chosen if item not in self.names]
        if unknown or len(set(chosen)) < 2:
            given = ", ".join(chosen) or "none"
            raise UsageError(f"items are {given}; at least two different ones of these are needed: {', '.join(self.names)}.")
        codes = self.answers(pairwise=pairwise)[:, [self.names.index(item) for item in chosen]]
        pairs = (self._pair(codes, i, j) for i, j in combinations(range(len(chosen)), 2))
        return total(pairs, len(codes))

    def scalabilities(self, *, pairwise: bool = False) -> dict[Places, Scalability]:
        """The scalability of the scale, of every item and of every pair of items.

        Parameters
        ----------
        pairwise : bool, default False
            Of every pair the rows that answer both items, instead of the rows that answer all.

        Returns
        -------
        dict
            By the places of the items: none is the scale, one an item, two a pair.
        """
        codes, size = self.answers(pairwise=pairwise), len(self.names)
        sums: dict[Places, Scalability] = {(): total((), len(codes))}
        sums |= {(item,): total((), len(codes)) for item in range(size)}
        for i, j in combinations(range(size), 2):
            sums[i, j] = self._pair(codes, i, j)
            for part in ((), (i,), (j,)):
                sums[part] = sums[part] + sums[i, j]
        return sums

    def _pair(self, codes: Codes, i: int, j: int) -> Scalability:
        return pair_scalability(codes[:, i], codes[:, j], self.sample.counts, self.categories)

    # ---------------------------------------------------------------- raters of the same leader

    @property
    def rated(self) -> str:
        """The key whose values are rated by several: the leader, or what answers depend on each other by."""
        key = self.sample.clustering.key
        return "leader" if key is None or "leader" in self.sample.patterns.keys else key

    @cached_property
    def groups(self) -> list[Groups]:
        """Raters of the same leader, by wave. Raises EstimationError where nobody is known to have two."""
        if self.rated not in self.sample.patterns.keys:
            raise EstimationError("no_leaders")
        who = raters(self.sample.patterns, self.kept, self.rated)
        counts = csr_array(who.counts[:, np.flatnonzero(self.kept)])
        return groups_by_wave(self.complete[0], counts, self.categories, who.leader, who.wave)

    @cached_property
    def two_level(self) -> dict[Places, TwoLevel]:
        """Scalability within and between the raters of a leader. Raises EstimationError as `groups`."""
        return dict(two_level(*self.groups))

    # ---------------------------------------------------------------- checks of the model

    @cached_property
    def monotonicity(self) -> list[Violations]:
        """Violations of monotonicity by each item. Raises EstimationError where answers are too few for rest-score groups."""
        return monotonicity(
            *self.complete, self.categories, minimum_violation=self.minimum_violation, minimum_size=self.minimum_size
        )

    @cached_property
    def item_ordering(self) -> ItemOrdering:
        """Violations of an item ordering common to everybody. Raises EstimationError as `monotonicity`, and with fewer
        than three items."""
        return item_ordering(
            *self.complete,
            self.categories,
            minimum_violation=self.minimum_violation * (self.categories - 1),
            minimum_size=self.minimum_size,
        )

    @cached_property
    def ht(self) -> float:
        """H^T of all items; NaN where nobody distinguishes them."""
        return coefficient_ht(*self.complete) if self.n else np.nan

    @property
    def clusters(self) -> Clusters | None:
        """Complete patterns by the key that answers depend on each other by; None for independent answers."""
        return self.sample.within(self.kept)

    def scales(self, lower_bound: float = 0.3) -> NDArray[np.int64]:
        """The scales that automated item selection finds.

        Parameters
        ----------
        lower_bound : float, default 0.3
            Smallest H_i.

        Returns
        -------
        ndarray of int, shape (k,)
            The scale of each item, 1, 2, …; 0 for items that fit in none.

        Raises
        ------
        EstimationError
            With fewer than two complete answers, or one cluster.
        """
        if self.n < 2:
            raise EstimationError("too_few_complete", f"n = {self.n}")
        if self.clusters is not None and self.clusters.size < 2:
            raise EstimationError("one_cluster")
        return select_items(*self.complete, self.categories, lower_bound=lower_bound, clusters=self.clusters)
