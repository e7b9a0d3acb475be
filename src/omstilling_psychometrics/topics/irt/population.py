"""Population values of item response models, fitted by the package itself to the distribution of the patterns."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from ...analysis.pattern_distribution import PatternDistribution, Values, name
from ...core.numerics.arrays import Floats
from .numerics.estimation import fit
from .numerics.marginal import PatternTable
from .numerics.models import GRADED
from .numerics.parameters import layout


def graded_model(population: PatternDistribution, start: Floats | None = None) -> tuple[Values, Floats]:
    """The logistic graded model closest to the distribution (least Kullback-Leibler divergence): its values, and its free
    parameters as a start for fits to similar distributions."""
    codes, weights, instrument = population.codes, population.weights, population.instrument
    used = (weights > 0) & (codes > 0).any(axis=1)
    answers = np.where(codes[used] > 0, codes[used], 0).astype(np.int64)
    table = PatternTable(answers, weights[used], len(instrument.categories))
    found = fit(GRADED, (table,), layout(GRADED, table.observed()[None]), start=start)
    if found.reason is not None:
        raise ValueError(f"the graded model was not fitted: {found.reason}")
    values: Values = {}
    for item, (slope, *intercepts) in zip(instrument.item_keys, found.items[0].tolist(), strict=True):
        values[name("discrimination", item, None, "graded")] = slope
        for step, intercept in enumerate(intercepts, start=1):
            values[name("intercept", item, step, "graded")] = intercept
            values[name("difficulty", item, step, "graded")] = -intercept / slope
        values[name("expected_information", item, None, "graded")] = expected_information(slope, np.array(intercepts))
    return values, found.free


def expected_information(slope: float, intercepts: Floats) -> float:
    """Of a graded item over a standard normal latent variable: of each category, F(a theta + d_h) less F(a theta + d_h+1), the
    squared slope over the height, added up (Samejima 1969), by Gauss and Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    above = expit(slope * nodes[:, None] + intercepts)
    ends = np.ones((len(nodes), 1))
    bounds = np.concatenate([ends, above, 0 * ends], axis=1)
    heights, slopes = -np.diff(bounds, axis=1), -np.diff(slope * bounds * (1 - bounds), axis=1)
    # Far out a category has no probability that a number can hold, and no information.
    each = np.divide(slopes**2, heights, out=np.zeros_like(heights), where=heights > 0)
    return float(weights @ each.sum(axis=1) / weights.sum())
