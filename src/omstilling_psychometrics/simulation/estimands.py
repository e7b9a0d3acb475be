"""Population values of every topic that has any, of patterns of answers to the shipped instrument."""

from __future__ import annotations

import numpy as np

from ..analysis.pattern_distribution import Codes, PatternDistribution, Values, name
from ..core.numerics.arrays import Floats
from ..core.registry import populations
from ..topics.items.population import scores as scores_of
from .truth import instrument


def of_patterns(codes: Codes, weights: Floats) -> PatternDistribution:
    """Those of them that somebody has."""
    present = weights > 0
    return PatternDistribution(instrument(), codes[present], weights[present])


def scores(codes: Codes) -> Floats:
    """Scale score of each pattern by the scoring rule of the instrument, NaN where too few items are answered."""
    return scores_of(PatternDistribution(instrument(), codes, np.ones(len(codes))))


def values(codes: Codes, weights: Floats) -> Values:
    """Every functional of the pattern distribution but those of latent variable models and of who leaves items out."""
    patterns = of_patterns(codes, weights)
    found = _found("values", patterns)
    same = (patterns.complete.codes == patterns.complete.codes[:, :1]).all(axis=1)
    found[name("straight_line_share")] = float(patterns.complete.weights[same].sum() / patterns.complete.weights.sum())
    return found


def latent_values(codes: Codes, weights: Floats) -> Values:
    """The factor models' values."""
    return _found("latent_values", of_patterns(codes, weights))


def _found(kind: str, patterns: PatternDistribution) -> Values:
    functions = (getattr(module, kind, None) for module in populations())
    return {key: value for function in functions if function is not None for key, value in function(patterns)}
