"""Population values of what has leaders as its unit: closed forms, what they are without the residual pair, and new samples."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

import omstilling_psychometrics as op
from omstilling_psychometrics.analysis.pattern_distribution import Values, name
from omstilling_psychometrics.core.numerics.bivariate_normal import bivariate_normal_cdf
from omstilling_psychometrics.simulation import TRUTH
from omstilling_psychometrics.simulation.analytic import item_parameters
from omstilling_psychometrics.simulation.answering import team_size_probabilities
from omstilling_psychometrics.simulation.folder import population_values
from omstilling_psychometrics.simulation.leaders import drawn_values, exact_values, proportional_sizes
from omstilling_psychometrics.simulation.truth import TEAM

DOCUMENT = population_values()


def stored(label: str) -> dict[tuple[object, ...], dict[str, float]]:
    rows = [row for row in DOCUMENT["values"] if (row["population"], row["role"]) == (label, TEAM)]
    return {name(row["quantity"], row["item"], row["category"], row["method"]): row for row in rows}


def test_team_sizes_are_in_proportion() -> None:
    sizes, mass = proportional_sizes(TRUTH, 10_000), team_size_probabilities(TRUTH)
    counts = np.bincount(sizes, minlength=TRUTH.team_maximum + 1)[TRUTH.team_minimum :]
    assert np.abs(counts - 10_000 * mass).max() <= 1
    expected = mass @ (1 / np.arange(TRUTH.team_minimum, TRUTH.team_maximum + 1))
    assert (1 / sizes).mean() == pytest.approx(expected, rel=1e-4)


def test_variance_components_by_pairs_of_thresholds() -> None:
    items, correlated = item_parameters(TRUTH, TEAM), {TRUTH.items.index(item) for item in TRUTH.residual_pair}
    means = 1 + ndtr(-items.thresholds).sum(axis=1)
    between, total = np.empty((5, 5)), np.empty((5, 5))
    for i in range(5):
        for j in range(5):
            t, u = items.thresholds[i][:, None], items.thresholds[j][None, :]

            def covariance(rho: float, t: np.ndarray = t, u: np.ndarray = u) -> float:
                return float((bivariate_normal_cdf(t, u, np.full((4, 4), rho)) - ndtr(t) * ndtr(u)).sum())

            rho = items.loadings[i] * items.loadings[j]
            between[i, j] = covariance(rho * TRUTH.leader_variance)
            if {i, j} == correlated:
                rho += TRUTH.residual_correlation * items.residual[i] * items.residual[j]
            total[i, j] = covariance(rho) if i != j else (ndtr(np.minimum(-t, -u)) - ndtr(-t) * ndtr(-u)).sum()
    within, off = total - between, ~np.eye(5, dtype=bool)
    expected = {
        "leader_variance": between[off].mean(),
        "item_variance": means.var(ddof=1),
        "leader_item_variance": np.diag(between).mean() - between[off].mean(),
        "person_variance": within[off].mean(),
        "person_item_variance": np.diag(within).mean() - within[off].mean(),
    }
    found = exact_values(TRUTH)
    assert {key[0] for key in found} == set(expected)
    for (quantity, *_), value in found.items():
        assert value == pytest.approx(expected[quantity], rel=1e-9)


@pytest.mark.parametrize("label", ["model", "survey"])
def test_stored_values_agree_with_quadrature_and_with_new_samples(label: str) -> None:
    rows = stored(label)
    sample = op.draw_team(leaders=500, complete=label == "model", rng=7)
    held = 0
    for result in (op.two_level(sample), op.generalizability(sample)):
        for row in result.statistics:
            known = rows.get((row.quantity, row.item, row.category, row.method))
            if known is not None and row.estimate is not None and row.std_error is not None:
                error = math.hypot(row.std_error, known["mc_error"])
                assert abs(row.estimate - known["value"]) < 4 * error, row
                held += 1
    assert held > 170
    for key, value in exact_values(TRUTH).items() if label == "model" else ():
        assert rows[key]["exact"] == pytest.approx(value, rel=1e-9)
        assert abs(rows[key]["value"] - value) < 4 * rows[key]["mc_error"]


def test_only_the_residual_pair_parts_pseudo_true_values_from_parameters() -> None:
    truth = replace(TRUTH, residual_correlation=0.0)
    items = item_parameters(truth, TEAM)
    slopes, thresholds = items.loadings / items.residual, items.thresholds / items.residual[:, None]
    true: Values = {name("icc", None, None, "equal"): truth.leader_variance}
    for j, item in enumerate(truth.items):
        true[name("loading", item, None, "free")] = float(slopes[j]) * math.sqrt(truth.variance_within)
        true[name("loading_between", item, None, "free")] = float(slopes[j]) * math.sqrt(truth.leader_variance)
        true |= {name("threshold", item, 1 + step, "equal"): float(tau) for step, tau in enumerate(thresholds[j])}
    drawn = {key: (value, error) for key, value, error in drawn_values(truth, complete=True, leaders=1500, seed=3)}
    deviations = np.array([(drawn[key][0] - value) / drawn[key][1] for key, value in true.items()])
    assert np.abs(deviations).max() < 4
    assert 0.4 < math.sqrt((deviations**2).mean()) < 1.6
    rows = stored("model")
    for item in TRUTH.items:
        key = name("loading", item, None, "free")
        moved = (rows[key]["value"] - true[key]) / rows[key]["mc_error"]
        # The slopes of the pair rise with its correlation; those of the others fall.
        assert moved > 20 if item in TRUTH.residual_pair else moved < 0, item
