"""Answer patterns drawn from a fitted model, with the holes of the observed ones: cost flat in the number of respondents.

Respondents with the same items answered are drawn together, as one multinomial over all the patterns they could give, or
one by one where those are too many to list.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats
from .marginal import PatternTable
from .models import ItemModel
from .quadrature import log_weights

_MOST_LISTED = 1 << 16


def _listed(log_p: Floats, weights: Floats, n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    """Patterns (r, items) and their drawn counts (r,) from all c^items patterns; log_p (items, c, q)."""
    joint = weights[None]
    for item in np.exp(log_p):
        joint = (joint[:, None] * item[None]).reshape(-1, joint.shape[1])
    shares = joint.sum(axis=1)
    drawn = rng.multinomial(n, shares / shares.sum())
    seen = np.flatnonzero(drawn)
    answers = np.array(np.unravel_index(seen, (log_p.shape[1],) * len(log_p))).T + 1
    return answers.astype(np.int64), drawn[seen].astype(float)


def _one_by_one(log_p: Floats, weights: Floats, n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    """The same by drawing a node and the answers of every respondent."""
    nodes = rng.choice(len(weights), size=n, p=weights)
    above = np.cumsum(np.exp(log_p), axis=1)[:, :-1]
    draws = rng.random((len(log_p), 1, n))
    answers = 1 + (draws > above[:, :, nodes]).sum(axis=1).T
    distinct, drawn = np.unique(answers, axis=0, return_counts=True)
    return distinct.astype(np.int64), drawn.astype(float)


def draw(
    model: ItemModel, items: Floats, latent: Floats, table: PatternTable, theta: Floats, rng: np.random.Generator
) -> PatternTable:
    """As many answers to the same items as in `table`, drawn from items (k, m) with latent mean and variance (2,)."""
    log_p = model.log_probabilities(items, theta)
    weights = np.exp(log_weights(theta, *latent))
    k, c, _ = log_p.shape
    masks, member = np.unique(table.answers > 0, axis=0, return_inverse=True)
    sizes = np.bincount(member.ravel(), weights=table.counts)
    parts, counts = [], []
    for mask, size in zip(masks, sizes, strict=True):
        answered = np.flatnonzero(mask)
        sampler = _listed if c**answered.size <= _MOST_LISTED else _one_by_one
        drawn, times = sampler(log_p[answered], weights, round(float(size)), rng)
        full = np.zeros((len(drawn), k), dtype=np.int64)
        full[:, answered] = drawn
        parts.append(full)
        counts.append(times)
    return PatternTable(np.vstack(parts), np.concatenate(counts), c)
