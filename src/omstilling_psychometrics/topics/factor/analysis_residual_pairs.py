"""Pairs of items that share something besides the factor: the test of every pair that a fitted model does not free."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...core.note import Note
from ...core.numerics.holm import holm
from ..correlation.numerics.polychoric import pairs
from .analysis_model import FittedModel
from .numerics.freed_pair import FreedPair
from .numerics.modification import modifications

# Pairs of items that share something besides the factor: the level of their tests, by Holm over all pairs of a role, and the
# residual correlation, in size, from which COSMIN (table 1) sees items as dependent.
PAIR_LEVEL, PAIR_MATTERS = 0.05, 0.20


@dataclass(frozen=True, kw_only=True)
class PairTest:
    """index and change: modification index and expected change of the residual covariance. statistic (one degree of freedom)
    and p_value: scaled and by leader (ML: the index itself); holm: p among all pairs of the model. correlation: expected of the
    residuals, with its standard error. note: why there are none, or no test."""

    cell: tuple[int, int]
    index: float = math.nan
    change: float = math.nan
    statistic: float = math.nan
    p_value: float = math.nan
    holm: float = math.nan
    correlation: float = math.nan
    std_error: float = math.nan
    note: str | None = None


def pair_tests(model: FittedModel) -> list[PairTest]:
    """Of every pair of items, in their order."""
    cells = [(int(a), int(b)) for a, b in zip(*pairs(len(model.items)), strict=True)]
    if model.fit.df <= 0:
        return [PairTest(cell=cell, note="no_degrees_of_freedom") for cell in cells]
    indices = modifications(model.fit, "residual_covariances", cells)
    free = model.specification.residual_covariances
    tested = [
        cell for cell, change in zip(cells, indices, strict=True) if cell not in free and math.isfinite(change.index)
    ]  # fmt: skip
    freed = dict(zip(tested, model.freed_pairs(tested), strict=True))
    adjusted = dict(zip(tested, holm(np.array([freed[cell].p_value for cell in tested])).tolist(), strict=True))
    tests = []
    for cell, change in zip(cells, indices, strict=True):
        if cell not in freed:
            tests.append(PairTest(cell=cell, note="already_free" if cell in free else "not_identified"))
            continue
        pair = freed[cell]
        tests.append(
            PairTest(
                cell=cell, index=change.index, change=change.change, statistic=pair.statistic, p_value=pair.p_value,
                holm=adjusted[cell], correlation=pair.correlation, std_error=pair.std_error, note=_not_tested(model, pair),
            )
        )  # fmt: skip
    return tests


def _not_tested(model: FittedModel, pair: FreedPair) -> str | None:
    """Why a pair that could be set free has no test, if so."""
    if not math.isnan(pair.statistic):
        return None
    if model.clusters is not None and model.clusters.size < 2:
        return "one_cluster"
    if model.clusters is not None and pair.std_error == 0:
        # The scaling is nought where no cluster differs from another; the correlation is known all the same.
        return str(Note("no_spread_between_clusters", str(model.clusters.size)))
    return "not_converged"


def beyond_chance(tests: list[PairTest]) -> list[PairTest]:
    """Of the pairs whose test survives Holm's adjustment over all pairs, the one with the largest index; none where none does.

    A pair that shares something makes others look as if they did. The fall of chi2 tells it from them better than the scaled
    test does, whose scaling varies from pair to pair. Pairs that fit alike when they are free (of four
    items a pair and the other two) cannot be told apart, and all of them are given.
    """
    survive = [test for test in tests if test.holm < PAIR_LEVEL]
    if not survive:
        return []
    first = max(survive, key=lambda test: test.index)
    return [test for test in survive if fit_alike(test.statistic, first.statistic)]


def fit_alike(fit: float, other: float) -> bool:
    """Whether these are the statistics of two names of one model, but for what their fits leave."""
    return math.isclose(fit, other, rel_tol=1e-4)
