"""Population values of what has leaders as its unit: from teams of the survey's own sizes, in the first wave on form A."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..analysis.pattern_distribution import Name, Values, name
from ..core.numerics.arrays import Ints
from ..topics.two_level.population import values_of_leaders
from .analytic import item_parameters, leader_covariances, pattern_probabilities
from .answering import team_size_probabilities
from .estimands import of_patterns
from .team import draw_team
from .truth import TEAM, Truth

LEADERS = 300_000


def drawn_values(truth: Truth, *, complete: bool, leaders: int, seed: int) -> Iterator[tuple[Name, float, float]]:
    """(name, value, Monte Carlo error) from answers about so many leaders; complete: everybody answers by the model alone."""
    # Not the stream of a sample that somebody draws with the same seed.
    rng = np.random.default_rng([seed, int(complete)])
    return values_of_leaders(
        draw_team(truth, leaders=leaders, team_size=proportional_sizes(truth, leaders).tolist(), complete=complete, rng=rng)
    )


def proportional_sizes(truth: Truth, leaders: int) -> Ints:
    """Team sizes (leaders,) in proportion to their probabilities, so that the mean of their inverses has no chance in it."""
    middle = (np.arange(leaders) + 0.5) / leaders
    return np.asarray(truth.team_minimum + np.searchsorted(np.cumsum(team_size_probabilities(truth))[:-1], middle))


def exact_values(truth: Truth) -> Values:
    """The variance components of answers by quadrature, where everybody answers by the model alone."""
    items = item_parameters(truth, TEAM)
    patterns, probabilities = pattern_probabilities(truth, items)
    between = leader_covariances(truth, items)
    within = of_patterns(patterns, probabilities).covariance - between
    apart = ~np.eye(len(between), dtype=bool)
    leader, person = float(between[apart].mean()), float(within[apart].mean())
    components = {
        "leader": leader,
        "item": float(np.var(probabilities @ patterns, ddof=1)),
        "leader_item": float(np.diag(between).mean()) - leader,
        "person": person,
        "person_item": float(np.diag(within).mean()) - person,
    }
    methods = ("pairwise", "listwise")
    return {name(f"{one}_variance", None, None, method): value for one, value in components.items() for method in methods}
