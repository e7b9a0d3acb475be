"""The population values of reliability, by other ways to them."""

from dataclasses import replace

import numpy as np
import pytest

from omstilling_psychometrics.simulation import TRUTH
from omstilling_psychometrics.simulation.analytic import (
    item_parameters,
    pattern_probabilities,
    score_variance,
    true_score_variance,
)
from omstilling_psychometrics.simulation.truth import TEAM
from omstilling_psychometrics.topics.reliability.population import green_yang


def test_categorical_omega_by_eq_21_is_that_of_the_model_without_residual_correlation() -> None:
    truth = replace(TRUTH, residual_correlation=0.0)
    items = item_parameters(truth, TEAM)
    ratio = true_score_variance(items) / score_variance(*pattern_probabilities(truth, items))
    assert green_yang(items.loadings, items.thresholds) == pytest.approx(ratio, rel=1e-10)
    # Two categories split in halves: Phi2(0, 0; r) - 1/4 = asin(r) / (2 pi).
    half = np.zeros((2, 1))
    shared = np.arcsin(0.25) / (2 * np.pi)
    assert green_yang(np.array([0.5, 0.5]), half) == pytest.approx(4 * shared / (2 * 0.25 + 2 * shared), rel=1e-12)
