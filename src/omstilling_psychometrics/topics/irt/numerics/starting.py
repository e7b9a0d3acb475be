"""Starting values for item models, from each item's answers and the first principal component of the items."""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats
from .marginal import PatternTable
from .models import ItemModel
from .parameters import Layout

# A logistic curve is closest to a normal ogive of the same location when its slope is 1.7 times as large.
_LOGISTIC = 1.7


def _loadings(table: PatternTable) -> Floats:
    """First principal component loadings (k,) of the pairwise correlations, drawn in to at most .9."""
    given = (table.answers > 0).astype(float)
    weights = table.counts[:, None] * given
    n = weights.sum(axis=0)
    means = (weights * table.answers).sum(axis=0) / np.maximum(n, 1)
    centred = (table.answers - means) * given
    spread = np.sqrt((weights * centred**2).sum(axis=0) / np.maximum(n, 1))
    scaled = centred / np.where(spread > 0, spread, 1)
    pairs = given.T @ (given * table.counts[:, None])
    correlations = (scaled.T @ (scaled * table.counts[:, None])) / np.maximum(pairs, 1)
    np.fill_diagonal(correlations, 1.0)
    values, vectors = np.linalg.eigh(correlations)
    loadings = vectors[:, -1] * np.sqrt(values[-1])
    return np.asarray(np.clip(loadings * np.sign(loadings.sum() or 1.0), -0.9, 0.9))


def starting_items(model: ItemModel, table: PatternTable, places: Floats) -> Floats:
    """Items (k, m) to start from; places (k, m): what the layout fixes, to put the zero of the baseline where it is."""
    loadings = _loadings(table)
    slopes = _LOGISTIC * loadings / np.sqrt(1 - loadings**2)
    frequencies = table.frequencies()
    shares = (frequencies + 0.1) / (frequencies.sum(axis=1, keepdims=True) + 0.1 * table.categories)
    if model.baseline:
        # Adjacent categories are told apart by about half of what the cumulative logits are.
        logs = np.log(shares)
        base = np.array([np.flatnonzero(row == 0.0)[0] for row in places[:, 1:]])
        return np.hstack([slopes[:, None] / 2, logs - logs[np.arange(len(logs)), base][:, None]])
    above = np.cumsum(shares[:, :0:-1], axis=1)[:, ::-1]
    logits = np.log(above) - np.log1p(-above)
    return np.hstack([slopes[:, None], logits * np.sqrt(1 + (slopes[:, None] / _LOGISTIC) ** 2)])


def starting_values(model: ItemModel, layout: Layout, tables: tuple[PatternTable, ...]) -> Floats:
    """Free parameters (f,) to start from."""
    k, m = layout.shape
    full = np.tile(np.array([0.0] * (k * m) + [0.0, 1.0]), (len(tables), 1))
    for group, table in enumerate(tables):
        places = np.where(layout.index[group] >= 0, np.nan, layout.fixed[group])[: k * m].reshape(k, m)
        full[group, : k * m] = starting_items(model, table, places).ravel()
    return layout.free(full)
