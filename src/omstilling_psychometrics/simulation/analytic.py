"""What the graded model of the synthetic survey implies exactly, by quadrature: no draws.

Everyone answers every item, nobody is careless, no group finds an item harder. The residual correlation r of one pair is a
second latent variable g that both load sqrt(r) on, so that answers are independent given (theta, g).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..analysis.pattern_distribution import Codes, covariance
from ..core.numerics.arrays import Floats
from .truth import Truth

# Gauss-Hermite nodes; doubling either changes no pattern's probability by more than 1e-12.
_THETA_NODES = 81
_PAIR_NODES = 41


@dataclass(frozen=True, kw_only=True)
class ItemParameters:
    """Items as one role meets them on one form: loadings (k,), thresholds (k, c-1); mean and sd of theta."""

    loadings: Floats
    thresholds: Floats
    mean: float
    sd: float

    @property
    def residual(self) -> Floats:
        """Standard deviation of what theta does not explain, (k,)."""
        return np.asarray(np.sqrt(1 - self.loadings**2))

    @property
    def total(self) -> Floats:
        """Standard deviation of the latent responses in the role, (k,)."""
        return np.asarray(np.sqrt(self.loadings**2 * self.sd**2 + self.residual**2))

    @property
    def standardized_loadings(self) -> Floats:
        """Loadings of the latent responses, standardised in the role, on theta, (k,)."""
        return np.asarray(self.loadings * self.sd / self.total)

    @property
    def standardized_thresholds(self) -> Floats:
        """Thresholds of the latent responses, standardised in the role, (k, c-1)."""
        return np.asarray((self.thresholds - (self.loadings * self.mean)[:, None]) / self.total[:, None])


def item_parameters(truth: Truth, role: str, *, form_b: bool = False) -> ItemParameters:
    """Loadings, thresholds and distribution of theta of a role in the first wave."""
    parameters = truth.role(role)
    loadings = [parameters.loading.get(item, loading) for item, loading in zip(truth.items, truth.loadings, strict=True)]
    thresholds = np.array(truth.thresholds)
    for item, shift in parameters.threshold_shift.items():
        thresholds[truth.items.index(item)] += shift
    if form_b:
        worse, loading = truth.form_b_loading
        loadings[truth.items.index(worse)] = loading
        harder, shift = truth.form_b_threshold_shift
        thresholds[truth.items.index(harder)] += shift
    return ItemParameters(loadings=np.array(loadings), thresholds=thresholds, mean=parameters.mean, sd=parameters.sd)


def latent_correlations(truth: Truth, items: ItemParameters) -> Floats:
    """Correlations of the latent responses, (k, k): the population polychoric correlations."""
    loadings, residual = items.standardized_loadings, items.residual / items.total
    correlations = np.outer(loadings, loadings)
    first, second = (truth.items.index(item) for item in truth.residual_pair)
    correlations[[first, second], [second, first]] += truth.residual_correlation * residual[first] * residual[second]
    np.fill_diagonal(correlations, 1.0)
    return correlations


def _nodes(number: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(number)
    return nodes, weights / weights.sum()


def _categories(above: Floats) -> Floats:
    """P(category), (..., c), from P(above each threshold), (..., c-1)."""
    ends = np.ones((*above.shape[:-1], 1))
    return -np.diff(np.concatenate([ends, above, 0 * ends], axis=-1), axis=-1)


def pattern_probabilities(truth: Truth, items: ItemParameters) -> tuple[Codes, Floats]:
    """Every complete answer pattern, (c^k, k), and its probability, (c^k,)."""
    k, categories = len(items.loadings), items.thresholds.shape[1] + 1
    theta, theta_weights = _nodes(_THETA_NODES)
    common, common_weights = _nodes(_PAIR_NODES)
    position = items.mean + items.sd * np.repeat(theta, len(common))
    pair = np.tile(common, len(theta))
    weights = np.outer(theta_weights, common_weights).ravel()
    r = truth.residual_correlation
    given = np.ones((len(weights), 1))
    for j, item in enumerate(truth.items):
        in_pair = item in truth.residual_pair
        shift = items.residual[j] * np.sqrt(r) * pair if in_pair else 0.0
        spread = items.residual[j] * (np.sqrt(1 - r) if in_pair else 1.0)
        above = ndtr((items.loadings[j] * position + shift)[:, None] / spread - items.thresholds[j] / spread)
        given = (given[:, :, None] * _categories(above)[:, None, :]).reshape(len(weights), -1)
    patterns = np.stack(np.meshgrid(*[np.arange(1, categories + 1, dtype=np.int8)] * k, indexing="ij"), axis=-1).reshape(-1, k)
    return patterns, weights @ given


def expected_score(items: ItemParameters, theta: Floats) -> Floats:
    """Expected mean of the answers at each theta, (q,)."""
    return np.asarray(_expected_answers(items, theta, items.residual).mean(axis=1))


def _expected_answers(items: ItemParameters, theta: Floats, spread: Floats) -> Floats:
    """Expected answers (q, k) at each theta (q,), with residual standard deviations (k,)."""
    above = ndtr((items.loadings[:, None] * theta[:, None, None] - items.thresholds) / spread[:, None])
    return np.asarray(1 + above.sum(axis=2))


def _variance(values: Floats, weights: Floats) -> float:
    return float(weights @ (values - weights @ values) ** 2)


def score_variance(patterns: Codes, probabilities: Floats) -> float:
    """Variance of the mean answer."""
    return _variance(patterns.mean(axis=1), probabilities)


def true_score_variance(items: ItemParameters) -> float:
    """Variance of the mean answer that is due to theta."""
    nodes, weights = _nodes(_THETA_NODES)
    return _variance(expected_score(items, items.mean + items.sd * nodes), weights)


def leader_score_variance(truth: Truth, items: ItemParameters) -> float:
    """Variance, between leaders, of the expected mean answer of an employee."""
    return float(leader_covariances(truth, items).mean())


def leader_covariances(truth: Truth, items: ItemParameters) -> Floats:
    """Covariances (k, k), between leaders, of the expected answers of an employee."""
    nodes, weights = _nodes(_THETA_NODES)
    spread = np.sqrt(items.residual**2 + items.loadings**2 * truth.variance_within)
    return covariance(_expected_answers(items, np.sqrt(truth.leader_variance) * nodes, spread), weights)
