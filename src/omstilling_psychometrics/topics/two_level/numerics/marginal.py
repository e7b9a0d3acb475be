"""Marginal log-likelihood of leaders' answers, and its exact derivatives.

    log L = sum over groups j of w_j log sum over nodes m of phi(u_m) h exp(sum over patterns p of n_jp log I_p(u_m))

Scores of groups are posterior expectations of their sums of derivatives of log I (Fisher's identity); the Hessian follows
Louis (1982): second derivatives given the factors, plus the products of first ones, less the products of their expectations,
level by level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ....core.numerics.arrays import Floats
from .grouped import Block, Grouped
from .nodes import FURTHER, OF_LEADER, cut_off


class Integrals(Protocol):
    """People's answers given the leader's factor: what `EqualSlopes` and `FreeSlopes` hold for a block."""

    nodes: Floats
    log_weights: Floats
    log_integrals: Floats

    def scores(self) -> Floats: ...
    def curvature(self, share: Floats) -> Floats: ...


# From a block, and how far from 0 its nodes reach, to its integrals.
Model = Callable[[Block, float], Integrals]


@dataclass(frozen=True, eq=False)
class Derivatives:
    """value; scores (g, q) of each distinct group once; gradient (q,); hessian (q, q)."""

    value: float
    scores: Floats
    gradient: Floats
    hessian: Floats


@dataclass(frozen=True, eq=False)
class Posterior:
    """Of the factor of each group of a block: nodes (M,), probabilities (g, M), log-likelihood (g,) of each group."""

    nodes: Floats
    probabilities: Floats
    log_likelihoods: Floats


def posterior(block: Block, integrals: Integrals) -> Posterior:
    log_joint = np.asarray(block.counts @ integrals.log_integrals) + integrals.log_weights
    highest = log_joint.max(axis=1)
    log_joint -= highest[:, None]
    joint = np.exp(log_joint, out=log_joint)
    total = joint.sum(axis=1)
    joint /= total[:, None]
    return Posterior(integrals.nodes, joint, highest + np.log(total))


def integrated(block: Block, model: Model) -> tuple[Integrals, Posterior]:
    """Over nodes that reach as far as the posterior of any group of the block does."""
    farthest = OF_LEADER
    while True:
        integrals = model(block, farthest)
        after = posterior(block, integrals)
        if after.nodes.size == 1 or not cut_off(after.probabilities, np.ones(len(after.probabilities))):
            return integrals, after
        farthest *= FURTHER


def log_likelihood(grouped: Grouped, model: Model) -> float:
    return float(sum(block.weights @ after.log_likelihoods for block, after in posteriors(grouped, model)))


def posteriors(grouped: Grouped, model: Model) -> Iterator[tuple[Block, Posterior]]:
    """Of the factor of every group, block by block."""
    for block in grouped.blocks:
        yield block, integrated(block, model)[1]


def derivatives(grouped: Grouped, model: Model, size: int) -> Derivatives:
    """By all parameters q = size."""
    value, hessian, scores = 0.0, np.zeros((size, size)), np.zeros((len(grouped.weights), size))
    for block in grouped.blocks:
        integrals, after = integrated(block, model)
        value += float(block.weights @ after.log_likelihoods)
        weighted = after.probabilities * block.weights[:, None]
        share = np.asarray(block.transposed @ weighted)
        hessian += integrals.curvature(share)
        of_block = np.zeros((len(block.weights), size))
        for node, by_pattern in enumerate(integrals.scores()):
            by_group = np.asarray(block.counts @ by_pattern)
            of_block += by_group * after.probabilities[:, [node]]
            hessian += (by_group * weighted[:, [node]]).T @ by_group - (by_pattern * share[:, [node]]).T @ by_pattern
        hessian -= (of_block * block.weights[:, None]).T @ of_block
        scores[block.place] = of_block
    return Derivatives(value, scores, grouped.weights @ scores, hessian)
