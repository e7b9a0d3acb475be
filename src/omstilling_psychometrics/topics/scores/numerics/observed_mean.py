"""Reliability of one leader's observed mean, of the answers that there are about this leader.

M = mean over people of the mean of the items that each answered. In the model of `expected_score`, with B the covariance of two
people's answers about one leader and W that of one person's answers, less B (both k x k):

    Var E(M | u) = w'Bw,              w = mean over people of their items' weights
    E Var(M | u) = sum_p a_p'W a_p/n^2,   a_p = 1/(items answered) for each item that person p answered, else 0

    reliability = w'Bw/(w'Bw + E Var(M | u))

With no item left out this is V_B/(V_B + (V_T + V_E)/n) of all leaders with n answers (Lai 2021). Which items somebody leaves
out is taken as it is, and says nothing of the leader.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr

from ....core.numerics.arrays import Floats, Mask
from ....core.numerics.bivariate_normal import bivariate_normal_cdf
from .expected_score import ExpectedScore


@dataclass(frozen=True, eq=False)
class AnswerCovariances:
    """between (k, k): of two people's answers about one leader; within (k, k): of one person's answers, less these."""

    between: Floats
    within: Floats


def answer_covariances(model: ExpectedScore) -> AnswerCovariances:
    """Sums over pairs of thresholds of bivariate normal probabilities."""
    k, steps = model.thresholds.shape
    scale = np.sqrt(1 + model.loading**2 + model.loading_between**2)
    people, leaders = model.loading / scale, model.loading_between / scale
    limit = -(model.thresholds / scale[:, None]).ravel()
    item, step = np.repeat(np.arange(k), steps), np.tile(np.diff(model.values), k)
    probability = ndtr(limit)
    one_item = (item[:, None] == np.arange(k)) * step[:, None]

    def covariance(correlation: Floats) -> Floats:
        joint = bivariate_normal_cdf(limit[:, None], limit, correlation[np.ix_(item, item)])
        return np.asarray(one_item.T @ (joint - np.outer(probability, probability)) @ one_item)

    between = covariance(np.outer(leaders, leaders))
    one_person = covariance(np.outer(leaders, leaders) + np.outer(people, people))
    above = model.values - model.values[0]
    passed = probability.reshape(k, steps)
    variance = passed @ np.diff(above**2) - (passed @ np.diff(above)) ** 2
    np.fill_diagonal(one_person, variance)
    return AnswerCovariances(between, one_person - between)


def observed_mean_reliability(covariances: AnswerCovariances, answered: Mask, counts: csr_array) -> Floats:
    """(G,) of the mean about each leader; answered (p, k): the items of each answer pattern; counts (G, p): how many people
    gave it about the leader, those alone who have a score. NaN about nobody."""
    number = answered.sum(axis=1)
    weights = answered / np.maximum(number, 1)[:, None]
    noise = np.einsum("pk,kl,pl->p", weights, covariances.within, weights)
    n = np.asarray(counts.sum(axis=1)).ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        of_items = np.asarray(counts @ weights) / n[:, None]
        between = np.einsum("gk,kl,gl->g", of_items, covariances.between, of_items)
        return np.asarray(between / (between + np.asarray(counts @ noise) / n**2))
