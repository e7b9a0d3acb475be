"""Population values of what has leaders as its unit, from the package's own fits to answers about very many leaders."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...analysis.pattern_distribution import Name, name
from ...survey.patterns import ResponsePatterns
from .analysis import two_level
from .analysis_generalizability import generalizability


def values_of_leaders(answers: ResponsePatterns) -> Iterator[tuple[Name, float, float]]:
    """(name, value, standard error by leader) of what the models of both levels and the variance components estimate.

    The errors hold whether or not the models are true, so that they are those of a pseudo-true value too.
    """
    models, components = two_level(answers), generalizability(answers)
    if not models.converged:
        raise ValueError("the two-level models were not fitted")
    wanted = [*models.statistics, *(row for row in components.statistics if row.quantity in components.headline)]
    for row in wanted:
        if row.estimate is not None and row.std_error is not None and math.isfinite(row.std_error):
            category = None if row.category is None else int(row.category)
            yield name(row.quantity, row.item, category, row.method), row.estimate, row.std_error
