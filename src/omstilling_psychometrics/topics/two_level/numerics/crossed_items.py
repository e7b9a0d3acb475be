"""Variance components of answers to items by persons within leaders: what differs between leaders, items and persons.

    y = mu + l + i + l:i + p + e        leader, item, item for a leader, person within leader, item for a person and error

The items are crossed with the persons, who are nested in leaders: (p : l) x i (Brennan 2001, ch. 3 and 5). A group is a leader
in a wave, and each wave has item means of its own.

Estimates are those of the analysis of variance, which are unbiased and may be negative. With complete rows the K items are
turned into their mean and K - 1 orthonormal contrasts, each of which is a one-way layout of persons within leaders with groups
of unequal size (Searle, Casella & McCulloch 1992, sec. 3.6; n0 as in ICC(1)):

    mean         between l + l:i/K    within p + e/K
    contrast     between l:i          within e           and its square has the mean i + l:i sum n_j^2/N^2 + e/N

With leaders of one size these are the expected mean squares of the textbook. Where answers are missing, each pair of items is
such a layout for those who answered both, and the components are the means over the pairs: without missing answers, the same
numbers. Errors come from leaving out leaders, each with all of its groups, which takes the items as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.linalg import helmert
from scipy.sparse import csr_array

from ....core.errors import EstimationError
from ....core.numerics.arrays import Floats, Ints, Mask
from ....core.numerics.tally import numbered

COMPONENTS = ("leader", "item", "leader_item", "person", "person_item")


@dataclass(frozen=True)
class Groups:
    """counts (G, p): how many people of each group gave each pattern; leader (G,) and wave (G,), as codes."""

    counts: csr_array
    leader: Ints
    wave: Ints


@dataclass(frozen=True)
class Components:
    """values (5,) in the order of COMPONENTS, and their covariance (5, 5); leaders, and answers n used."""

    values: Floats
    covariance: Floats
    leaders: int
    n: float


def _jackknife(left_out: Floats) -> Floats:
    """Covariance (5, 5) from the components (L, 5) without each leader; NaN where they are not defined without some."""
    if not np.isfinite(left_out).all():
        return np.full((len(COMPONENTS),) * 2, np.nan)
    apart = left_out - left_out.mean(axis=0)
    return np.asarray((len(left_out) - 1) / len(left_out) * apart.T @ apart)


def of_complete_rows(values: Floats, groups: Groups) -> Components:
    """From values (p, K), only of those who answered all items."""
    return _mean_over_blocks(values, groups, [tuple(range(values.shape[1]))])


def of_pairs(values: Floats, groups: Groups) -> Components:
    """From values (p, K) with NaN, of all who answered two items or more."""
    return _mean_over_blocks(values, groups, list(combinations(range(values.shape[1]), 2)))


def _mean_over_blocks(values: Floats, groups: Groups, blocks: list[tuple[int, ...]]) -> Components:
    """Raises EstimationError where a block has too few groups or answers."""
    answered: Mask = ~np.isnan(values)
    used = np.zeros(len(values), dtype=bool)
    total = np.zeros((1, len(COMPONENTS)))
    for block in blocks:
        chosen = list(block)
        both: Mask = np.asarray(answered[:, chosen].all(axis=1))
        used |= both
        total = total + _of_block(values[:, chosen], both, groups)
    mean = total / len(blocks)
    return Components(mean[0], _jackknife(mean[1:]), len(mean) - 1, float(groups.counts[:, np.flatnonzero(used)].sum()))


@dataclass(frozen=True)
class _Left:
    """Sums over the groups of a wave, of everybody and without each leader, each (1 + L, ...): answers, groups, sum of squared
    sizes, totals (.., b) of the scores, totals squared over size (.., b), and squares within groups (.., b)."""

    n: Floats
    groups: Floats
    sizes: Floats
    total: Floats
    between: Floats
    within: Floats


def _without_each(of_leader: Floats) -> Floats:
    """(1 + L, ...): the sum of (L, ...), and the sum without each."""
    whole = of_leader.sum(axis=0, keepdims=True)
    return np.concatenate([whole, whole - of_leader])


def _left(n: Floats, total: Floats, square: Floats, leader: Ints, leaders: int) -> _Left:
    """From the groups of one wave: n (G,), total and square (G, b), leader (G,)."""
    parts = [n, np.ones_like(n), n**2, total, total**2 / n[:, None], square - total**2 / n[:, None]]
    summed = []
    for part in parts:
        of_leader = np.zeros((leaders, *part.shape[1:]))
        of_leader[leader] = part
        summed.append(_without_each(of_leader))
    return _Left(*summed)


def _of_block(values: Floats, both: Mask, groups: Groups) -> Floats:
    """Components (1 + L, 5) from the items of a block, of the patterns that have all of them; the leaders are those of all
    blocks."""
    k = values.shape[1]
    centre = values[both].mean(axis=0) if both.any() else np.zeros(k)  # of patterns: keeps the squares accurate
    turned = np.concatenate([np.full((1, k), 1 / k), helmert(k)])
    scores = np.where(both[:, None], values - centre, 0.0) @ turned.T
    columns = np.column_stack([both, scores, scores**2])
    sums = np.asarray(groups.counts @ columns)
    n = np.round(sums[:, 0], 9)  # the parts of a person who answered several times add up to one
    there = n > 0
    if not there.any():
        raise EstimationError("no_answers")
    _, leader = numbered(groups.leader)
    leaders = int(leader.max()) + 1
    waves = []
    for wave in np.unique(groups.wave[there]):
        these = there & (groups.wave == wave)
        waves.append(_left(n[these], sums[these, 1 : k + 1], sums[these, k + 1 :], leader[these], leaders))
    return _solved(waves, turned @ centre)


def _added(parts: Iterable[Floats]) -> Floats:
    return np.asarray(np.sum(list(parts), axis=0))


def _solved(waves: list[_Left], centre: Floats) -> Floats:
    """Components (1 + L, 5) from the sums of each wave; NaN without a leader who is needed."""
    n = _added(wave.n for wave in waves)
    groups = _added(wave.groups for wave in waves)
    present = [wave.groups > 0 for wave in waves]
    shares = [np.where(wave.n > 0, wave.n, 1.0) for wave in waves]
    df_between = groups - _added(there.astype(float) for there in present)
    df_within = n - groups
    if df_between[0] <= 0:
        raise EstimationError("one_leader" if groups[0] == 1 else "one_leader_per_wave")
    if df_within[0] <= 0:
        raise EstimationError("one_answer_per_leader")
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (n - _added(wave.sizes / share for wave, share in zip(waves, shares, strict=True))) / df_between
        within = _added(wave.within for wave in waves) / df_within[:, None]
        about = [wave.between - wave.total**2 / share[:, None] for wave, share in zip(waves, shares, strict=True)]
        between = (_added(about) / df_between[:, None] - within) / size[:, None]
        of_mean, of_contrasts = between[:, 0], between[:, 1:].mean(axis=1)
        by_mean, by_contrasts = within[:, 0], within[:, 1:].mean(axis=1)
        items = np.zeros(len(n))
        for wave, share in zip(waves, shares, strict=True):
            square = ((wave.total[:, 1:] / share[:, None] + centre[1:]) ** 2).mean(axis=1)
            excess = of_contrasts * wave.sizes / share**2 + by_contrasts / share
            items = items + np.where(wave.n > 0, wave.n * (square - excess), 0.0)
        k = between.shape[1]
        found = np.stack(
            [of_mean - of_contrasts / k, items / n, of_contrasts, by_mean - by_contrasts / k, by_contrasts], axis=1
        )
        found[~((df_between > 0) & (df_within > 0))] = np.nan
    return np.asarray(found)
