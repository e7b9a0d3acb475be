"""What the analyses give of a population is the population's value.

Every answer pattern of the synthetic model in proportion to its probability, 10¹³ answers in all, is the population but for
rounding; the values beside are computed apart from the analyses (`population.py` of each topic).
"""

from __future__ import annotations

import numpy as np
import pytest

from omstilling_psychometrics.core.registry import populations
from omstilling_psychometrics.core.results import Result
from omstilling_psychometrics.simulation import TRUTH
from omstilling_psychometrics.simulation.analytic import item_parameters, pattern_probabilities
from omstilling_psychometrics.simulation.estimands import of_patterns
from omstilling_psychometrics.simulation.folder import population_values
from omstilling_psychometrics.simulation.truth import TEAM, instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.correlation.analysis import correlation
from omstilling_psychometrics.topics.dimensionality.analysis import dimensionality
from omstilling_psychometrics.topics.factor.analysis import cfa
from omstilling_psychometrics.topics.irt.analysis import irt
from omstilling_psychometrics.topics.items.analysis import items
from omstilling_psychometrics.topics.mokken.analysis import mokken
from omstilling_psychometrics.topics.reliability.analysis import reliability

PATTERNS = pattern_probabilities(TRUTH, item_parameters(TRUTH, TEAM))


@pytest.fixture(scope="module")
def results() -> list[Result]:
    patterns, probabilities = PATTERNS
    population = ResponsePatterns.count(instrument(), patterns, counts=np.round(probabilities * 1e13).astype(np.int64))
    return [
        items(population),
        reliability(population),
        correlation(population),
        dimensionality(population, rng=1, correlations=["pearson"]),
        cfa(population, estimator="ML"),
        cfa(population, estimator="WLSMV"),
        irt(population),
        mokken(population),
    ]


@pytest.mark.proves(
    "floor", "ceiling", "scale_floor", "scale_ceiling", "standard_error_of_measurement", "smallest_detectable_change",
    "average_variance_extracted_standardized",
)  # fmt: skip
def test_the_population_has_its_own_values(results: list[Result]) -> None:
    known = [
        row for row in population_values()["values"] if (row["population"], row["role"]) == ("model", TEAM) and "exact" in row
    ]
    found = set()
    for row in known:
        where = {name: row[name] for name in ("item", "category", "method")}
        ours = [one for result in results for one in result.find(row["quantity"], **where)]
        for one in ours:
            assert one.estimate == pytest.approx(row["exact"], rel=1e-7, abs=1e-9), row
        found |= {row["quantity"]} if ours else set()
    # What topics say of a population. Patterns of five answers know nothing of several levels.
    population = of_patterns(*PATTERNS)
    functions = [getattr(module, kind, None) for module in populations() for kind in ("values", "latent_values")]
    said = {quantity for function in functions if function for (quantity, *_), _ in function(population)}
    assert found == said | {"discrimination", "intercept", "difficulty", "expected_information"}
    assert len(found) > 40
