"""Marginal maximum likelihood by Newton steps on counted patterns, with the exact Hessian.

Where the Hessian is not negative definite, a step of the EM gradient algorithm (Lange 1995) is taken instead: the complete
data information in place of the observed one, which always leads uphill. Every step is halved until the log-likelihood
rises. Converged means that the Newton decrement (twice the rise still to be had) is below 1e-10: estimates are then within
1e-5 of their standard errors of the maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ....core.note import Note
from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import Clusters, meat
from .marginal import Derivatives, PatternTable, derivatives, log_likelihood
from .models import ItemModel
from .parameters import Layout
from .quadrature import LARGEST_SLOPE, NODES
from .starting import starting_values

_DECREMENT = 1e-10
_ITERATIONS = 200
_HALVINGS = 40
# No parameter moves further than this in one step; logits beyond it saturate.
_LONGEST_STEP = 2.0
# A slope on its way to infinity is not followed beyond this.
_GIVE_UP = 3 * LARGEST_SLOPE
# Share of the complete-data information, in its poorest direction, below which the data say nothing about a parameter.
_POOREST_SHARE = 1e-7


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model.

    items: (g, k, m); latent: (g, 2) mean and variance; free: (f,); information: (f, f) observed; scores: per group (r, f),
    of each pattern once; reason: why the estimates are not to be used, None where they are.
    """

    model: ItemModel
    layout: Layout
    tables: tuple[PatternTable, ...]
    theta: Floats
    free: Floats
    items: Floats
    latent: Floats
    log_likelihood: float
    information: Floats
    scores: tuple[Floats, ...]
    iterations: int
    reason: Note | None

    @property
    def n(self) -> float:
        return sum(table.n for table in self.tables)

    @property
    def aic(self) -> float:
        return 2 * self.layout.size - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        return self.layout.size * float(np.log(self.n)) - 2 * self.log_likelihood


def _value(model: ItemModel, layout: Layout, tables: Sequence[PatternTable], theta: Floats, free: Floats) -> float:
    """Log-likelihood, -inf outside the parameter space."""
    items, latent = layout.expand(free)
    total = 0.0
    for group, table in enumerate(tables):
        if not model.valid(items[group]) or latent[group, 1] <= 0:
            return -np.inf
        with np.errstate(invalid="ignore"):
            value = log_likelihood(table, model, items[group], latent[group], theta)
        if not np.isfinite(value):
            return -np.inf
        total += value
    return total


def _all_derivatives(
    model: ItemModel, layout: Layout, tables: Sequence[PatternTable], theta: Floats, free: Floats
) -> tuple[Derivatives, tuple[Floats, ...]]:
    """By the free parameters, over groups; and the scores of every group's patterns."""
    items, latent = layout.expand(free)
    parts, scores, f = [], [], layout.size
    value, gradient, hessian, complete = 0.0, np.zeros(f), np.zeros((f, f)), np.zeros((f, f))
    for group, table in enumerate(tables):
        part = derivatives(table, model, items[group], latent[group], theta)
        select = layout.selection(group)
        parts.append(part)
        scores.append(part.scores @ select)
        value += part.value
        gradient += part.gradient @ select
        hessian += select.T @ part.hessian @ select
        complete += select.T @ part.complete @ select
    return Derivatives(value, np.zeros((0, f)), gradient, hessian, complete), tuple(scores)


def _poorest_share(information: Floats, complete: Floats) -> float:
    """Smallest eigenvalue of the observed information in units of the diagonal of the complete one."""
    scale = 1 / np.sqrt(np.maximum(np.diag(complete), np.finfo(float).tiny))
    return float(np.linalg.eigvalsh(information * np.outer(scale, scale))[0])


def _step(current: Derivatives) -> tuple[Floats, float, bool]:
    """Direction uphill, its decrement g' step, and whether it is a Newton step."""
    information = -current.hessian
    if _poorest_share(information, current.complete) > _POOREST_SHARE:
        step = cho_solve(cho_factor(information), current.gradient)
        return np.asarray(step), float(current.gradient @ step), True
    ridge = np.diag(np.full(len(current.gradient), 1e-8 * float(np.diag(current.complete).max()) + 1e-12))
    step = np.linalg.solve(current.complete + ridge, current.gradient)
    return np.asarray(step), float(current.gradient @ step), False


def _climb(
    model: ItemModel,
    layout: Layout,
    tables: Sequence[PatternTable],
    theta: Floats,
    free: Floats,
    height: float,
    step: Floats,
    decrement: float,
) -> Floats | None:
    """The first point along the step, halved as often as needed, where the log-likelihood is higher; None if none is."""
    length = min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
    for _ in range(_HALVINGS):
        value = _value(model, layout, tables, theta, free + length * step)
        # Rises below the rounding error of the sum cannot be seen; a step that short is taken on trust.
        if value > height or (length * decrement < 1e-12 * abs(height) and value > -np.inf):
            return free + length * step
        length /= 2
    return None


def _orientation(layout: Layout, free: Floats) -> Floats:
    """Signs (f,) that make the first group's slopes sum to a positive number: -1 for slopes and latent means where they do
    not. The nodes lie symmetrically, so that the mirror image has the same likelihood."""
    signs = np.ones(layout.size)
    if layout.expand(free)[0][0, :, 0].sum() < 0:
        k, m = layout.shape
        mirrored = layout.index[:, [*range(0, k * m, m), k * m]]
        signs[mirrored[mirrored >= 0]] = -1.0
    return signs


def fit(
    model: ItemModel,
    tables: Sequence[PatternTable],
    layout: Layout,
    *,
    theta: Floats = NODES,
    start: Floats | None = None,
) -> Fit:
    """Maximum likelihood estimates; `start` (f,) where good values are known. Check `reason` before use."""
    tables = tuple(tables)
    free = starting_values(model, layout, tables) if start is None else np.array(start, dtype=float)
    reason: Note | None = Note("not_converged")
    current, scores = _all_derivatives(model, layout, tables, theta, free)
    iterations = 0
    while iterations < _ITERATIONS and np.abs(layout.expand(free)[0][:, :, 0]).max() < _GIVE_UP:
        step, decrement, newton = _step(current)
        if decrement < _DECREMENT:
            reason = None if newton else Note("not_identified")
            break
        higher = _climb(model, layout, tables, theta, free, current.value, step, decrement)
        if higher is None:
            break
        free, iterations = higher, iterations + 1
        current, scores = _all_derivatives(model, layout, tables, theta, free)
    turn = _orientation(layout, free)
    free, scores = free * turn, tuple(one * turn for one in scores)
    items, latent = layout.expand(free)
    if np.abs(items[:, :, 0]).max() > LARGEST_SLOPE:
        reason = Note("slope_diverges")
    return Fit(
        model=model,
        layout=layout,
        tables=tables,
        theta=theta,
        free=free,
        items=items,
        latent=latent,
        log_likelihood=current.value,
        information=-current.hessian * np.outer(turn, turn),
        scores=scores,
        iterations=iterations,
        reason=reason,
    )


def covariance(fitted: Fit, *, robust: bool = False, clusters: Clusters | None = None) -> Floats:
    """Covariance (f, f) of the free parameters.

    Inverse observed information; or, `robust` or with clusters, the sandwich with it on both sides of the sum of outer
    products of scores. clusters: over the patterns of all groups, one group after the other.
    """
    inverse = np.asarray(np.linalg.solve(fitted.information, np.eye(fitted.layout.size)), dtype=np.float64)
    if not robust and clusters is None:
        return inverse
    counts = np.concatenate([table.counts for table in fitted.tables])
    return meat(np.vstack(fitted.scores) @ inverse, counts, clusters)
