"""Variance components of ordered answers by their latent correlations: those of the categories' values, as the model has them.

    B_kl    covariance of what two people about one leader answer to items k and l
    T_kl    of what one person answers to two items;   V_k variance of an item

A covariance of values is a sum over thresholds of both items of Phi2(h, g; rho) - Phi(h) Phi(g), at the latent correlation of
two people or of one (`cross_person`); no factor is assumed. With means over items and over pairs of different items,

    leader       mean B_kl                  person         mean (T_kl - B_kl)
    leader_item  mean B_kk - leader         person_item    mean (V_k - B_kk) - person

and the variance of the items' means, less its error, for `item`: the components of `crossed_items`, from a normal variable
behind each answer instead of the answers' own moments. They are of the observed values; those of latent responses (Ark 2015)
would be the reliability of a score that nobody has.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats, Ints
from ....core.numerics.bivariate_normal import bivariate_normal_cdf, bivariate_normal_density
from .cross_person import CrossPerson
from .crossed_items import Components

# A limit that nobody lies beyond, for an infinite one.
_FAR = 38.0


def of_ordered_answers(crossed: CrossPerson, values: Floats) -> Components:
    """values (C,) of the categories, ascending."""
    k = crossed.k
    limits = -np.clip(crossed.of_one.thresholds, -_FAR, _FAR)
    above = values - values[0]
    step, square = np.diff(above), np.diff(above**2)
    density = np.exp(-(limits**2) / 2) / math.sqrt(2 * math.pi)
    mean = ndtr(limits) @ step
    one, by_one = _covariances(limits, step, np.triu_indices(k, 1), crossed.of_one.correlations)
    two, by_two = _covariances(limits, step, np.triu_indices(k), crossed.correlations)
    variance = ndtr(limits) @ square - mean**2
    by_variance = _by_item(density * (square - 2 * mean[:, None] * step))
    # Slopes are by the limits, item by item, then by the correlations of one person, then of two.
    q, m = limits.size, len(one)
    slopes_of_one = np.hstack([by_one[:, :q], by_one[:, q:], np.zeros((m, len(two)))])
    slopes_of_two = np.hstack([by_two[:, :q], np.zeros((len(two), m)), by_two[:, q:]])
    slopes_of_items = np.hstack([by_variance, np.zeros((k, m + len(two)))])
    first, second = np.triu_indices(k)
    parts = [
        np.append(found, slopes)
        for found, slopes in (
            (two[first != second].mean(), slopes_of_two[first != second].mean(axis=0)),
            (two[first == second].mean(), slopes_of_two[first == second].mean(axis=0)),
            (one.mean(), slopes_of_one.mean(axis=0)),
            (variance.mean(), slopes_of_items.mean(axis=0)),
            (mean.var(ddof=1), np.append(2 * (mean - mean.mean())[:, None] * density * step / (k - 1), np.zeros(m + len(two)))),
        )
    ]
    leader, same_item, one_person, of_items, of_means = parts
    leader_item, person = same_item - leader, one_person - leader
    person_item = of_items - same_item - person
    size = np.asarray(crossed.groups.counts.sum(axis=1)).ravel()
    n = float(size.sum())
    item = of_means - leader_item * float(size @ size) / n**2 - person_item / n
    found = np.stack([leader, item, leader_item, person, person_item])
    by_thresholds = found[:, 1:]
    by_thresholds[:, :q] *= -1  # of which the limits are the negative
    return Components(found[:, 0], crossed.covariance(by_thresholds), crossed.units, n)


def _by_item(slopes: Floats) -> Floats:
    """(k, k (C - 1)) from slopes (k, C - 1) of what belongs to an item by its own limits."""
    k, steps = slopes.shape
    return np.asarray((np.eye(k)[:, :, None] * slopes[:, None]).reshape(k, k * steps))


def _covariances(limits: Floats, step: Floats, items: tuple[Ints, Ints], rho: Floats) -> tuple[Floats, Floats]:
    """Of the values of two items (b,), at latent correlations rho (b,); slopes (b, k (C - 1) + b) by all limits and rho."""
    k, steps = limits.shape
    (first, second), b = items, len(rho)
    h, g, r = limits[first][:, :, None], limits[second][:, None], rho[:, None, None]
    weight = np.outer(step, step)
    found = (weight * (bivariate_normal_cdf(h, g, r) - ndtr(h) * ndtr(g))).sum(axis=(1, 2))
    root = np.sqrt((1 - r) * (1 + r))
    edge_h, edge_g = (np.exp(-(edge**2) / 2) / math.sqrt(2 * math.pi) for edge in (h, g))
    by_first = (weight * edge_h * (ndtr((g - r * h) / root) - ndtr(g))).sum(axis=2)
    by_second = (weight * edge_g * (ndtr((h - r * g) / root) - ndtr(h))).sum(axis=1)
    by_limits = np.zeros((b, k, steps))
    np.add.at(by_limits, (np.arange(b), first), by_first)
    np.add.at(by_limits, (np.arange(b), second), by_second)
    by_rho = np.diag((weight * bivariate_normal_density(h, g, r)).sum(axis=(1, 2)))
    return found, np.hstack([by_limits.reshape(b, -1), by_rho])
