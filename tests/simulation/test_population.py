"""Population values: the ten million draws agree with what can be computed exactly, and the survey with both."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from omstilling_psychometrics.analysis.pattern_distribution import name
from omstilling_psychometrics.core.numerics.bivariate_normal import bivariate_normal_cdf
from omstilling_psychometrics.simulation import TRUTH, draw_team, simulate
from omstilling_psychometrics.simulation.analytic import (
    item_parameters,
    latent_correlations,
    leader_score_variance,
    pattern_probabilities,
    score_variance,
    true_score_variance,
)
from omstilling_psychometrics.simulation.estimands import of_patterns, values
from omstilling_psychometrics.simulation.folder import population_values
from omstilling_psychometrics.simulation.leaders import LEADERS
from omstilling_psychometrics.simulation.population import (
    DRAWS,
    POPULATIONS,
    Population,
    added,
    drawn_values,
    exact_values,
    mean_team_size,
)
from omstilling_psychometrics.simulation.truth import ROLES, TEAM
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.missing.population import rates

DOCUMENT = population_values()
ROWS = DOCUMENT["values"]
Row = dict[str, object]


def stored(population: Population) -> dict[tuple[object, ...], Row]:
    return {
        (row["quantity"], row["item"], row["category"], row["method"]): row
        for row in ROWS
        if (row["population"], row["role"]) == (population.label, population.role)
    }


def _named(row: Row) -> list[object]:
    return [row[field] for field in ("population", "role", "quantity", "item", "category", "method")]


def of(label: str, role: str, *key: object) -> float:
    value = stored(Population(label=label, role=role))[name(*key)]["value"]  # type: ignore[arg-type]
    assert isinstance(value, float)
    return value


def test_the_document_says_how_it_was_made() -> None:
    assert (DOCUMENT["draws"], DOCUMENT["leaders"]) == (DRAWS, LEADERS) == (10_000_000, 300_000)
    assert {(row["population"], row["role"]) for row in ROWS} == {(one.label, one.role) for one in POPULATIONS}
    assert set(DOCUMENT["populations"]) == {one.label for one in POPULATIONS}
    keys = [str(_named(row)) for row in ROWS]
    assert len(keys) == len(set(keys))
    for row in ROWS:
        assert math.isfinite(row["value"])
        assert row["mc_error"] is None or 0 < row["mc_error"] < 0.02


@pytest.mark.parametrize("population", [one for one in POPULATIONS if one.complete], ids=lambda one: f"{one.label}-{one.role}")
def test_draws_agree_with_quadrature(population: Population) -> None:
    rows = stored(population)
    exact = exact_values(TRUTH, population, fitted=population.role == TEAM and not population.form_b)
    assert len(exact) > 90
    for key, value in exact.items():
        row = rows[key]
        assert abs(row["value"] - value) < 4 * row["mc_error"], key  # type: ignore[operator]
        assert row["exact"] == pytest.approx(value, rel=1e-6, abs=1e-9), key


def test_a_few_draws_agree_with_the_stored_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omstilling_psychometrics.simulation.population.BATCHES", 20)
    population = POPULATIONS[-3]
    assert (population.label, population.role) == ("survey", TEAM)
    rows = stored(population)
    for key, value, error in drawn_values(TRUTH, population, 99, draws=60_000, seed=5, fitted=False):
        row = rows[key]
        # Twenty small batches: the error is uncertain itself.
        assert abs(row["value"] - value) < 6 * error, key  # type: ignore[operator]


def test_what_needs_none_of_the_draws_is_added_to_them() -> None:
    """The stored file is what comes of adding to it without these values; their errors are no less than a parameter's alone."""
    new = ("expected_information", "loading_difference")
    of_leaders = ("leader_reliability", "icc", "leader_variance")
    without = {key: value for key, value in DOCUMENT.items() if key != "leaders"}
    without["values"] = [row for row in ROWS if row["quantity"] not in (*new, *of_leaders)]
    again = added(without, leaders=300)
    assert again["leaders"] == 300
    drawn = {str(_named(row)): row for row in again["values"]}
    assert drawn.keys() == {str(_named(row)) for row in ROWS}
    for row in ROWS:
        found = drawn[str(_named(row))]
        if row["quantity"] in of_leaders:
            # From fewer leaders: near, and not the same.
            assert found["value"] != row["value"]
            assert abs(found["value"] - row["value"]) < 4 * found["mc_error"]
            assert found.get("exact") == row.get("exact")
        else:
            assert found == row
    assert added(DOCUMENT) == DOCUMENT
    assert of("model", "overordnet", "loading_difference", "kompetencer", None, "truth") == pytest.approx(-0.16)
    assert of("model_form_b", TEAM, "loading_difference", "kultur", None, "truth") == pytest.approx(0.60 - 0.84)
    rows = stored(Population(label="survey", role=TEAM))
    for item in TRUTH.items:
        information = rows[name("expected_information", item, None, "graded")]
        slope = rows[name("discrimination", item, None, "graded")]
        # Nearly quadratic in the slope.
        assert information["mc_error"] > slope["mc_error"] * information["value"] / slope["value"]  # type: ignore[operator]


# ---------------------------------------------------------------- quadrature against other routes


@pytest.mark.parametrize("role", ROLES)
def test_pattern_probabilities_have_the_margins_of_the_model(role: str) -> None:
    items = item_parameters(TRUTH, role)
    patterns, probabilities = pattern_probabilities(TRUTH, items)
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    correlations = latent_correlations(TRUTH, items)
    thresholds = items.standardized_thresholds
    for i in range(5):
        for j in range(i):
            both = probabilities[(patterns[:, i] <= 2) & (patterns[:, j] <= 3)].sum()
            expected = bivariate_normal_cdf(thresholds[i, 1], thresholds[j, 2], correlations[i, j])
            assert both == pytest.approx(float(expected), abs=1e-12)


def test_variance_due_to_theta_is_green_and_yang() -> None:
    # Green & Yang (2009, eq. 21): sums over all pairs of thresholds of Phi2(t, u; loading loading) - Phi(t) Phi(u).
    items = item_parameters(TRUTH, TEAM)
    thresholds, loadings = items.thresholds, items.loadings
    total = 0.0
    for i in range(5):
        for j in range(5):
            t, u = thresholds[i][:, None], thresholds[j][None, :]
            total += float((bivariate_normal_cdf(t, u, np.full((4, 4), loadings[i] * loadings[j])) - ndtr(t) * ndtr(u)).sum())
    assert true_score_variance(items) == pytest.approx(total / 25, rel=1e-10)


def test_variance_between_leaders_is_that_of_two_employees() -> None:
    items = item_parameters(TRUTH, TEAM)
    shared = TRUTH.leader_variance
    total = 0.0
    for i in range(5):
        for j in range(5):
            t, u = items.thresholds[i][:, None], items.thresholds[j][None, :]
            rho = np.full((4, 4), items.loadings[i] * items.loadings[j] * shared)
            total += float((bivariate_normal_cdf(t, u, rho) - ndtr(t) * ndtr(u)).sum())
    assert leader_score_variance(TRUTH, items) == pytest.approx(total / 25, rel=1e-10)


def test_functionals_on_a_table_by_hand() -> None:
    # A perfect scale: whoever agrees with a harder item agrees with every easier one.
    codes = np.array([[1 + 4 * (j < row) for j in range(5)] for row in range(6)], dtype=np.int8)
    weights = np.array([2.0, 1.0, 1.0, 1.0, 1.0, 2.0])
    found = values(codes, weights)
    assert found[name("mean", "kompetencer")] == 4
    assert found[name("sd", "kompetencer")] == pytest.approx(math.sqrt(3))
    assert found[name("skewness", "kompetencer")] == pytest.approx((0.25 * -27 + 0.75) / 3**1.5)
    assert found[name("kurtosis", "kompetencer")] == pytest.approx((0.25 * 81 + 0.75) / 9 - 3)
    assert found[name("proportion", "kompetencer", 5)] == found[name("ceiling", "kompetencer")] == 0.75
    assert found[name("scale_mean")] == pytest.approx(3)
    assert found[name("scale_floor")] == found[name("scale_ceiling")] == 0.25
    for key in (name("h", method="listwise"), name("h_item", "kultur", None, "listwise")):
        assert found[key] == pytest.approx(1)
    rows = np.repeat(codes, weights.astype(int), axis=0).astype(float)
    covariances = np.cov(rows.T)
    assert found[name("alpha", method="listwise")] == pytest.approx(1.25 * (1 - np.trace(covariances) / covariances.sum()))
    assert found[name("alpha", method="pairwise")] == pytest.approx(found[name("alpha", method="listwise")])
    for j, item in enumerate(TRUTH.items):
        rest = np.delete(rows, j, axis=1).sum(axis=1)
        assert found[name("item_rest_correlation", item)] == pytest.approx(np.corrcoef(rows[:, j], rest)[0, 1])


def test_rates_by_hand() -> None:
    codes = np.array([[1] * 5, [-3, 5, 5, -1, -1], [-4, -1, 3, 3, 3]], dtype=np.int8)
    found = dict(rates(of_patterns(codes, np.array([4.0, 2.0, 2.0]))))
    assert found[name("rate", "kompetencer", None, "ved_ikke")] == 0.25
    assert found[name("rate", "kompetencer", None, "oensker_ikke_at_oplyse")] == 0.25
    assert found[name("rate", "kompetencer", None, "any")] == 0.5
    assert found[name("rate", "kultur", None, "blank")] == 0.25
    assert found[name("rate", "forklare", None, "any")] == 0.25
    assert found[name("rate", "vaerdi", None, "any")] == 0


def test_mean_team_size_is_the_negative_binomial_mean_short_of_the_cap() -> None:
    assert 8.4 < mean_team_size(TRUTH) < 8.5


# ---------------------------------------------------------------- what the survey and studies show


def team_of(patterns: ResponsePatterns) -> dict[tuple[object, ...], float]:
    codes, counts = patterns.table()
    return values(codes, counts) | dict(rates(of_patterns(codes, counts)))


def test_the_trial_figures() -> None:
    team = simulate().to_patterns().select(role=TEAM, wave="1")
    found = team_of(team)
    assert 6400 < team.n < 7200
    assert found[name("alpha", method="listwise")] == pytest.approx(0.86, abs=0.015)
    assert found[name("scale_ceiling")] == pytest.approx(0.06, abs=0.01)
    for item, rate in zip(TRUTH.items, (0.06, 0.04, 0.08, 0.06, 0.11), strict=True):
        assert found[name("rate", item, None, "ved_ikke")] == pytest.approx(rate, abs=0.015)
    codes, counts = team.table()
    assert counts[(codes == -3).any(axis=1)].sum() / counts.sum() == pytest.approx(0.20, abs=0.015)
    assert of("survey", TEAM, "listwise_bias") == pytest.approx(0.08, abs=0.025)
    assert of("survey", TEAM, "straight_line_share", None, None, "legitimate") == pytest.approx(0.099, abs=0.012)


@pytest.mark.parametrize("role", ROLES)
def test_the_survey_lies_where_its_population_says(role: str) -> None:
    """Item means and rates of the first wave within four standard errors, leaders and organisations as clusters."""
    survey = simulate()
    wave = (survey.wave == 0) & (survey.organisation < TRUTH.organisations) & (survey.role == ROLES.index(role))
    codes, unit = survey.answers[wave], survey.organisation[wave]
    for j, item in enumerate(TRUTH.items):
        for value, used, key in (
            (codes[:, j].astype(float), codes[:, j] > 0, ("mean", item)),
            ((codes[:, j] == -3).astype(float), codes[:, j] < 9, ("rate", item, None, "ved_ikke")),
        ):
            mean = value[used].mean()
            sums = np.bincount(unit[used], weights=value[used] - mean, minlength=TRUTH.organisations)
            error = math.sqrt(float(sums @ sums) * 40 / 39) / used.sum()
            assert abs(mean - of("survey", role, *key)) < 4 * error, key


def test_draw_team_comes_from_the_model_population() -> None:
    drawn = [draw_team(leaders=200, team_size=10, complete=True, rng=seed) for seed in range(40)]
    found = [team_of(one) for one in drawn]
    for key in (name("alpha", method="listwise"), name("scale_mean"), name("scale_sd"), name("h", method="listwise")):
        draws = np.array([one[key] for one in found])
        error = draws.std(ddof=1) / math.sqrt(len(draws))
        assert abs(draws.mean() - of("model", TEAM, *key)) < 4 * error + 1e-3 * draws.mean()


def test_icc_of_the_model_is_a_ratio_of_variances() -> None:
    items = item_parameters(TRUTH, TEAM)
    patterns, probabilities = pattern_probabilities(TRUTH, items)
    ratio = leader_score_variance(TRUTH, items) / score_variance(patterns, probabilities)
    assert 0.12 < ratio < TRUTH.leader_variance  # categories and error take their share of the latent .15
    assert ratio == pytest.approx(stored(Population(label="model", role=TEAM))[name("icc1")]["exact"], rel=1e-9)


def test_the_stored_file_is_the_one_in_truth_json() -> None:
    truth = json.loads((Path(__file__).parents[2] / "data" / "synthetic" / "truth.json").read_text("utf-8"))
    assert truth["population"] == DOCUMENT
