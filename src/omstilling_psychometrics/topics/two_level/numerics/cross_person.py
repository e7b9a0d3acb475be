"""Latent correlations between the answers of two people about one leader, and of one person, with leaders' influence values.

Polychoric correlations by pairwise likelihood (two-step: thresholds from the margins of all answers), of any two items and of
an item with itself. Pairs of a group of n people weigh 1/(n - 1), so that it counts as often as it has people; with T the
weighted table of a pair of items and s = d log pi/d rho, the influence of a group j on a correlation is

    IF_j = (w_j sum over pairs of people s - a_1' IF_j(t_1) - a_2' IF_j(t_2)) / sum T s^2,   a = sum T s d log pi/d t

as for the correlations of one person (`polychoric_influence`). Sums over pairs of different people come from counts of answers
by group, less those of each person with themselves. Varin, Reid & Firth (2011) on pairwise likelihoods of clustered answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.tally import number_of_values, numbered
from ...correlation.numerics.polychoric import BOUNDARY, cell_derivatives, cell_probabilities, polychoric
from ...correlation.numerics.polychoric_influence import OrdinalMoments, ordinal_moments


@dataclass(frozen=True, eq=False)
class Groups:
    """codes (p, k) of distinct patterns, 1 … C, 0 for none; counts (G, p) sparse, of the people of each group; leader (G,), or
    whatever else the independent units are; None where they are the groups."""

    codes: Ints
    categories: int
    counts: csr_array
    leader: Ints | None


@dataclass(frozen=True, eq=False)
class CrossPerson:
    """of_one: thresholds, and correlations (m,) of one person's answers; correlations (k (k + 1)/2,) of two people's, in the
    order of `np.triu_indices(k)`."""

    groups: Groups
    of_one: OrdinalMoments
    correlations: Floats
    _score: Floats
    _through: Floats

    @property
    def k(self) -> int:
        return int(self.groups.codes.shape[1])

    @property
    def units(self) -> int:
        """How many are independent of each other."""
        return int(self.groups.counts.shape[0]) if self.groups.leader is None else number_of_values(self.groups.leader)

    @property
    def degrees_of_freedom(self) -> float:
        """Units less one, infinite where groups are independent."""
        return math.inf if self.groups.leader is None else self.units - 1

    def covariance(self, slopes: Floats) -> Floats:
        """(q, q) of q functions with these slopes (q, Q) by thresholds, item by item, correlations of one person and those of
        two; by leader, times L/(L - 1)."""
        weights, cuts = slopes.T, self.of_one.thresholds
        m = cuts.size + len(self.of_one.correlations)
        influence = self.influence(weights[: cuts.size].reshape(*cuts.shape, -1), weights[cuts.size : m], weights[m:])
        freedom = self.degrees_of_freedom
        return np.asarray(influence.T @ influence * (1 if math.isinf(freedom) else (freedom + 1) / freedom))

    def influence(self, of_thresholds: Floats, of_one: Floats, of_two: Floats) -> Floats:
        """(L, q) of leaders on q sums: weights of_thresholds (k, C - 1, q), of_one (m, q), of_two (k (k + 1)/2, q)."""
        groups, codes = self.groups, self.groups.codes
        first, second = np.triu_indices(self.k)
        by_pattern = np.zeros((len(codes), of_one.shape[1]))
        through = of_thresholds.copy()
        np.add.at(through, first, -self._through[:, 0, :, None] * of_two[:, None])
        np.add.at(through, second, -self._through[:, 1, :, None] * of_two[:, None])
        for item in range(self.k):
            by_pattern += self.of_one.threshold_influence[item][codes[:, item]] @ through[item]
        for pair, (one, other) in enumerate(zip(*np.triu_indices(self.k, 1), strict=True)):
            by_pattern += np.outer(self.of_one.correlation_influence[pair][codes[:, one], codes[:, other]], of_one[pair])
        of_groups = np.asarray(groups.counts @ by_pattern)
        several, weights, answers = _several(groups)
        with_self = np.zeros_like(by_pattern)
        crossed = np.zeros((len(several), of_one.shape[1]))
        for pair, (one, other) in enumerate(zip(first, second, strict=True)):
            inner = ((answers[:, one] @ self._score[pair, 1:, 1:]) * answers[:, other]).sum(axis=1)
            crossed += np.outer(inner, of_two[pair])
            with_self += np.outer(self._score[pair][codes[:, one], codes[:, other]], of_two[pair])
        of_groups[several] += weights[:, None] * (crossed - groups.counts[several] @ with_self)
        if groups.leader is None:
            return of_groups
        levels, leader = numbered(groups.leader)
        sums = np.zeros((len(levels), of_one.shape[1]))
        np.add.at(sums, leader, of_groups)
        return sums


def _several(groups: Groups) -> tuple[Ints, Floats, Floats]:
    """Groups of two people or more, the weight of each, and how many of its people gave each answer (g, k, C)."""
    size = np.asarray(groups.counts.sum(axis=1)).ravel()
    several = np.flatnonzero(size > 1.5)  # the parts of a person who answered several times add up to one
    k, c = groups.codes.shape[1], groups.categories
    answers = np.empty((len(several), k, c))
    chosen = csr_array(groups.counts[several])
    for category in range(c):
        answers[:, :, category] = chosen @ (groups.codes == category + 1).astype(float)
    return several, 1 / (size[several] - 1), answers


def cross_person(groups: Groups) -> CrossPerson:
    """Raises EstimationError where there are no pairs of people, or a correlation has no estimate inside (-1, 1)."""
    several, weights, answers = _several(groups)
    if not several.size:
        raise EstimationError("one_answer_per_leader")
    if len(several if groups.leader is None else np.unique(groups.leader[several])) < 2:
        raise EstimationError("one_leader")
    codes, c = groups.codes, groups.categories
    moments = ordinal_moments(codes, np.asarray(groups.counts.sum(axis=0)).ravel(), c)
    first, second = np.triu_indices(codes.shape[1])
    themselves = np.asarray(groups.counts[several].T @ weights)
    tables = np.empty((len(first), c, c))
    for pair, (one, other) in enumerate(zip(first, second, strict=True)):
        with_self = np.zeros((c + 1, c + 1))
        np.add.at(with_self, (codes[:, one], codes[:, other]), themselves)
        tables[pair] = answers[:, one].T @ (answers[:, other] * weights[:, None]) - with_self[1:, 1:]
    tables = np.maximum(tables, 0.0)
    cuts = moments.thresholds[first], moments.thresholds[second]
    rho = polychoric(tables, *cuts)
    if not (np.abs(np.concatenate([rho, moments.correlations])) < BOUNDARY).all():
        raise EstimationError("polychoric_at_boundary")
    probability = cell_probabilities(*cuts, rho)
    slopes = cell_derivatives(*cuts, rho) / probability[..., None]
    score = slopes[..., 0]
    information = (tables * score**2).sum(axis=(1, 2))
    through = np.einsum("mab,mabq->mq", tables * score, slopes[..., 1:]) / information[:, None]
    padded = np.zeros((len(first), c + 1, c + 1))
    padded[:, 1:, 1:] = score / information[:, None, None]
    return CrossPerson(groups, moments, rho, padded, through.reshape(len(first), 2, c - 1))
